import { at } from '../../base/at.ts';
import type { Passage } from '../data/beir.ts';
import { describeMachine } from '../measures/machine.ts';
import type { PairEngine } from '../rank/open-pair-engine.ts';
import { scorePairs } from '../rank/score-pairs.ts';
import type { ParetoData } from '../report/input/data.ts';
import { type Variant, variants } from '../report/input/views.ts';
import { measureFigures, type ScoredRun } from './context-figures.ts';
import type { ContextReport, ContextRowReport, ContextSpeed, Sample } from './context-report.ts';

/** Candidates as one way to shorten them makes them. */
export interface ShortenedRow {
  readonly name: string;
  readonly method: string;
  /** Most tokens of the text; undefined for raw candidates. */
  readonly budget: number | undefined;
  readonly version: string | undefined;
  readonly postingsPerSecond: number | undefined;
  /** The text that stands for each candidate's; for a variant that is not measured, undefined. */
  readonly texts: Readonly<Record<Variant, ReadonlyMap<string, string> | undefined>>;
}

/** Serves the rows' candidates and measures candidates/s: one figure for each row of a variant. */
export type MeasureSpeed = (
  rows: readonly { readonly name: string; readonly corpus: ReadonlyMap<string, Passage> }[],
  variant: Variant,
) => Promise<readonly ContextSpeed[]>;

export interface MeasureContextInput {
  readonly data: ParetoData;
  readonly dataName: string;
  readonly split: string;
  readonly engine: PairEngine;
  readonly model: ContextReport['model'];
  readonly devices: string;
  readonly speedRounds: number;
  /** Raw candidates first. */
  readonly rows: readonly ShortenedRow[];
  readonly measureSpeed: MeasureSpeed | undefined;
  readonly onProgress: (line: string) => void;
}

/** Postings shown in the report, spread evenly over the data. */
const sampleCount = 20;

/**
 * Scores the pairs of a run with every row's texts, titles shown and hidden, and compares each row
 * with the first one, which has the raw texts.
 *
 * @throws RankError of the first batch that fails.
 */
export async function measureContext(input: MeasureContextInput): Promise<ContextReport> {
  const { data, rows } = input;
  const measured = new Map<Variant, readonly ContextRowReport[]>();
  for (const variant of variants) {
    measured.set(variant, await measureVariant(input, variant));
  }
  const entries = [...data.run.values()].flat();
  return {
    machine: describeMachine(),
    data: {
      name: input.dataName,
      split: input.split,
      queries: data.run.size,
      candidates: data.corpus.size,
      pairs: entries.length,
    },
    model: input.model,
    devices: input.devices,
    speedRounds: input.speedRounds,
    variants: {
      titles: measured.get('titles') ?? [],
      'no-titles': measured.get('no-titles') ?? [],
    },
    samples: pickSamples([...data.corpus.values()], rows),
  };
}

async function measureVariant(
  input: MeasureContextInput,
  variant: Variant,
): Promise<readonly ContextRowReport[]> {
  const { data, rows, onProgress } = input;
  const contenders = rows.flatMap((row) => {
    const texts = row.texts[variant];
    return texts === undefined ? [] : [{ row, name: row.name, corpus: shorten(data, texts) }];
  });
  const scored: ScoredRun[] = [];
  for (const { name, corpus } of contenders) {
    onProgress(`${variant}: scoring '${name}'`);
    scored.push(await scoreRun(input, corpus, variant));
  }
  const speeds = await input.measureSpeed?.(contenders, variant);
  const compare = (i: number, other: number) =>
    measureFigures(data.run, data.judgements, at(scored, i), at(scored, other));
  return contenders.map(({ row }, i) => {
    const { name, method, budget, version, postingsPerSecond } = row;
    const search = contenders.findIndex(({ row: other }) => isSearchLike(other, row));
    return {
      name,
      method,
      budget,
      version,
      postingsPerSecond,
      figures: compare(i, 0),
      againstSearch: search < 0 || search === i ? undefined : compare(i, search).change,
      speed: speeds?.[i],
    };
  });
}

function isSearchLike(other: ShortenedRow, { budget }: ShortenedRow): boolean {
  return other.method.startsWith('search') && other.budget === budget;
}

function shorten({ corpus }: ParetoData, texts: ReadonlyMap<string, string>) {
  return new Map(
    [...corpus].map(([id, passage]): [string, Passage] => [
      id,
      { ...passage, text: texts.get(id) ?? passage.text },
    ]),
  );
}

/** Scores all pairs of a run with the texts of `corpus`. @throws RankError */
export async function scoreRun(
  { data, engine }: Pick<MeasureContextInput, 'data' | 'engine'>,
  corpus: ReadonlyMap<string, Passage>,
  variant: Variant,
): Promise<ScoredRun> {
  const pairs = [...data.run].flatMap(([query, entries]) =>
    entries.map(({ id }) => ({ query, candidate: id })),
  );
  const { scores: found } = await scorePairs(
    engine,
    pairs,
    { queries: data.queries, corpus },
    {
      titles: variant === 'titles',
      instruction: undefined,
      maxCandidateTokens: undefined,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    },
  );
  // All are there: nobody aborts.
  const scores = found.filter((score) => score !== undefined);
  const margins = new Map<string, number[]>();
  const tokens = new Map<string, number>();
  pairs.forEach(({ query, candidate }, i) => {
    const score = at(scores, i);
    const ofQuery = margins.get(query) ?? [];
    ofQuery.push(score.yes - score.no);
    margins.set(query, ofQuery);
    tokens.set(candidate, score.tokens);
  });
  return { margins, tokens: [...tokens.values()] };
}

function pickSamples(
  passages: readonly Passage[],
  rows: readonly ShortenedRow[],
): readonly Sample[] {
  const count = Math.min(sampleCount, passages.length);
  return Array.from({ length: count }, (_, i) => {
    const { id, title, text } = at(passages, Math.floor((i * passages.length) / count));
    const shortened = rows.flatMap(({ method, budget, texts }) => {
      const own = texts['no-titles']?.get(id);
      return own === undefined || budget === undefined ? [] : [{ method, budget, text: own }];
    });
    return { id, title, raw: text, shortened };
  });
}
