import { describe, expect, test } from '@jest/globals';
import { createDeferred } from '../../src/base/deferred.ts';
import { RankError } from '../../src/base/errors.ts';
import type { DeskCall } from '../../src/desk/answer.ts';
import { RankNotes } from '../../src/desk/ended-event.ts';
import { Lifecycle } from '../../src/desk/lifecycle.ts';
import { type RankedItems, Ranker } from '../../src/desk/ranker.ts';
import type { RankRequest } from '../../src/domain/rank.ts';
import type { Item } from '../../src/items/item/item.ts';
import { FakePipeline } from '../support/fakes/pipeline.ts';
import { rankForm } from '../support/rank-form.ts';
import { testManifest } from '../support/serving/test-server.ts';

interface Opened {
  readonly isServing?: boolean;
  readonly items?: RankedItems;
}

/** A ranker without any server, the prices that it charged, and the client's priority cap. */
function open({ isServing = true, items }: Opened = {}) {
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
    items,
    access: {
      capPriority: (request: RankRequest, client) =>
        client === 'slow' ? { ...request, priority: 'deferrable' } : request,
      charge: async (client, candidates, work) => {
        charged.push([client, candidates]);
        return await work();
      },
    },
  });
  const load = (name: string, fingerprint = testManifest.fingerprint) => {
    served = { manifest: { ...testManifest, name, fingerprint }, pipeline: new FakePipeline() };
    return served.pipeline;
  };
  return { ranker, pipeline, charged, lifecycle, load };
}

function callOf(client: string): DeskCall {
  const { signal } = new AbortController();
  return { client, traceparent: undefined, deadlineAtMs: Infinity, signal, notes: new RankNotes() };
}

const storedItem = {
  id: 'a',
  version: 1n,
  title: undefined,
  summary: { text: 'wards', kept: [], method: 'search', version: 'v1' },
  encoded: { encoding: 'tiny', ids: Int32Array.of(1, 2) },
} as unknown as Item;

/** Items whose token ids are those of the model 'tiny'. */
function itemsOf(lookUp: (ids: readonly string[]) => Promise<readonly (Item | undefined)[]>) {
  return {
    keeper: {
      lookUp,
      store: { get: () => Promise.resolve(undefined) },
      compressor: undefined,
    } as unknown as RankedItems['keeper'],
    encodingOf: ({ name }: { readonly name: string }) => name,
  };
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

describe('a pinned request', () => {
  const other = 'ab'.repeat(32);
  const wrong = { kind: 'unavailable', reason: 'WRONG_FINGERPRINT' };

  test('is ranked by the model that has the fingerprint', async () => {
    const { ranker } = open();
    const pinned = rankForm({ scoreFingerprint: testManifest.fingerprint });
    expect((await ranker.rank(pinned, 'r', callOf('c'))).manifest.name).toBe('tiny');
  });

  test('is refused by another model before it is checked, charged or looked up', async () => {
    let looked = 0;
    const lookUp = () => Promise.resolve([]).finally(() => (looked += 1));
    const { ranker, pipeline, charged } = open({ items: itemsOf(lookUp) });
    const pinned = rankForm({
      scoreFingerprint: other,
      query: '',
      candidates: [{ id: 'a', text: '' }],
    });
    await expect(ranker.rank(pinned, 'r', callOf('c'))).rejects.toMatchObject(wrong);
    await expect(ranker.estimate(pinned, 'r', callOf('c'))).rejects.toMatchObject(wrong);
    expect([looked, charged, pipeline.ranked]).toEqual([0, [], []]);
  });

  test('is refused by its metadata too, and so are texts to tokenize', async () => {
    const { ranker } = open();
    const call = { ...callOf('c'), pin: other };
    const texts = { texts: ['a'], maxReplyBytes: undefined };
    await expect(ranker.rank(rankForm(), 'r', call)).rejects.toMatchObject(wrong);
    await expect(ranker.estimate(rankForm(), 'r', call)).rejects.toMatchObject(wrong);
    await expect(ranker.tokenize(texts, call)).rejects.toMatchObject(wrong);
  });

  test('is refused when its model is replaced while its items are read', async () => {
    let found = createDeferred<readonly (Item | undefined)[]>();
    const { ranker, pipeline, load } = open({ items: itemsOf(() => found.promise) });
    const form = { candidates: [{ id: 'a', text: '' }] };
    const early = ranker.rank(rankForm(form), 'r', callOf('c'));
    found.resolve([storedItem]);
    expect((await early).request.candidates[0]?.stored).toHaveProperty('ids');
    found = createDeferred();
    const pinned = rankForm({ ...form, scoreFingerprint: testManifest.fingerprint });
    const refused = ranker.rank(pinned, 'r', callOf('c'));
    const moved = ranker.rank(rankForm(form), 'r', callOf('c'));
    const next = load('next', other);
    found.resolve([storedItem]);
    await expect(refused).rejects.toMatchObject(wrong);
    expect((await moved).manifest.name).toBe('next');
    expect(pipeline.ranked).toHaveLength(1);
    expect(next.ranked).toHaveLength(1);
    // The stored token ids are those of the first model's tokenizer and template.
    expect(next.ranked[0]?.request.candidates[0]?.stored).not.toHaveProperty('ids');
  });

  test('gets its own fingerprint or a refusal, whenever models are replaced', async () => {
    const { ranker, load } = open();
    let pipeline = load('now', other);
    const swapping = (async () => {
      for (let i = 0; i < 5000; i += 1) {
        // The old one refuses from now on, as one that drains does.
        pipeline.rank = () => Promise.reject(new RankError('internal', 'it is draining'));
        pipeline = load('now', i % 2 === 0 ? testManifest.fingerprint : other);
        await Promise.resolve();
      }
    })();
    const ends = { own: 0, refused: 0 };
    for (let i = 0; i < 200; i += 1) {
      const scoreFingerprint = i % 3 === 0 ? other : testManifest.fingerprint;
      const form = rankForm({ scoreFingerprint });
      const end = await ranker.rank(form, 'r', callOf('c')).catch((error: unknown) => error);
      if (end instanceof RankError) {
        expect(end.reason).toBe('WRONG_FINGERPRINT');
        ends.refused += 1;
      } else {
        expect(end).toMatchObject({ manifest: { fingerprint: scoreFingerprint } });
        ends.own += 1;
      }
    }
    await swapping;
    expect(Math.min(ends.own, ends.refused)).toBeGreaterThan(20);
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
