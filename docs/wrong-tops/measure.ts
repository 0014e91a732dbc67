// Ranks the cases of this folder as `slmrank rank` would, and prints the tables of
// docs/wrong-tops.md. Without a folder of a built model it takes the bundled one.
//
//   node --import tsx docs/wrong-tops/measure.ts [--instruction TEXT] [MODEL_FOLDER ...]
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseModel } from '../../src/cli/choose-model.ts';
import { scoringSettings } from '../../src/cli/scoring-settings.ts';
import { parseConfig } from '../../src/config.ts';
import type { Passage } from '../../src/eval/beir.ts';
import { openPairEngine } from '../../src/eval/open-pair-engine.ts';
import { rankCandidates } from '../../src/eval/rank-candidates.ts';
import { readManifest } from '../../src/manifest.ts';
import {
  formatClasses,
  formatForms,
  formatScores,
  formatWrong,
  type ModelOutcomes,
} from './format-outcomes.ts';
import { judge, type Outcome } from './outcomes.ts';
import { type Case, readCases } from './read-cases.ts';

async function readAllCases(): Promise<readonly Case[]> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const files = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
  const cases = files.map((name) =>
    readCases({ name, open: () => createReadStream(join(folder, name)) }),
  );
  return (await Promise.all(cases)).flat();
}

async function rankAll(
  cases: readonly Case[],
  folder: string | undefined,
  instruction: string | undefined,
): Promise<ModelOutcomes> {
  const settings = scoringSettings({ model: folder, devices: undefined }, process.env);
  const given = parseConfig(settings, []);
  const model = await chooseModel(given);
  const manifest = await readManifest(model);
  const engine = await openPairEngine({ ...given, model }, manifest);
  const outcomes: Outcome[] = [];
  try {
    for (const each of cases) {
      const { rankings } = await rankCandidates(engine, passages(each), {
        queries: [each.query],
        instruction,
        maxCandidateTokens: undefined,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      });
      outcomes.push(
        judge(
          each,
          rankings.flatMap(({ candidates }) => candidates),
        ),
      );
    }
  } finally {
    await engine.close();
  }
  return { model: manifest.name, outcomes };
}

async function* passages({ candidates }: Case): AsyncGenerator<Passage> {
  yield* await Promise.resolve(candidates);
}

const { values, positionals } = parseArgs({
  options: { instruction: { type: 'string' } },
  allowPositionals: true,
});
const cases = await readAllCases();
const measured: ModelOutcomes[] = [];
for (const folder of positionals.length === 0 ? [undefined] : positionals) {
  measured.push(await rankAll(cases, folder, values.instruction));
}
process.stdout.write(`${formatClasses(measured)}\n`);
for (const { model, outcomes } of measured) {
  process.stdout.write(`${model}, ${formatScores(outcomes)}\n`);
  process.stdout.write(`${model}, wrong:\n\n${formatWrong(outcomes)}\n`);
  process.stdout.write(`${model}, forms:\n\n${formatForms(outcomes)}\n`);
}
