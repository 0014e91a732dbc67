import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { at } from '../../src/base/at.ts';
import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { parseOnlyOptions } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { stateWidth } from '../../src/states/state-arena.ts';
import { defaultRecipe, ensureModel } from '../../src/toolchain/build/ensure-model.ts';
import { compareScores, measureLength } from './measure.ts';
import { openRanker } from './ranker.ts';
import { formatReport, type LengthReport, reportLength } from './report.ts';
import { BenchRequests } from './requests.ts';
import { zipfMix } from './zipf-mix.ts';

const usage = `Usage: npm run bench:states -- [OPTIONS]

Measures what kept states of candidates save: candidates/s on one thread at several candidate
lengths, computed each time, new to the store, kept, and mixed at the hit rates of a store that a
Zipf-like mix of candidates is drawn from. Compares the scores too.

  --model DIR     a built model with a candidate-first template (default: the bundled model)
  --lengths LIST  tokens of a candidate (default: 24,64,150,300)
  --candidates N  candidates of a request (default: 50)
  --rounds N      rounds, in which all ways take turns (default: 5)
  --states-mb N   room for states (default: 2000)
  --out FILE      writes the report as JSON`;

const values = parseOnlyOptions(process.argv.slice(2), usage, {
  model: { type: 'string' },
  lengths: { type: 'string', default: '24,64,150,300' },
  candidates: { type: 'string', default: '50' },
  rounds: { type: 'string', default: '5' },
  'states-mb': { type: 'string', default: '2000' },
  out: { type: 'string' },
});
const tokenBudget = 1024;

const modelDir = values.model ?? (await ensureModel(defaultRecipe, 'cpu'));
const manifest = await readManifest(modelDir);
const number = (name: 'candidates' | 'rounds' | 'states-mb') =>
  parseNumber(name, values[name], { min: 1, max: 1_000_000, whole: true });
const candidates = number('candidates');
const rounds = number('rounds');
const options = { modelDir, manifest, tokenBudget };
const rankers = {
  recomputing: await openRanker(options, 0),
  keeping: await openRanker(options, number('states-mb')),
};
const requests = await BenchRequests.open(modelDir, manifest);
const mixes = new Map(
  [0.5, 0.9, 0.99].map((rate) => [`${100 * rate} %`, zipfMix(rate, rounds, candidates)]),
);
const lengths: LengthReport[] = [];
for (const tokens of values.lengths.split(',').map(Number)) {
  const times = await measureLength(rankers, requests, mixes, { tokens, candidates, rounds });
  lengths.push(reportLength(tokens, times));
}
const agreement = [
  await compareScores(rankers, requests, 24),
  await compareScores(rankers, requests, 150),
];
const sample = at(requests.ask(0, requests.fresh(1, 8)).candidates, 0);
const report = {
  machine: describeMachine(),
  model: manifest.name,
  precision: manifest.precision,
  candidates,
  rounds,
  suffixTokens: sample.ids.length - sample.tokens,
  bytesPerToken: 2 * stateWidth(manifest.blueprint),
  mixes: [...mixes].map(([name, { hitRate, keptShare }]) => ({ name, hitRate, keptShare })),
  lengths,
  agreement,
};
process.stdout.write(formatReport(report));
if (values.out !== undefined) {
  await mkdir(dirname(values.out), { recursive: true });
  await writeFile(values.out, `${JSON.stringify(report, undefined, 2)}\n`);
}
await Promise.all([rankers.recomputing.close(), rankers.keeping.close()]);
