// Ranks the cases of this folder in the same way as `slmrank rank`, and prints the tables of
// docs/wrong-tops.md. MODEL_FOLDER is a built model; the default is the bundled one.
//
//   node --import tsx docs/wrong-tops/measure.ts [OPTIONS] [MODEL_FOLDER ...]
//
//   --instruction TEXT  instead of the model's own
//   --no-titles         leaves out the titles of candidates with a text
//   --reworded          uses the `reworded` query of each case, and skips cases without one
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseModel } from '../../src/cli/shared/choose-model.ts';
import { scoringSettings } from '../../src/cli/shared/scoring-settings.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { Passage } from '../../src/eval/data/beir.ts';
import { openPairEngine } from '../../src/eval/rank/open-pair-engine.ts';
import { rankCandidates } from '../../src/eval/rank/rank-candidates.ts';
import { readManifest } from '../../src/model/manifest.ts';
import {
  formatClasses,
  formatForms,
  formatRight,
  formatScores,
  formatWrong,
  type ModelOutcomes,
} from './format-outcomes.ts';
import { judge, type Outcome } from './outcomes.ts';
import { type Case, readCases } from './read-cases.ts';

interface Options {
  readonly instruction?: string;
  readonly 'no-titles'?: boolean;
  readonly reworded?: boolean;
}

async function readAllCases(options: Options): Promise<readonly Case[]> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const files = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
  const cases = files.map((name) =>
    readCases({ name, open: () => createReadStream(join(folder, name)) }),
  );
  const titled = (await Promise.all(cases)).flat();
  const asked = options['no-titles'] === true ? titled.map(withoutTitles) : titled;
  return options.reworded === true ? asked.flatMap(reword) : asked;
}

function withoutTitles(of: Case): Case {
  const candidates = of.candidates.map((each) =>
    each.text === '' ? each : { ...each, title: '' },
  );
  return { ...of, candidates };
}

function reword(of: Case): readonly Case[] {
  return of.reworded === undefined ? [] : [{ ...of, query: of.reworded }];
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
  options: {
    instruction: { type: 'string' },
    'no-titles': { type: 'boolean' },
    reworded: { type: 'boolean' },
  },
  allowPositionals: true,
});
const cases = await readAllCases(values);
const measured: ModelOutcomes[] = [];
for (const folder of positionals.length === 0 ? [undefined] : positionals) {
  measured.push(await rankAll(cases, folder, values.instruction));
}
process.stdout.write(`${formatClasses(measured)}\n`);
for (const { model, outcomes } of measured) {
  process.stdout.write(`${model}, ${formatScores(outcomes)}\n`);
  process.stdout.write(`${model}, right:\n\n${formatRight(outcomes)}\n`);
  process.stdout.write(`${model}, wrong:\n\n${formatWrong(outcomes)}\n`);
  process.stdout.write(`${model}, forms:\n\n${formatForms(outcomes)}\n`);
}
