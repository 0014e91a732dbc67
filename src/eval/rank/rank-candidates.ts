import { at } from '../../base/at.ts';
import type { Passage } from '../data/beir.ts';
import type { PairEngine } from './open-pair-engine.ts';
import type { Pair } from './pair-batches.ts';
import { orderPairs, type PairScore, type PairScores, scorePairs } from './score-pairs.ts';

export interface RankedCandidate {
  readonly id: string;
  /** The title, or the start of the text where there is none; shortened. */
  readonly label: string;
  /** Place among the candidates in their given order, from 1. */
  readonly place: number;
  /** p(yes) */
  readonly score: number;
  readonly logit: number;
  /** Tokens of the candidate that the model read. */
  readonly tokens: number;
  readonly truncated: boolean;
}

export interface Ranking {
  readonly query: string;
  /** Best first, ties in the given order. */
  readonly candidates: readonly RankedCandidate[];
}

export interface Rankings {
  readonly rankings: readonly Ranking[];
  /** Whether the signal was aborted: the rankings may then lack candidates. */
  readonly interrupted: boolean;
}

export interface RankOptions {
  readonly queries: readonly string[];
  /** The model's own when undefined. */
  readonly instruction: string | undefined;
  /** More about the user; none when undefined. */
  readonly context?: string | undefined;
  /** Most tokens of a candidate; the model's context budget when undefined or larger. */
  readonly maxCandidateTokens: number | undefined;
  /** Abort it to stop early: candidates scored by then are ranked. */
  readonly signal: AbortSignal;
  /** Called after each batch with the number of candidates scored, counted for each query. */
  readonly onProgress: (done: number) => void;
}

/**
 * Most candidates whose texts are in memory at once: enough for full batches, and few enough for
 * small machines.
 */
const partLimits = { candidates: 2_000, characters: 8 * 2 ** 20 };
const labelLength = 200;

/**
 * Ranks candidates for each query, with the scores that a server gives. Reads the candidates in
 * parts, and keeps only the fields of a `RankedCandidate` of each.
 *
 * @throws RankError when a query is too long or a batch fails, and the errors of `candidates`.
 */
export async function rankCandidates(
  engine: PairEngine,
  candidates: AsyncIterable<Passage>,
  options: RankOptions,
): Promise<Rankings> {
  const { queries, signal } = options;
  const known: { readonly id: string; readonly label: string }[] = [];
  const scoresOf = queries.map(() => new Array<PairScore | undefined>());
  for await (const part of inParts(candidates)) {
    const before = queries.length * known.length;
    const onProgress = (done: number) => options.onProgress(before + done);
    const { scores } = await scorePart(engine, part, { ...options, onProgress });
    known.push(...part.map(({ id, title, text }) => ({ id, label: shorten(title || text) })));
    scoresOf.forEach((ofQuery, query) => {
      ofQuery.push(...scores.slice(query * part.length, (query + 1) * part.length));
    });
    if (signal.aborted) {
      break;
    }
  }
  const rankings = queries.map((query, i) => ({ query, candidates: rank(known, at(scoresOf, i)) }));
  return { rankings, interrupted: signal.aborted };
}

/** Scores all candidates for the first query, then all for the second, and so on. */
function scorePart(
  engine: PairEngine,
  part: readonly Passage[],
  options: RankOptions,
): Promise<PairScores> {
  const name = (index: number) => String(index + 1);
  const pairs = options.queries.flatMap((_, query): readonly Pair[] =>
    part.map((__, index) => ({ query: name(query), candidate: name(index) })),
  );
  const data = {
    queries: new Map(options.queries.map((text, query) => [name(query), { text }])),
    corpus: new Map(part.map((candidate, index) => [name(index), candidate])),
  };
  return scorePairs(engine, pairs, data, { ...options, titles: true });
}

/** Leaves out the candidates that were not scored before the signal was aborted. */
function rank(
  known: readonly { readonly id: string; readonly label: string }[],
  scores: readonly (PairScore | undefined)[],
): readonly RankedCandidate[] {
  return orderPairs(scores, 'probability').flatMap(({ index, scored, ...result }) => {
    const { id, label } = at(known, index);
    const { logit, score, tokens, truncated } = result;
    return scored ? [{ id, label, place: index + 1, logit, score, tokens, truncated }] : [];
  });
}

/** Copies the characters, because a slice of a text would keep the whole text in memory. */
function shorten(text: string): string {
  return Array.from(text.slice(0, labelLength)).join('');
}

async function* inParts(candidates: AsyncIterable<Passage>): AsyncGenerator<readonly Passage[]> {
  let [part, characters]: [Passage[], number] = [[], 0];
  for await (const candidate of candidates) {
    part.push(candidate);
    characters += candidate.title.length + candidate.text.length;
    if (part.length >= partLimits.candidates || characters >= partLimits.characters) {
      yield part;
      [part, characters] = [[], 0];
    }
  }
  if (part.length > 0) {
    yield part;
  }
}
