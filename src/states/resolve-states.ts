import { createHash } from 'node:crypto';
import type { BatchPart, EncodedRequest } from '../batch/packed-batch.ts';
import { type Segment, tokenSegment } from '../batch/segment.ts';
import type { StateEntry, StateStore } from './state-store.ts';

/** How a request is computed with the states that are known. */
export interface ResolvedRequest {
  readonly request: EncodedRequest;
  /** Must be called when the request has ended: until then its states are not evicted. */
  readonly release: () => void;
}

/**
 * Replaces a request's texts by their states where these are stored, and marks the other texts to
 * be kept; changes nothing without a store. A candidate's states depend on the tokens before it, so
 * its key covers the prefix.
 */
export function resolveStates(
  encoded: EncodedRequest,
  store: StateStore | undefined,
): ResolvedRequest {
  if (store === undefined) {
    return { request: encoded, release: () => undefined };
  }
  const used: StateEntry[] = [];
  const segmentOf = (ids: Int32Array, tokens: number, key: string, entry?: StateEntry): Segment => {
    if (entry === undefined) {
      return tokens === 0 ? tokenSegment(ids) : { kind: 'tokens', ids, keep: { key, tokens } };
    }
    used.push(entry);
    return { kind: 'states', ids: ids.subarray(tokens), rows: entry.rows };
  };
  const { prefix, candidates } = encoded;
  const prefixKey = digest('', prefix);
  const segments: BatchPart = {
    prefix: segmentOf(prefix, prefix.length, prefixKey, store.open(prefixKey)),
    suffixes: candidates.map(({ ids, tokens }) => {
      const key = digest(prefixKey, ids.subarray(0, tokens));
      return segmentOf(ids, tokens, key, store.find(key));
    }),
  };
  return {
    request: { ...encoded, segments },
    release: () => used.splice(0).forEach((entry) => store.release(entry)),
  };
}

function digest(prefixKey: string, ids: Int32Array): string {
  const bytes = new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
  // One character per byte, a quarter shorter than base64.
  return createHash('sha256').update(prefixKey, 'latin1').update(bytes).digest('binary');
}
