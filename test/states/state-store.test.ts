import { expect, test } from '@jest/globals';
import { createRandom } from '../../src/base/random.ts';
import { StateArena } from '../../src/states/state-arena.ts';
import { type StateEntry, StateStore } from '../../src/states/state-store.ts';

const width = 4;
const rowBytes = 2 * width;
const openStore = (rows: number) => new StateStore(StateArena.ofBytes(rows * rowBytes, width));

function keep(store: StateStore, key: string, tokens: number): StateEntry {
  const entry = store.reserve(key, tokens);
  if (entry === undefined) {
    throw new Error(`no room for ${key}`);
  }
  store.fill(entry);
  return entry;
}

/** Whether the store has the text, without a reader left behind. */
function has(store: StateStore, key: string): boolean {
  const entry = store.open(key);
  if (entry !== undefined) {
    store.release(entry);
  }
  return entry !== undefined;
}

test('an entry is found once it is filled, with as many rows as it has tokens', () => {
  const store = openStore(10);
  const reserved = store.reserve('a', 4);
  expect(store.find('a')).toBeUndefined();
  store.fill(reserved ?? { key: '', rows: new Int32Array() });
  expect(store.find('a')?.rows).toEqual(Int32Array.of(0, 1, 2, 3));
  expect(store.counts).toMatchObject({ entries: 1, hits: 1, misses: 1, bytes: 4 * rowBytes });
});

test('an entry is reserved once', () => {
  const store = openStore(10);
  store.reserve('a', 4);
  expect(store.reserve('a', 4)).toBeUndefined();
  expect(store.counts.bytes).toBe(4 * rowBytes);
});

test('the entries that were not used for the longest time make room', () => {
  const store = openStore(9);
  ['a', 'b', 'c'].forEach((key) => keep(store, key, 3));
  expect(has(store, 'a')).toBe(true);
  keep(store, 'd', 4);
  expect(['a', 'b', 'c', 'd'].filter((key) => has(store, key))).toEqual(['a', 'd']);
  expect(store.counts).toMatchObject({ entries: 2, evictions: 2, bytes: 7 * rowBytes });
});

test('entries with readers and entries that are being filled stay', () => {
  const store = openStore(6);
  keep(store, 'read', 2);
  store.reserve('filling', 2);
  keep(store, 'idle', 2);
  const reading = store.find('read');
  expect(store.reserve('new', 3)).toBeUndefined();
  expect(has(store, 'read')).toBe(true);
  store.release(reading ?? { key: '', rows: new Int32Array() });
  expect(keep(store, 'new', 4).rows).toHaveLength(4);
  expect(has(store, 'read')).toBe(false);
});

test('a text longer than the store is not kept, and evicts nothing', () => {
  const store = openStore(4);
  keep(store, 'a', 4);
  expect(store.reserve('long', 5)).toBeUndefined();
  expect(has(store, 'a')).toBe(true);
});

test('rows of an entry that was given up are used again, unless a thread may write them', () => {
  const store = openStore(4);
  const first = store.reserve('a', 2);
  store.abandon(first ?? { key: '', rows: new Int32Array() }, true);
  expect(store.counts).toMatchObject({ entries: 0, bytes: 0, limitBytes: 4 * rowBytes });
  const second = store.reserve('a', 2);
  store.abandon(second ?? { key: '', rows: new Int32Array() }, false);
  expect(store.counts).toMatchObject({ entries: 0, limitBytes: 2 * rowBytes });
  expect(store.reserve('b', 3)).toBeUndefined();
  expect(keep(store, 'c', 2).rows.some((row) => second?.rows.includes(row))).toBe(false);
});

test('no two entries share a row, whatever is kept, read and evicted', () => {
  const random = createRandom(7);
  const store = openStore(40);
  const owned = new Map<string, Int32Array>();
  for (let step = 0; step < 2_000; step++) {
    const key = String(Math.floor(random() * 30));
    const found = store.find(key);
    if (found === undefined) {
      const entry = store.reserve(key, 1 + Math.floor(random() * 9));
      if (entry !== undefined) {
        store.fill(entry);
        owned.set(key, entry.rows);
      }
    } else {
      expect(found.rows).toEqual(owned.get(key));
      store.release(found);
    }
    const held = [...owned].filter(([each]) => has(store, each)).flatMap(([, rows]) => [...rows]);
    expect(new Set(held).size).toBe(held.length);
    expect(store.counts.bytes).toBe(held.length * rowBytes);
  }
  expect(store.counts.evictions).toBeGreaterThan(100);
});
