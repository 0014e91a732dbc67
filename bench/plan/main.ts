import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatTable } from '../../src/base/format-table.ts';
import { parseOnlyOptions } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { fitRates, measured } from './measured.ts';
import { formatPlanPage } from './page.ts';
import type { PlanReport } from './report.ts';
import { type Found, findGpus } from './search.ts';
import { stepsFor } from './steps.ts';
import { studyDay, studyFailures, studyLoads, studySizes } from './studies.ts';

const usage = `Usage: npm run bench:plan -- [OPTIONS]

How many GPUs rank 3.15 million items a second with a p99 of 500 ms, by simulation with costs measured on CUDA, and what
pruning, compression, states and caches save. Writes plan.json and plan.html.

  --out DIR   where the results are written (default: bench/out/plan)`;

const { out } = parseOnlyOptions(process.argv.slice(2), usage, {
  out: { type: 'string', default: 'bench/out/plan' },
});
const startedAtMs = performance.now();
await mkdir(out, { recursive: true });
const found: Found[] = [];
for (const candidates of [50, 250]) {
  for (const step of stepsFor(candidates)) {
    const one = await findGpus(step);
    found.push(one);
    say(`${candidates} candidates, ${step.name}: ${one.gpus} GPUs`);
  }
}
const pruned = found.filter(({ step }) => step.name === 'pruned');
const [usual] = pruned;
if (usual === undefined) {
  throw new Error("there is no step 'pruned'");
}
const loads = await studyLoads(pruned.map(({ step }) => step));
say('loads done');
const failures = await studyFailures(usual);
say('failures done');
const day = await studyDay(usual);
say('day done');
const sizes = await studySizes(usual);
const fits = Object.entries(measured).map(([model, rates]) => ({
  model,
  ...fitRates(rates),
  rates,
}));
const minutes = (performance.now() - startedAtMs) / 60_000;
const machine = describeMachine();
const report: PlanReport = { machine, minutes, fits, found, loads, failures, day, sizes };
await writeFile(join(out, 'plan.json'), `${JSON.stringify(report, null, 2)}\n`);
await writeFile(join(out, 'plan.html'), formatPlanPage(report));
process.stdout.write(
  `${formatTable([
    ['candidates', 'step', 'items/s a GPU', 'GPUs', 'p99'],
    ...found.map(({ step, itemsPerGpu, gpus, outcome }) => [
      String(step.ranked),
      step.name,
      itemsPerGpu.toFixed(0),
      String(gpus),
      `${outcome.latencyMs[2]?.toFixed(0)} ms`,
    ]),
  ])}\n`,
);

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
