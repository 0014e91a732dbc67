import { RankError } from '../../base/errors.ts';
import type { EncodeTask, RequestEncoder } from '../../encode/encode.ts';
import type { TemplateOrder } from '../../text/template.ts';
import type { Row } from '../../batch/score-rows.ts';
import type { Passage, Query } from '../data/beir.ts';

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

export interface PairEncoding {
  readonly order: TemplateOrder;
  readonly encoder: Pick<RequestEncoder, 'encode'>;
  /** Most packed tokens of one batch; a longer pair has one of its own. */
  readonly tokenBudget: number;
  readonly titles: boolean;
  /** The model's own when undefined. */
  readonly instruction: string | undefined;
  /** More about who asks; none when undefined. */
  readonly context?: string | undefined;
  /** Most tokens a candidate may keep; the context budget when undefined or larger. */
  readonly maxCandidateTokens: number | undefined;
}

/** A pair as token ids. `prefix` is all that comes before what this pair does not share, one array for those that do. */
export interface PairRow extends Row {
  /** Its place in the list of pairs. */
  readonly pair: number;
  /** Tokens that the candidate kept. */
  readonly tokens: number;
  readonly truncated: boolean;
}

export interface PairBatch {
  readonly rows: readonly PairRow[];
  readonly packedTokens: number;
}

/**
 * All pairs in batches within the token budget, made one by one as they are asked for. Pairs that share what comes first
 * in the template, the query or the candidate, stand together, so that a batch has it once; only what is more than a
 * whole batch is cut apart.
 *
 * @throws RankError when a pair cannot be encoded.
 */
export function* batchPairs(
  pairs: readonly Pair[],
  data: PairData,
  encoding: PairEncoding,
): Generator<PairBatch, undefined> {
  const { tokenBudget } = encoding;
  let batch: PairBatch = { rows: [], packedTokens: 0 };
  for (const group of groupPairs(pairs, data, encoding.order)) {
    for (const part of cutRows(encodeGroup(pairs, group, { data, encoding }), tokenBudget)) {
      if (batch.rows.length > 0 && batch.packedTokens + part.packedTokens > tokenBudget) {
        yield batch;
        batch = { rows: [], packedTokens: 0 };
      }
      const packedTokens = batch.packedTokens + part.packedTokens;
      batch = { rows: [...batch.rows, ...part.rows], packedTokens };
    }
  }
  if (batch.rows.length > 0) {
    yield batch;
  }
}

/** Places of pairs by what comes first in the template: the query's id or the candidate's. */
export function groupByFirst(
  pairs: readonly Pair[],
  order: TemplateOrder,
): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  pairs.forEach(({ query, candidate }, place) => {
    const first = order === 'query-first' ? query : candidate;
    const group = groups.get(first);
    if (group === undefined) {
      groups.set(first, [place]);
    } else {
      group.push(place);
    }
  });
  return groups;
}

/** Groups of places; candidates by length, so that batches have tiles alike. */
function groupPairs(
  pairs: readonly Pair[],
  { corpus }: PairData,
  order: TemplateOrder,
): readonly (readonly number[])[] {
  const groups = groupByFirst(pairs, order);
  if (order === 'query-first') {
    return [...groups.values()];
  }
  const characters = (id: string) => known(corpus, id).text.length;
  return [...groups].sort(([a], [b]) => characters(a) - characters(b)).map(([, group]) => group);
}

interface Source {
  readonly data: PairData;
  readonly encoding: PairEncoding;
}

function encodeGroup(
  pairs: readonly Pair[],
  group: readonly number[],
  source: Source,
): readonly PairRow[] {
  if (source.encoding.order === 'query-first') {
    return encodeQuery(pairs, group, source);
  }
  // What is kept of a candidate depends on the query only by the length of its suffix.
  const shared = new Map<number, Int32Array>();
  return group
    .flatMap((place) => encodeQuery(pairs, [place], source))
    .map((row) => {
      const prefix = shared.get(row.tokens) ?? join(row.prefix, row.ids.subarray(0, row.tokens));
      shared.set(row.tokens, prefix);
      return { ...row, prefix, ids: row.ids.slice(row.tokens) };
    });
}

/** Pairs of one query, as the server encodes them. */
function encodeQuery(
  pairs: readonly Pair[],
  places: readonly number[],
  { data: { queries, corpus }, encoding }: Source,
): readonly PairRow[] {
  const asked = places.flatMap((place) => pairs[place] ?? []);
  const [query = ''] = asked.map((pair) => pair.query);
  const { instruction, context, maxCandidateTokens } = encoding;
  const task: EncodeTask = {
    query: known(queries, query).text,
    candidates: asked.map(({ candidate }) => {
      const { title, text } = known(corpus, candidate);
      return { title: encoding.titles ? title : undefined, text };
    }),
    ...{ instruction, context, truncation: 'end', maxCandidateTokens },
  };
  const outcome = encoding.encoder.encode(task);
  if (!outcome.ok) {
    throw new RankError('invalid-argument', `query '${query}': ${outcome.message}`);
  }
  const { prefix, candidates } = outcome.encoded;
  return candidates.map(({ ids, tokens, truncated }, i) => ({
    ...{ prefix, ids, tokens, truncated },
    pair: places[i] ?? 0,
  }));
}

/** Rows in their order, in parts within the budget; one part when all fit. */
function cutRows(rows: readonly PairRow[], tokenBudget: number): readonly PairBatch[] {
  const parts: { rows: PairRow[]; packedTokens: number }[] = [];
  let prefixes = new Set<Int32Array>();
  for (const row of rows) {
    const part = parts.at(-1);
    const added = row.ids.length + (prefixes.has(row.prefix) ? 0 : row.prefix.length);
    if (part !== undefined && part.packedTokens + added <= tokenBudget) {
      part.rows.push(row);
      part.packedTokens += added;
    } else {
      parts.push({ rows: [row], packedTokens: row.prefix.length + row.ids.length });
      prefixes = new Set();
    }
    prefixes.add(row.prefix);
  }
  return parts;
}

function join(head: Int32Array, tail: Int32Array): Int32Array {
  const joined = new Int32Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}

function known<K, T>(values: ReadonlyMap<K, T>, id: K): T {
  const value = values.get(id);
  if (value === undefined) {
    throw new RankError('invalid-argument', `'${String(id)}' is not in the data`);
  }
  return value;
}
