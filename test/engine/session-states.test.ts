import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { at } from '../../src/base/at.ts';
import { packBatch } from '../../src/batch/pack/pack-batch.ts';
import { type EncodedRequest, segmentsOf } from '../../src/batch/packed-batch.ts';
import { openSession, type RankSession } from '../../src/engine/session.ts';
import { SessionStates } from '../../src/engine/session-states.ts';
import type { Family, Manifest } from '../../src/model/manifest.ts';
import { BatchStates } from '../../src/states/batch-states.ts';
import { resolveStates } from '../../src/states/resolve-states.ts';
import { StateArena, stateWidth } from '../../src/states/state-arena.ts';
import { StateStore } from '../../src/states/state-store.ts';
import { maskedPlan, storedPlan } from '../../src/toolchain/graph/graph-plans.ts';
import { buildTinyModel, createRandom, type TinyModel } from '../support/models/tiny-model.ts';

const random = createRandom(5);
const text = (length: number) => Int32Array.from({ length }, () => Math.floor(random() * 96));
const prefix = text(7);
const suffixes = { nurse: text(6), welder: text(9), 'one token': text(1) };
type Query = keyof typeof suffixes;
const candidates = [3, 24, 64, 1, 150].map(text);

/** Candidates of one query; `left out` ones are not in the request. */
function requestOf(query: Query, places = [...candidates.keys()]): EncodedRequest {
  const suffix = suffixes[query];
  return {
    prefix,
    candidates: places.map((place) => {
      const own = at(candidates, place);
      return { ids: Int32Array.of(...own, ...suffix), tokens: own.length, truncated: false };
    }),
  };
}

/** A replica of a model, with a store of states or without. */
interface Ranker {
  readonly session: RankSession;
  readonly store: StateStore | undefined;
}

async function open(model: TinyModel, store?: StateStore): Promise<Ranker> {
  const { dir: modelDir, graphs, blueprint } = model;
  const manifest = { graphs, blueprint } as Manifest;
  const slot = { provider: 'cpu', deviceId: 0, threads: 1 } as const;
  const states = store?.arena.buffer;
  return { session: await openSession({ modelDir, manifest, ...slot, states }), store };
}

/** The logits of a request, as pipeline and scheduler would run it. */
async function score({ session, store }: Ranker, encoded: EncodedRequest) {
  if (store === undefined) {
    return session.run(packBatch([segmentsOf(encoded)], maskedPlan));
  }
  const { request, release } = resolveStates(encoded, store);
  const batches = new BatchStates(store, (parts) => packBatch(parts, storedPlan));
  const batch = batches.pack([segmentsOf(request)]);
  const logits = await session.run(batch);
  batches.onOutcome(batch, { ok: true, logits, runMs: 1 });
  release();
  return logits;
}

const largest = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((value, i) => Math.abs(value - at(b, i))));

const families: readonly Family[] = ['llama', 'qwen2', 'qwen3'];
/** Of a logit. Keys and values are rounded to 11 bits; the logits are of the order of 1 to 10. */
const roundingOf = { fp32: 1e-2, int8: 0.2 } as const;
/** Between batches of different shapes, as without states. */
const shapesOf = { fp32: 1e-5, int8: 2e-2 } as const;

describe.each(
  families.flatMap((family) => (['fp32', 'int8'] as const).map((kind) => [family, kind] as const)),
)('states of a %s model in %s', (family, precision) => {
  let plain: TinyModel;
  let keeping: TinyModel;
  let recomputing: Ranker;
  let kept: Ranker;

  beforeAll(async () => {
    plain = await buildTinyModel(family, { precision });
    keeping = await buildTinyModel(family, { precision, plan: storedPlan });
    const arena = StateArena.ofBytes(2 ** 20, stateWidth(keeping.blueprint));
    recomputing = await open(plain);
    kept = await open(keeping, new StateStore(arena));
  });
  afterAll(async () => {
    await Promise.all([recomputing.session.close(), kept.session.close()]);
    await rm(plain.dir, { recursive: true });
    await rm(keeping.dir, { recursive: true });
  });

  it('gives the scores of recomputation, but for the rounding of keys and values', async () => {
    for (const query of ['nurse', 'welder', 'one token', 'nurse'] as const) {
      const scores = await score(kept, requestOf(query));
      const expected = await score(recomputing, requestOf(query));
      expect(largest(scores, expected)).toBeLessThan(roundingOf[precision]);
    }
    expect(kept.store?.counts).toMatchObject({ entries: 6, hits: 15, misses: 5 });
  });

  it('gives one score whether states are kept, computed, or both in one batch', async () => {
    const all = await score(kept, requestOf('welder'));
    const arena = StateArena.ofBytes(2 ** 20, stateWidth(keeping.blueprint));
    const fresh: Ranker = { session: kept.session, store: new StateStore(arena) };
    const cold = await open(keeping, fresh.store);
    const computed = await score(cold, requestOf('welder'));
    expect(largest(all, computed)).toBeLessThan(shapesOf[precision]);
    const partly = await open(keeping, new StateStore(arena));
    await score(partly, requestOf('nurse', [1, 4]));
    const mixed = await score(partly, requestOf('welder'));
    expect(partly.store?.counts).toMatchObject({ hits: 2, misses: 5 });
    expect(largest(all, mixed)).toBeLessThan(shapesOf[precision]);
    await Promise.all([cold.session.close(), partly.session.close()]);
  });
});

const shape = { layers: 1, kvHeads: 1, headDim: 2 };
const rows = Int32Array.of(1);
const gate = new Int32Array(new SharedArrayBuffer(4));

it('writes no states of a batch that was given up', () => {
  const arena = StateArena.ofBytes(64, stateWidth(shape));
  const states = new SessionStates(shape, arena.buffer);
  const shut = Int32Array.from([2]);
  states.write({ read: rows, write: { rows, gate: shut } }, Uint16Array.of(1, 2, 3, 4));
  expect(states.read({ read: rows }).data).toEqual(new Uint16Array(4));
  states.write({ read: rows, write: { rows, gate } }, Uint16Array.of(1, 2, 3, 4));
  expect(states.read({ read: rows })).toEqual({
    data: Uint16Array.of(1, 2, 3, 4),
    dims: [1, 2, 2],
  });
});

it('says that it is a bug when states are read without an arena, or not given', () => {
  const without = new SessionStates(shape, undefined);
  expect(without.read()).toEqual({ data: new Uint16Array(), dims: [0, 2, 2] });
  expect(() => without.read({ read: rows })).toThrow('has no states to read or write');
  const write = { rows, gate: new Int32Array(1) };
  expect(() => without.write({ read: rows, write }, undefined)).toThrow('gave no states');
});
