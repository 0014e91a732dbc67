import { expect, test } from '@jest/globals';
import { at } from '../../src/base/at.ts';
import { type EncodedRequest, segmentsOf } from '../../src/batch/packed-batch.ts';
import { StateArena } from '../../src/states/state-arena.ts';
import { StateStore } from '../../src/states/state-store.ts';
import { resolveStates } from '../../src/states/resolve-states.ts';

const openStore = (rows = 100) => new StateStore(StateArena.ofBytes(2 * rows, 1));

function request(prefix: number[], ...candidates: number[][]): EncodedRequest {
  const suffix = [8, 9];
  return {
    prefix: Int32Array.from(prefix),
    candidates: candidates.map((own) => {
      return { ids: Int32Array.of(...own, ...suffix), tokens: own.length, truncated: false };
    }),
  };
}

/** Keeps whatever a request marks to be kept. */
function run(store: StateStore, encoded: EncodedRequest): void {
  const { request: resolved, release } = resolveStates(encoded, store);
  const { prefix, suffixes } = segmentsOf(resolved);
  for (const segment of [prefix, ...suffixes]) {
    if (segment.kind === 'tokens' && segment.keep !== undefined) {
      const entry = store.reserve(segment.keep.key, segment.keep.tokens);
      store.fill(entry ?? { key: '', rows: new Int32Array() });
    }
  }
  release();
}

const kindsOf = (store: StateStore, encoded: EncodedRequest) => {
  const { request: resolved, release } = resolveStates(encoded, store);
  release();
  const { prefix, suffixes } = segmentsOf(resolved);
  return [prefix, ...suffixes].map(({ kind }) => kind);
};

test('a text that is kept costs its suffix, for any query behind it', () => {
  const store = openStore();
  expect(kindsOf(store, request([1], [2, 3], [4]))).toEqual(['tokens', 'tokens', 'tokens']);
  run(store, request([1], [2, 3]));
  const { request: resolved } = resolveStates(request([1], [2, 3], [4]), store);
  expect(segmentsOf(resolved)).toEqual({
    prefix: { kind: 'states', ids: new Int32Array(), rows: Int32Array.of(0) },
    suffixes: [
      { kind: 'states', ids: Int32Array.of(8, 9), rows: Int32Array.of(1, 2) },
      {
        kind: 'tokens',
        ids: Int32Array.of(4, 8, 9),
        keep: { key: expect.any(String), tokens: 1 },
      },
    ],
  });
});

test('states stand for a text behind one prefix only, and for whole texts only', () => {
  const store = openStore();
  run(store, request([1], [2, 3]));
  expect(kindsOf(store, request([7], [2, 3]))).toEqual(['tokens', 'tokens']);
  expect(kindsOf(store, request([1, 2], [3]))).toEqual(['tokens', 'tokens']);
  expect(kindsOf(store, request([1], [2]))).toEqual(['states', 'tokens']);
});

test('an empty candidate has nothing to keep', () => {
  const { request: resolved } = resolveStates(request([1], []), openStore());
  expect(at(segmentsOf(resolved).suffixes, 0)).toEqual({
    kind: 'tokens',
    ids: Int32Array.of(8, 9),
  });
});

test('states are not evicted before the request that reads them has ended', () => {
  const store = openStore(3);
  run(store, request([1], [2, 3]));
  const { release } = resolveStates(request([1], [2, 3]), store);
  expect(store.reserve('new', 1)).toBeUndefined();
  release();
  release();
  expect(store.reserve('new', 3)).toBeDefined();
});

test('only candidates count as found or not', () => {
  const store = openStore();
  run(store, request([1], [2], [3]));
  run(store, request([1], [2], [4]));
  expect(store.counts).toMatchObject({ hits: 1, misses: 3 });
});

test('without a store nothing changes', () => {
  const encoded = request([1], [2]);
  expect(resolveStates(encoded, undefined).request).toBe(encoded);
});
