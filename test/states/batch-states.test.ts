import { expect, test } from '@jest/globals';
import { packBatch } from '../../src/batch/pack/pack-batch.ts';
import type { BatchOutcome, BatchPart } from '../../src/batch/packed-batch.ts';
import { tokenSegment } from '../../src/batch/segment.ts';
import { passGate } from '../../src/batch/write-gate.ts';
import { BatchStates } from '../../src/states/batch-states.ts';
import { StateArena } from '../../src/states/state-arena.ts';
import { StateStore } from '../../src/states/state-store.ts';

const scored: BatchOutcome = { ok: true, logits: Float32Array.of(1, 2), runMs: 1 };
const failed: BatchOutcome = { ok: false, kind: 'replica-failed', message: 'gone' };
const part = (...keys: string[]): BatchPart => ({
  prefix: tokenSegment(Int32Array.of(1)),
  suffixes: keys.map((key) => {
    return { kind: 'tokens', ids: Int32Array.of(2, 3, 4), keep: { key, tokens: 2 } };
  }),
});

function open(rows = 10) {
  const store = new StateStore(StateArena.ofBytes(2 * rows, 1));
  const plan = { layout: 'stored', attentionGroups: 4 } as const;
  return { store, batches: new BatchStates(store, (parts) => packBatch(parts, plan)) };
}

test('states are found once their batch has run', () => {
  const { store, batches } = open();
  const batch = batches.pack([part('a', 'b')]);
  expect(batch.states?.write?.rows).toEqual(Int32Array.of(0, 1, 2, 3));
  expect(store.open('a')).toBeUndefined();
  batches.onOutcome(batch, scored);
  expect([store.open('a')?.rows, store.open('b')?.rows]).toEqual([
    Int32Array.of(0, 1),
    Int32Array.of(2, 3),
  ]);
});

test('a text that another batch computes is kept once', () => {
  const { store, batches } = open();
  const first = batches.pack([part('a')]);
  const second = batches.pack([part('a', 'b')]);
  expect(second.states?.write?.rows).toEqual(Int32Array.of(2, 3));
  batches.onOutcome(first, scored);
  batches.onOutcome(second, scored);
  expect(store.counts.entries).toBe(2);
});

test('what does not fit is scored and not kept', () => {
  const { batches } = open(3);
  const batch = batches.pack([part('a', 'b')]);
  expect(batch.states?.write?.rows).toEqual(Int32Array.of(0, 1));
  expect(batch.candidates).toBe(2);
});

test('the rows of a failed batch are used again, and its thread may no longer write', () => {
  const { store, batches } = open();
  const batch = batches.pack([part('a')]);
  batches.onOutcome(batch, failed);
  expect(store.counts).toMatchObject({ entries: 0, bytes: 0, limitBytes: 20 });
  expect(passGate(batch.states?.write?.gate ?? new Int32Array(1))).toBe(false);
});

test('rows that a lost thread may be writing are never used again', () => {
  const { store, batches } = open();
  const batch = batches.pack([part('a')]);
  passGate(batch.states?.write?.gate ?? new Int32Array(1));
  batches.onOutcome(batch, failed);
  expect(store.counts).toMatchObject({ entries: 0, limitBytes: 16 });
});

test('states beside a logit that is not finite are not kept', () => {
  const { store, batches } = open();
  const batch = batches.pack([part('a')]);
  batches.onOutcome(batch, { ...scored, logits: Float32Array.of(1, Number.NaN) });
  expect(store.counts).toMatchObject({ entries: 0, bytes: 0 });
});

test('a batch that cannot be packed reserves nothing', () => {
  const store = new StateStore(StateArena.ofBytes(20, 1));
  const batches = new BatchStates(store, () => {
    throw new RangeError('bug');
  });
  expect(() => batches.pack([part('a')])).toThrow('bug');
  expect(store.counts).toMatchObject({ entries: 0, bytes: 0 });
});
