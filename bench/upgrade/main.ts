import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { parseOnlyOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { makeLists, makeReference } from './core/lists.ts';
import { buildOpposites, type Pair } from './core/models.ts';
import { formatReport, type UpgradeReport } from './report.ts';
import { runScenario, type RunResult } from './run.ts';
import { scenarios } from './scenarios.ts';

const usage = `Usage: npm run bench:upgrade -- [OPTIONS]

Upgrades three server processes of this machine from one model to another while clients of five kinds
call them, and counts every call by its end. No call may fail, each score must be the one of the model
that the reply names, pins must be respected, and no list may have pages of two models; otherwise the
exit status is 1.

  --models A,B     two built models (default: random ones that contradict each other)
  --only NAME,...  some of ${Object.keys(scenarios).join(', ')} (default: all)
  --calm SECONDS   load before and after each upgrade (default: 3)
  --pause SECONDS  between two servers (default: 2)
  --out DIR        for upgrade.json and README.md (default: bench/out/upgrade)`;

async function main(args: readonly string[]): Promise<number> {
  const values = parseOnlyOptions(args, usage, {
    models: { type: 'string' },
    only: { type: 'string', default: Object.keys(scenarios).join(',') },
    calm: { type: 'string', default: '3' },
    pause: { type: 'string', default: '2' },
    out: { type: 'string', default: 'bench/out/upgrade' },
  });
  const folder = await mkdtemp(join(tmpdir(), 'slmrank-opposites-'));
  const pair = await pairOf(values.models, folder);
  const lists = makeLists(12, 4);
  const reference = await makeReference(pair, lists);
  const runs: Record<string, RunResult> = {};
  for (const name of values.only.split(',')) {
    const scenario = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
    if (scenario === undefined) {
      throw new UsageError(`--only has '${name}', which is no scenario\n\n${usage}`);
    }
    const timing = { calmMs: 1000 * Number(values.calm), pauseMs: 1000 * Number(values.pause) };
    const onStep = (step: string) => process.stderr.write(`${name}: ${step}\n`);
    runs[name] = await runScenario(scenario, { pair, reference, lists, ...timing, onStep });
  }
  const [former, next] = [await describe(pair.a, reference.a), await describe(pair.b, reference.b)];
  const models = { former, new: next };
  await rm(folder, { recursive: true });
  await write(
    { machine: describeMachine(), models, tellable: reference.tellable, runs },
    values.out,
  );
  return Object.values(runs).every(({ faults }) => faults.length === 0) ? 0 : 1;
}

async function pairOf(models: string | undefined, folder: string): Promise<Pair> {
  if (models === undefined) {
    return await buildOpposites(folder);
  }
  const [a, b, ...more] = models.split(',').map((each) => resolve(each));
  if (a === undefined || b === undefined || more.length > 0) {
    throw new UsageError(`--models is '${models}'; two folders, A,B, are needed\n\n${usage}`);
  }
  return { a, b };
}

async function describe(model: string, fingerprint: string): Promise<string> {
  const { name, precision } = await readManifest(model);
  return `${name} (${precision}, ${fingerprint.slice(0, 12)})`;
}

async function write(report: UpgradeReport, out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const text = formatReport(report);
  await writeFile(join(out, 'upgrade.json'), `${JSON.stringify(report, undefined, 1)}\n`);
  await writeFile(join(out, 'README.md'), text);
  process.stdout.write(`${text}\nSaved ${out}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:upgrade: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
