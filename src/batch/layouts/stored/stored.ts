import type { BatchPart } from '../../packed-batch.ts';
import { type Segment, storedRows } from '../../segment.ts';
import { openGate } from '../../write-gate.ts';
import type { FeedSpec, Layout } from '../layout.ts';
import { type KeySpan, type MaskedTile, packTiles, planTiles } from '../masked/masked.ts';
import { packedTokens } from '../tokens.ts';

/** Packed tokens whose states the run returns. [M] */
export const keptFeed = { name: 'kept', type: 'int32', dims: ['M'] } as const satisfies FeedSpec;

/**
 * The states that the batch reads, [U, 2 x layers, kvHeads x headDim] in fp16: keys and values of
 * layer 0, then of layer 1, and so on. The thread that runs the batch makes this feed of the arena.
 */
export const storedInput = 'stored';
/** The states of the kept tokens, in their order. [M, 2 x layers x kvHeads x headDim] in fp16 */
export const statesOutput = 'states';

/**
 * The masked layout over a pool of keys: the stored tokens that the batch reads, and behind them
 * the tokens that it computes.
 */
export const stored: Layout = {
  pack(parts, attentionGroups) {
    const pool = poolOf(parts);
    const batch = packTiles(parts, storedTiles(parts, pool), attentionGroups);
    const { kept, rows } = findKept(parts);
    return {
      ...batch,
      tokens: packedTokens(parts),
      feeds: [...batch.feeds, { name: keptFeed.name, data: kept, dims: [kept.length] }],
      states: {
        read: pool.rows,
        ...(rows.length === 0 ? {} : { write: { rows, gate: openGate() } }),
      },
    };
  },
  mostLengths: (attentionGroups) => attentionGroups,
  planGroups: (parts, attentionGroups) =>
    planTiles(storedTiles(parts, poolOf(parts)), attentionGroups),
};

/** The stored tokens that a batch reads, each text once. */
interface Pool {
  /** Of the arena. [U] */
  readonly rows: Int32Array;
  /** Where each segment's stored tokens begin among them. */
  readonly starts: ReadonlyMap<Int32Array, number>;
}

function poolOf(parts: readonly BatchPart[]): Pool {
  const starts = new Map<Int32Array, number>();
  let tokens = 0;
  for (const segment of segmentsOf(parts)) {
    const rows = storedRows(segment);
    if (rows.length > 0 && !starts.has(rows)) {
      starts.set(rows, tokens);
      tokens += rows.length;
    }
  }
  const all = new Int32Array(tokens);
  starts.forEach((start, rows) => all.set(rows, start));
  return { rows: all, starts };
}

/** @throws RangeError if a candidate is empty or there is none; both are bugs. */
function storedTiles(parts: readonly BatchPart[], pool: Pool): MaskedTile[] {
  const tiles: MaskedTile[] = [];
  let start = 0;
  let candidate = 0;
  const add = (before: readonly KeySpan[], segment: Segment, index: number | undefined) => {
    const rows = segment.ids.length;
    const keys = [...before, ...spansOf(segment, start, pool)];
    if (rows > 0) {
      tiles.push({ start, rows, keys, candidate: index });
    } else if (index !== undefined) {
      throw new RangeError('a candidate computes 0 tokens; at least 1; this is a bug');
    }
    start += rows;
    return keys;
  };
  for (const { prefix, suffixes } of parts) {
    const before = add([], prefix, undefined);
    for (const suffix of suffixes) {
      add(before, suffix, candidate);
      candidate += 1;
    }
  }
  if (candidate === 0) {
    throw new RangeError('a batch has 0 candidates; at least 1; this is a bug');
  }
  return tiles;
}

/** A segment's keys in the pool; `start` is its first packed token. */
function spansOf(segment: Segment, start: number, pool: Pool): KeySpan[] {
  const rows = storedRows(segment);
  const computed = { start: pool.rows.length + start, length: segment.ids.length };
  const storedStart = pool.starts.get(rows);
  return storedStart === undefined
    ? [computed]
    : [{ start: storedStart, length: rows.length }, computed];
}

/** The packed tokens whose states are kept, and the arena's rows for them. [M] each */
function findKept(parts: readonly BatchPart[]): { kept: Int32Array; rows: Int32Array } {
  const kept: number[] = [];
  const rows: number[] = [];
  let start = 0;
  for (const segment of segmentsOf(parts)) {
    const own = segment.kind === 'tokens' ? segment.keep?.rows : undefined;
    own?.forEach((row, i) => {
      kept.push(start + i);
      rows.push(row);
    });
    start += segment.ids.length;
  }
  return { kept: Int32Array.from(kept), rows: Int32Array.from(rows) };
}

/** In the order of the packed tokens. */
function segmentsOf(parts: readonly BatchPart[]): Segment[] {
  return parts.flatMap(({ prefix, suffixes }) => [prefix, ...suffixes]);
}
