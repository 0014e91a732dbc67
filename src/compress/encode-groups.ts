import { at } from '../base/at.ts';
import { RankError } from '../base/errors.ts';
import type { RequestEncoder } from '../encode/encode.ts';
import type { TemplateOrder } from '../text/template.ts';
import type { ProbeGroup, SourceText } from './compressor.ts';

/** How a model encodes a query and a text. */
export interface GroupEncoder {
  readonly order: TemplateOrder;
  readonly encoder: Pick<RequestEncoder, 'encode'>;
}

/** A query and a text as token ids. Rows with the same prefix share it in a batch. */
export interface EncodedRow {
  readonly prefix: Int32Array;
  readonly ids: Int32Array;
}

/** Queries whose tokens are kept: more than a bank of probes has. */
const mostKept = 10_000;

/**
 * Encodes groups as the server encodes requests, but each text only once and each query only once
 * for all texts, because a search asks the same queries about hundreds of short texts.
 *
 * @returns the rows of a group's queries, in their order; throws a RankError when a query is too
 *   long.
 */
export function createGroupEncoder(
  engine: GroupEncoder,
): (group: ProbeGroup) => readonly EncodedRow[] {
  const encode = (query: string, source: SourceText) => encodeOne(engine, query, source);
  if (engine.order === 'query-first') {
    const prefixOf = remember((query) => encode(query, { text: '' }).prefix);
    return ({ source, queries }) =>
      queries.map((query) => ({ prefix: prefixOf(query), ids: encode(query, source).ids }));
  }
  const suffixOf = remember((query) => {
    const { ids, tokens } = encode(query, { text: '' });
    return ids.slice(tokens);
  });
  return ({ source, queries }) => {
    const suffixes = queries.map(suffixOf);
    // A text too long for a row is cut to what the longest of the queries leaves of it.
    const longest = Math.max(0, ...suffixes.map(({ length }) => length));
    const query = queries[suffixes.findIndex(({ length }) => length === longest)];
    if (query === undefined) {
      return [];
    }
    const { prefix: head, ids, tokens } = encode(query, source);
    const prefix = Int32Array.of(...head, ...ids.subarray(0, tokens));
    return suffixes.map((suffix) => ({ prefix, ids: suffix }));
  };
}

/** The rows by their prefixes, which a batch computes once. */
export function sharePrefixes<Row extends EncodedRow>(
  rows: readonly Row[],
): ReadonlyMap<Int32Array, readonly Row[]> {
  const byPrefix = new Map<Int32Array, Row[]>();
  for (const row of rows) {
    const members = byPrefix.get(row.prefix);
    if (members === undefined) {
      byPrefix.set(row.prefix, [row]);
    } else {
      members.push(row);
    }
  }
  return byPrefix;
}

function encodeOne({ encoder }: GroupEncoder, query: string, { title, text }: SourceText) {
  const outcome = encoder.encode({
    query,
    instruction: undefined,
    context: undefined,
    candidates: [{ title, text }],
    truncation: 'end',
    maxCandidateTokens: undefined,
  });
  if (!outcome.ok) {
    throw new RankError('invalid-argument', `query '${query}': ${outcome.message}`);
  }
  return { prefix: outcome.encoded.prefix, ...at(outcome.encoded.candidates, 0) };
}

function remember<T>(make: (query: string) => T): (query: string) => T {
  const kept = new Map<string, T>();
  return (query) => {
    const found = kept.get(query);
    if (found !== undefined) {
      return found;
    }
    const made = make(query);
    if (kept.size >= mostKept) {
      kept.clear();
    }
    kept.set(query, made);
    return made;
  };
}
