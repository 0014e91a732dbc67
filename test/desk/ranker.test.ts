import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../src/base/errors.ts';
import type { DeskCall } from '../../src/desk/answer.ts';
import { RankNotes } from '../../src/desk/ended-event.ts';
import { Lifecycle } from '../../src/desk/lifecycle.ts';
import { Ranker } from '../../src/desk/ranker.ts';
import type { RankRequest } from '../../src/domain/rank.ts';
import { FakePipeline } from '../support/fakes/pipeline.ts';
import { rankForm } from '../support/rank-form.ts';
import { testManifest } from '../support/serving/test-server.ts';

/** A ranker without any server, the prices that it charged, and the client's priority cap. */
function open({ isServing = true } = {}) {
  const pipeline = new FakePipeline();
  const charged: [string, number][] = [];
  const lifecycle = new Lifecycle();
  if (isServing) {
    lifecycle.beginServing();
  }
  let served = { manifest: testManifest, pipeline };
  const ranker = new Ranker({
    current: () => served,
    lifecycle,
    limits: { candidates: 20, textBytes: 100 },
    access: {
      capPriority: (request: RankRequest, client) =>
        client === 'slow' ? { ...request, priority: 'deferrable' } : request,
      charge: async (client, candidates, work) => {
        charged.push([client, candidates]);
        return await work();
      },
    },
  });
  const load = (name: string) => {
    served = { manifest: { ...testManifest, name }, pipeline: new FakePipeline() };
  };
  return { ranker, pipeline, charged, lifecycle, load };
}

function callOf(client: string): DeskCall {
  const { signal } = new AbortController();
  return { client, traceparent: undefined, deadlineAtMs: Infinity, signal, notes: new RankNotes() };
}

const bad = { id: 'bad', text: '' };
const good = { id: 'good', text: 'xx' };
const other = { id: 'other', text: 'x' };

describe('rank', () => {
  test('notes the request and its reply, and names the model', async () => {
    const { ranker } = open();
    const call = callOf('c');
    const { request, reply, manifest } = await ranker.rank(rankForm(), 'r', call);
    expect(request).toMatchObject({ requestId: 'r', priority: 'interactive' });
    expect(manifest.name).toBe('tiny');
    expect(call.notes).toMatchObject({ candidates: 1, priority: 'interactive', reply });
  });

  test('caps the priority by client', async () => {
    const { ranker, pipeline } = open();
    const call = callOf('slow');
    await ranker.rank(rankForm(), 'r', call);
    expect(pipeline.ranked[0]?.request.priority).toBe('deferrable');
    expect(call.notes.priority).toBe('deferrable');
  });

  test('neither charges nor scores skipped candidates, and puts them back into the reply', async () => {
    const { ranker, pipeline, charged } = open();
    const form = rankForm({ candidates: [bad, good, other], onBadCandidate: 'skip' });
    const { reply } = await ranker.rank(form, 'r', callOf('c'));
    expect(charged).toEqual([['c', 2]]);
    expect(pipeline.ranked[0]?.request.candidates.map(({ id }) => id)).toEqual(['good', 'other']);
    expect(reply.results.map(({ index, skipped }) => [index, skipped])).toEqual([
      [1, undefined],
      [2, undefined],
      [0, 'EMPTY'],
    ]);
  });

  test('errors name candidates by their index in the whole request', async () => {
    const { ranker, pipeline } = open();
    pipeline.holds = true;
    const form = rankForm({ candidates: [bad, good], onBadCandidate: 'skip' });
    const ranked = ranker.rank(form, 'r', callOf('c'));
    await pipeline.arrived(1);
    pipeline.ranked[0]?.fail(new RankError('invalid-argument', 'candidates[0].text is odd'));
    await expect(ranked).rejects.toThrow('candidates[1].text is odd');
  });

  test('a request that breaks a rule is charged nothing', async () => {
    const { ranker, charged, pipeline } = open();
    await expect(ranker.rank(rankForm({ query: '' }), 'r', callOf('c'))).rejects.toThrow('query');
    expect([charged, pipeline.ranked]).toEqual([[], []]);
  });

  test('a request keeps the model that it began with', async () => {
    const { ranker, pipeline, load } = open();
    pipeline.holds = true;
    const ranked = ranker.rank(rankForm(), 'r', callOf('c'));
    await pipeline.arrived(1);
    load('next');
    pipeline.ranked[0]?.reply();
    expect((await ranked).manifest.name).toBe('tiny');
    const next = await ranker.rank(rankForm({ model: 'next' }), 'r', callOf('c'));
    expect(next.manifest.name).toBe('next');
  });
});

test('estimates and texts cost a tenth each, and at least 1', async () => {
  const { ranker, charged } = open();
  const candidates = Array.from({ length: 20 }, () => good);
  await ranker.estimate(rankForm({ candidates }), 'r', callOf('c'));
  await ranker.tokenize({ texts: ['a'], maxReplyBytes: undefined }, callOf('c'));
  expect(charged).toEqual([
    ['c', 2],
    ['c', 1],
  ]);
});

test('before it serves and while it drains only info answers', async () => {
  const { ranker, lifecycle } = open({ isServing: false });
  await expect(ranker.rank(rankForm(), 'r', callOf('c'))).rejects.toMatchObject({
    kind: 'unavailable',
    reason: 'STARTING',
  });
  lifecycle.beginDraining();
  await expect(ranker.estimate(rankForm(), 'r', callOf('c'))).rejects.toMatchObject({
    reason: 'DRAINING',
  });
  await expect(
    ranker.tokenize({ texts: ['a'], maxReplyBytes: undefined }, callOf('c')),
  ).rejects.toMatchObject({ reason: 'DRAINING' });
  expect(ranker.info().manifest.name).toBe('tiny');
});
