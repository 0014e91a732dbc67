import { expect, test } from '@jest/globals';
import { RankError } from '../../../src/base/errors.ts';
import { type EncodedRequest, segmentsOf } from '../../../src/batch/packed-batch.ts';
import type { Call } from '../../../src/domain/call.ts';
import { ComputedShare } from '../../../src/pipeline/plan/computed-share.ts';
import { runCandidates, type RunParts } from '../../../src/pipeline/stages/run-candidates.ts';
import type { Permit } from '../../../src/schedule/admission.ts';
import { StateArena } from '../../../src/states/state-arena.ts';
import { StateStore } from '../../../src/states/state-store.ts';
import { testRequest } from '../../support/models/tiny-pipeline.ts';

const call: Call = {
  client: '',
  priority: 'interactive',
  deadlineAtMs: Number.POSITIVE_INFINITY,
  signal: new AbortController().signal,
  partialOk: false,
};
const request: EncodedRequest = {
  prefix: Int32Array.of(1),
  candidates: [{ ids: Int32Array.of(2, 3, 4), tokens: 2, truncated: false }],
};
const [candidate] = testRequest('q', ['a']).candidates;
const encoded = {
  kept: candidate === undefined ? [] : [{ key: 'a', place: 0, candidate }],
  request,
  bad: new Map(),
  encodeMs: 5,
};
const result = {
  logits: Float32Array.of(3, 1),
  scored: Uint8Array.of(1),
  complete: true,
  batches: 1,
  packedTokens: 4,
  queueMs: 1,
  runMs: 2,
};

/** Parts whose scheduler runs `run` in place of batches. */
function open(run: (scheduled: EncodedRequest) => void) {
  const store = new StateStore(StateArena.ofBytes(2 * 3, 1));
  const learnt: unknown[] = [];
  const learn = (...all: unknown[]) => learnt.push(all);
  const parts: RunParts = {
    config: { tokenBudget: 100 },
    scheduler: {
      schedule: (scheduled) =>
        new Promise((resolve) => {
          run(scheduled);
          resolve(result);
        }),
    },
    states: store,
    cost: { observeEncode: learn },
    tuner: { observe: learn },
    tokens: { learn },
    computed: new ComputedShare(),
  };
  return { store, learnt, parts };
}

const corrected: number[] = [];
const permit: Permit = { correct: (tokens) => corrected.push(tokens), release: () => undefined };

test('a request is scheduled with the states that are kept, and holds them until it ends', async () => {
  const kinds: string[][] = [];
  let isEvicted = true;
  const { store, learnt, parts } = open((scheduled) => {
    const { prefix, suffixes } = segmentsOf(scheduled);
    kinds.push([prefix, ...suffixes].map(({ kind }) => kind));
    for (const segment of [prefix, ...suffixes]) {
      if (segment.kind === 'tokens' && segment.keep !== undefined) {
        const entry = store.reserve(segment.keep.key, segment.keep.tokens);
        store.fill(entry ?? { key: '', rows: new Int32Array() });
      }
    }
    isEvicted = kinds.length === 2 && store.reserve('other', 1) !== undefined;
  });
  await runCandidates(encoded, call, permit, parts);
  const run = await runCandidates(encoded, call, permit, parts);
  expect(kinds).toEqual([
    ['tokens', 'tokens'],
    ['states', 'states'],
  ]);
  expect(isEvicted).toBe(false);
  expect(store.reserve('other', 1)).toBeDefined();
  expect(corrected).toEqual([4, 3]);
  expect(learnt).toHaveLength(6);
  expect(run.scores.get('a')).toMatchObject({ yes: 3, no: 1 });
});

test('a request that fails gives its states up too', async () => {
  const { store, parts } = open(() => {
    throw new RankError('unavailable', 'gone');
  });
  const failed = runCandidates(encoded, call, undefined, parts);
  await expect(failed).rejects.toThrow('gone');
  expect(store.reserve('all', 3)).toBeDefined();
});
