import { RankError } from '../../base/errors.ts';
import { probabilityOf } from '../../pipeline/reply/order.ts';
import type { Passage } from '../data/beir.ts';
import type { Pair } from './pair-batches.ts';
import { type PairEngine, type PairOptions, type PairScores, scorePairs } from './score-pairs.ts';

export interface RankedCandidate {
  readonly id: string;
  /** The title, or how the text begins where there is none; cut short. */
  readonly label: string;
  /** Where it stands among the candidates as they came, from 1. */
  readonly place: number;
  /** p(yes) */
  readonly score: number;
  readonly logit: number;
  /** Tokens of the candidate that were read. */
  readonly tokens: number;
  readonly truncated: boolean;
}

export interface Ranking {
  readonly query: string;
  /** Best first, ties as they came. */
  readonly candidates: readonly RankedCandidate[];
}

export interface Rankings {
  readonly rankings: readonly Ranking[];
  /** Whether the signal came: the rankings may lack candidates then. */
  readonly interrupted: boolean;
}

export interface RankOptions extends Omit<PairOptions, 'titles' | 'onProgress'> {
  readonly queries: readonly string[];
  /** Told how many candidates are scored, counted once for each query. */
  readonly onProgress: (done: number) => void;
}

/**
 * Candidates held with their texts at once: enough that batches are full, few enough for any
 * memory.
 */
const mostHeld = { candidates: 2_000, characters: 8 * 2 ** 20 };
const labelLength = 200;

/**
 * Ranks candidates for each query by the pairs' scores, which are the server's. Takes the
 * candidates in parts, and keeps of each only what a `RankedCandidate` has.
 *
 * @throws RankError when a query is too long or a batch fails, and what `candidates` throws.
 */
export async function rankCandidates(
  engine: PairEngine,
  candidates: AsyncIterable<Passage>,
  options: RankOptions,
): Promise<Rankings> {
  const { queries, signal } = options;
  const rankings = queries.map((query) => ({ query, candidates: new Array<RankedCandidate>() }));
  let [before, done] = [0, 0];
  for await (const part of inParts(candidates)) {
    const onProgress = (more: number) => options.onProgress(done + more);
    const scores = await scorePart(engine, part, { ...options, onProgress });
    const described = part.map((candidate, i) => describe(candidate, before + i + 1));
    rankings.forEach((ranking, query) => {
      ranking.candidates.push(...withScores(described, scores, query * part.length));
    });
    if (signal.aborted) {
      break;
    }
    before += part.length;
    done += queries.length * part.length;
  }
  for (const ranking of rankings) {
    // By logit, as probabilities near 1 run out of digits. The sort is stable.
    ranking.candidates.sort((a, b) => b.logit - a.logit);
  }
  return { rankings, interrupted: signal.aborted };
}

/** All candidates for the first query, then all for the second, and so on. */
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

type Described = Pick<RankedCandidate, 'id' | 'label' | 'place'>;

function describe({ id, title, text }: Passage, place: number): Described {
  return { id, label: shorten(title === '' ? text : title), place };
}

/** Without the pairs that were not scored before the signal came. */
function withScores(
  candidates: readonly Described[],
  { logits, tokens, truncated }: PairScores,
  start: number,
): readonly RankedCandidate[] {
  return candidates.flatMap((candidate, i) => {
    const [yes, no] = logits.subarray(2 * (start + i), 2 * (start + i) + 2);
    const [read, cut] = [tokens[start + i], truncated[start + i]];
    if (yes === undefined || no === undefined || read === undefined || cut === undefined) {
      throw new RankError('internal', `there is no pair ${start + i}; this is a bug`);
    }
    const logit = yes - no;
    const scores = { logit, score: probabilityOf(logit), tokens: read, truncated: cut === 1 };
    return Number.isNaN(logit) ? [] : [{ ...candidate, ...scores }];
  });
}

/** Through a list of characters: a slice of a text would keep the whole text in memory. */
function shorten(text: string): string {
  return Array.from(text.slice(0, labelLength)).join('');
}

async function* inParts(candidates: AsyncIterable<Passage>): AsyncGenerator<readonly Passage[]> {
  let [part, characters]: [Passage[], number] = [[], 0];
  for await (const candidate of candidates) {
    part.push(candidate);
    characters += candidate.title.length + candidate.text.length;
    if (part.length >= mostHeld.candidates || characters >= mostHeld.characters) {
      yield part;
      [part, characters] = [[], 0];
    }
  }
  if (part.length > 0) {
    yield part;
  }
}
