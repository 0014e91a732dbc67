import { at } from '../../base/at.ts';
import { RankError } from '../../base/errors.ts';
import { type BatchPart, tokenPart } from '../../batch/packed-batch.ts';
import { sharePrefixes } from '../../compress/encode-groups.ts';
import type { RequestEncoder } from '../../encode/encode.ts';
import type { TemplateOrder } from '../../text/template.ts';
import { candidateText, find, type Passage, type Query } from '../data/beir.ts';

/** A candidate to be scored for a query, by their ids in the data. */
export interface Pair {
  readonly query: string;
  readonly candidate: string;
}

/** The texts of all pairs. */
export interface PairData {
  readonly queries: ReadonlyMap<string, Pick<Query, 'text'>>;
  readonly corpus: ReadonlyMap<string, Pick<Passage, 'title' | 'text'>>;
}

/** How a model encodes pairs, and how large its batches are. */
export interface PairEncoder {
  readonly order: TemplateOrder;
  readonly encoder: Pick<RequestEncoder, 'encode'>;
  /** Most packed tokens of a batch; a longer pair has a batch of its own. */
  readonly tokenBudget: number;
}

export interface PairSettings {
  /** Whether the model reads the candidates' titles. */
  readonly titles: boolean;
  /** The model's own when undefined. */
  readonly instruction: string | undefined;
  /** More about the user; none when undefined. */
  readonly context?: string | undefined;
  /** Most tokens of a candidate; the model's context budget when undefined or larger. */
  readonly maxCandidateTokens: number | undefined;
}

/** A pair in a batch. */
export interface BatchedPair {
  /** Its index in the list of pairs. */
  readonly pair: number;
  /** Tokens of the candidate that the model reads. */
  readonly tokens: number;
  readonly truncated: boolean;
}

/** A pair as token ids. Pairs that share their prefix have the same array. */
interface PairRow extends BatchedPair {
  readonly prefix: Int32Array;
  readonly ids: Int32Array;
}

export interface PairBatch {
  readonly parts: readonly BatchPart[];
  /** In the order of the batch's logits. */
  readonly pairs: readonly BatchedPair[];
  readonly packedTokens: number;
}

/** Rows that stay in one batch. */
interface RowGroup {
  readonly rows: PairRow[];
  packedTokens: number;
}

/**
 * Encodes all pairs into batches within the token budget, one batch at a time. Pairs that share the
 * first part of the template, the query or the candidate, stay in one batch, which then holds that
 * part once. Only a group larger than a batch is split.
 *
 * @throws RankError when a pair cannot be encoded.
 */
export function* batchPairs(
  pairs: readonly Pair[],
  data: PairData,
  encoding: PairEncoder & PairSettings,
): Generator<PairBatch, undefined> {
  const { tokenBudget } = encoding;
  let batch: RowGroup = { rows: [], packedTokens: 0 };
  for (const indices of groupPairs(pairs, data, encoding.order)) {
    for (const group of splitRows(encodeGroup(pairs, indices, { data, encoding }), tokenBudget)) {
      if (batch.rows.length > 0 && batch.packedTokens + group.packedTokens > tokenBudget) {
        yield toBatch(batch);
        batch = { rows: [], packedTokens: 0 };
      }
      batch.rows.push(...group.rows);
      batch.packedTokens += group.packedTokens;
    }
  }
  if (batch.rows.length > 0) {
    yield toBatch(batch);
  }
}

/** Indices of pairs by the id that is first in the template: the query's or the candidate's. */
export function groupByFirst(
  pairs: readonly Pair[],
  order: TemplateOrder,
): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  pairs.forEach(({ query, candidate }, index) => {
    const first = order === 'query-first' ? query : candidate;
    const group = groups.get(first);
    if (group === undefined) {
      groups.set(first, [index]);
    } else {
      group.push(index);
    }
  });
  return groups;
}

/**
 * Candidate-first groups are sorted by length, so that a batch has candidates of similar length.
 */
function groupPairs(
  pairs: readonly Pair[],
  { corpus }: PairData,
  order: TemplateOrder,
): readonly (readonly number[])[] {
  const groups = groupByFirst(pairs, order);
  if (order === 'query-first') {
    return [...groups.values()];
  }
  const characters = (id: string) => find(corpus, id).text.length;
  return [...groups].sort(([a], [b]) => characters(a) - characters(b)).map(([, group]) => group);
}

interface Source {
  readonly data: PairData;
  readonly encoding: PairEncoder & PairSettings;
}

function encodeGroup(
  pairs: readonly Pair[],
  group: readonly number[],
  source: Source,
): readonly PairRow[] {
  if (source.encoding.order === 'query-first') {
    return encodeQuery(pairs, group, source);
  }
  // The query changes the candidate's kept tokens only in number, by the length of its suffix.
  const shared = new Map<number, Int32Array>();
  return group
    .flatMap((index) => encodeQuery(pairs, [index], source))
    .map((row) => {
      const prefix = shared.get(row.tokens) ?? join(row.prefix, row.ids.subarray(0, row.tokens));
      shared.set(row.tokens, prefix);
      return { ...row, prefix, ids: row.ids.slice(row.tokens) };
    });
}

/** Encodes pairs of one query in the same way as the server. */
function encodeQuery(
  pairs: readonly Pair[],
  indices: readonly number[],
  { data: { queries, corpus }, encoding }: Source,
): readonly PairRow[] {
  const { query } = at(pairs, at(indices, 0));
  const outcome = encoding.encoder.encode({
    query: find(queries, query).text,
    instruction: encoding.instruction,
    context: encoding.context,
    candidates: indices.map((index) =>
      candidateText(find(corpus, at(pairs, index).candidate), encoding.titles),
    ),
    truncation: 'end',
    maxCandidateTokens: encoding.maxCandidateTokens,
  });
  if (!outcome.ok) {
    throw new RankError('invalid-argument', `query '${query}': ${outcome.message}`);
  }
  const { prefix, candidates } = outcome.encoded;
  return candidates.map(({ ids, tokens, truncated }, i) => {
    return { prefix, ids, pair: at(indices, i), tokens, truncated };
  });
}

/** Splits rows in their order into groups within the budget; one group when all fit. */
function splitRows(rows: readonly PairRow[], tokenBudget: number): readonly RowGroup[] {
  const groups: RowGroup[] = [];
  let prefixes = new Set<Int32Array>();
  for (const row of rows) {
    const group = groups.at(-1);
    const added = row.ids.length + (prefixes.has(row.prefix) ? 0 : row.prefix.length);
    if (group !== undefined && group.packedTokens + added <= tokenBudget) {
      group.rows.push(row);
      group.packedTokens += added;
    } else {
      groups.push({ rows: [row], packedTokens: row.prefix.length + row.ids.length });
      prefixes = new Set();
    }
    prefixes.add(row.prefix);
  }
  return groups;
}

/** Rows of one prefix become one part. */
function toBatch({ rows, packedTokens }: RowGroup): PairBatch {
  const byPrefix = sharePrefixes(rows);
  const parts = [...byPrefix].map(([prefix, members]) => {
    return tokenPart({ prefix, suffixes: members.map(({ ids }) => ids) });
  });
  return { parts, pairs: [...byPrefix.values()].flat(), packedTokens };
}

function join(head: Int32Array, tail: Int32Array): Int32Array {
  const joined = new Int32Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
