import { readFile } from 'node:fs/promises';
import { at } from '../../base/at.ts';
import { DataError } from '../../base/errors.ts';
import { formatTable } from '../../base/format-table.ts';
import type { ScoreGroups, SourceText } from '../../compress/compressor.ts';
import { readProbes } from '../../compress/search/probes.ts';
import { cutPhrases } from '../../compress/text/phrases.ts';
import { type Passage, readPassages } from '../../eval/data/beir.ts';
import { compareAnswers, type KeptAnswers } from '../../eval/measures/kept-answers.ts';
import { openPairEngine } from '../../eval/rank/open-pair-engine.ts';
import { createGroupScorer } from '../../eval/rank/score-groups.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';
import { openBackground, shippedFile } from './open-compressor.ts';
import { openModel } from './open-model.ts';

const usage = `Usage: slmrank compress judge --in FILE --of FILE [--of FILE...] [OPTIONS]

Measures how well shortened texts keep a ranker's answers on queries that no search has asked: mean KL and
|difference of p(yes)| to the original, that of the worst tenth, and Kendall's tau of both orders of the texts.

  --in FILE           the originals: JSON lines {"_id", "title"?, "text"}, plain or gzip
  --of FILE           of 'slmrank compress': its texts are judged, each by its _id
  --only FILE         ids of the texts that are judged, one a line (default: all of the first --of)
  --drop-titles       read no titles
  --judges FILE       queries, one a line (default: 600 job titles that are no probes)
  --model NAME        as for slmrank compress
  --background FILE   as for slmrank compress`;

const definitions = {
  in: { type: 'string' },
  of: { type: 'string', multiple: true },
  only: { type: 'string' },
  'drop-titles': { type: 'boolean', default: false },
  judges: { type: 'string' },
  model: { type: 'string' },
  background: { type: 'string' },
} as const;

/** Queries about each text: the nearest ones, and such as are asked about all. */
const asked = { near: 12, common: 16 } as const;

export async function run(args: readonly string[]): Promise<number> {
  const values = parseOnlyOptions(args, usage, definitions);
  const { in: input, of: files = [] } = values;
  if (input === undefined || files.length === 0) {
    throw new UsageError(`--${input === undefined ? 'in' : 'of'} is missing\n\n${usage}`);
  }
  const texts = await readTexts([input, ...files], values.only);
  const { config, manifest, counter } = await openModel({
    model: values.model,
    devices: undefined,
  });
  const background = openBackground(values.background);
  const judges = readProbes(values.judges ?? shippedFile('judges.txt'), background);
  const common = judges.choose(new Map(), { near: 0, far: asked.common }).far;
  const queries = at(texts, 0).map(({ text }) => {
    const { counts } = cutPhrases(text, background);
    return [...judges.choose(counts, { near: asked.near, far: 0 }).near, ...common];
  });
  const sources = texts.map((all) => all.map(toSource(values['drop-titles'])));
  const engine = await openPairEngine(config, manifest);
  try {
    const answers = await askAll(createGroupScorer(engine), sources, queries);
    const tokens = sources.map((all) =>
      all.reduce((sum, { text }) => sum + counter.count(text), 0),
    );
    const rows = files.map((file, i) => {
      const kept = compareAnswers(at(answers, i + 1), at(answers, 0), common.length);
      const times = at(tokens, 0) / at(tokens, i + 1);
      return toRow(file, kept, { tokens: at(tokens, i + 1) / queries.length, times });
    });
    process.stdout.write(formatTable([head, ...rows]));
  } finally {
    await engine.close();
  }
  return 0;
}

/** The texts of each file that are judged, in the same order. */
async function readTexts(
  files: readonly string[],
  only: string | undefined,
): Promise<readonly (readonly Passage[])[]> {
  const all = await Promise.all(files.map((file) => readPassages(file)));
  const listed = only === undefined ? undefined : await readFile(only, 'utf8');
  const ids = listed?.split(/\s+/).filter((id) => id !== '') ?? [...at(all, 1).keys()];
  if (ids.length === 0) {
    throw new DataError(`${only ?? at(files, 1)} names no text to judge`);
  }
  return all.map((texts, i) => ids.map((id) => findText(texts, id, at(files, i))));
}

function findText(texts: ReadonlyMap<string, Passage>, id: string, file: string): Passage {
  const found = texts.get(id);
  if (found === undefined) {
    throw new DataError(`${file} has no text with _id '${id}', which is to be judged`);
  }
  return found;
}

function toSource(dropTitles: boolean) {
  return ({ title, text }: Passage): SourceText => (dropTitles ? { text } : { title, text });
}

function askAll(
  score: ScoreGroups,
  sources: readonly (readonly SourceText[])[],
  queries: readonly (readonly string[])[],
): Promise<readonly (readonly Float64Array[])[]> {
  return Promise.all(
    sources.map((all) => score(all.map((source, i) => ({ source, queries: at(queries, i) })))),
  );
}

const head = ['', 'tokens', 'shorter', 'KL', '|dp|', '|dp| p90', 'tau'];

function toRow(
  file: string,
  { kl, dp, dpAtP90, tau }: KeptAnswers,
  { tokens, times }: { readonly tokens: number; readonly times: number },
): string[] {
  const figures = [kl, dp, dpAtP90].map((figure) => figure.toFixed(4));
  return [file, tokens.toFixed(1), `${times.toFixed(1)}x`, ...figures, tau.toFixed(3)];
}
