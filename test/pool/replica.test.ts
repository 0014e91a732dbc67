import { describe, expect, test } from '@jest/globals';
import { Replica } from '../../src/pool/replica.ts';
import { ReplicaSet } from '../../src/pool/replica-set.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { fakePack } from '../support/fake-runner.ts';
import { type FakeThread, fakeThreads } from '../support/fake-thread.ts';

const slot = { name: 'cpu#0', provider: 'cpu', deviceId: 0, threads: 1 } as const;
const batch = () => fakePack([]);

function setUp() {
  const clock = new FakeClock();
  const { threads, openThread } = fakeThreads();
  const phases: string[] = [];
  const warmedTokens: number[] = [];
  const replica = new Replica(slot, {
    openThread,
    warmUps: [40, 20].map((packedTokens) => ({ packedTokens, pack: batch })),
    backOff: { firstMs: 100, mostMs: 500, failures: 2 },
    clock,
    onPhase: ({ state }) => phases.push(state.phase),
    onWarmUp: (packedTokens) => warmedTokens.push(packedTokens),
  });
  const thread = (place: number): FakeThread => {
    const one = threads[place];
    if (one === undefined) {
      throw new Error(`only ${threads.length} threads were opened`);
    }
    return one;
  };
  return { clock, threads, thread, phases, warmedTokens, replica };
}

async function answerLoad(thread: FakeThread): Promise<void> {
  thread.answer({ kind: 'loaded' });
  await settle();
  thread.answerRun();
  await settle();
  thread.answerRun();
  await settle();
}

async function setUpReady() {
  const parts = setUp();
  const started = parts.replica.start();
  await answerLoad(parts.thread(0));
  await started;
  const { state } = parts.replica;
  if (state.phase !== 'ready') {
    throw new Error(`is ${state.phase}`);
  }
  return { ...parts, runner: state.runner };
}

describe('loading', () => {
  test('is ready only after every warm-up has run, in order', async () => {
    const { thread, phases, warmedTokens, replica } = setUp();
    const started = replica.start();
    thread(0).answer({ kind: 'loaded' });
    await settle();
    thread(0).answerRun();
    await settle();
    expect(replica.describe()).toEqual({ deviceSlot: 'cpu#0', phase: 'loading', batches: 0 });
    thread(0).answerRun();
    await started;
    expect(thread(0).asked).toEqual(['load', 'run', 'run']);
    expect(phases).toEqual(['loading', 'ready']);
    expect(warmedTokens).toEqual([40, 20]);
  });

  test.each([
    ['the load', 0],
    ['a warm-up', 1],
  ])('rejects and gives up when %s fails the first time', async (_what, answers) => {
    const { clock, threads, thread, replica } = setUp();
    const started = replica.start();
    if (answers > 0) {
      thread(0).answer({ kind: 'loaded' });
      await settle();
    }
    thread(0).answer({ kind: 'failed', message: 'no such file' });
    await expect(started).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'cpu#0 did not load: no such file',
    });
    await clock.advance(10_000);
    expect(threads).toHaveLength(1);
    expect(thread(0).end).toBe('discarded');
  });
});

describe('running', () => {
  test('gives the logits and counts the batch', async () => {
    const { thread, replica, runner } = await setUpReady();
    const outcome = runner.run(batch());
    thread(0).answerRun(1, 2);
    expect(await outcome).toEqual({ ok: true, logits: Float32Array.of(1, 2), runMs: 10 });
    expect(replica.describe().batches).toBe(1);
  });

  test("an error of the run is the batch's, not the replica's", async () => {
    const { thread, replica, runner } = await setUpReady();
    const outcome = runner.run(batch());
    thread(0).answer({ kind: 'failed', message: 'bad shape' });
    expect(await outcome).toEqual({ ok: false, kind: 'internal', message: 'bad shape' });
    expect(replica.state.phase).toBe('ready');
  });

  test('a thread without a session counts as lost', async () => {
    const { thread, runner } = await setUpReady();
    const outcome = runner.run(batch());
    thread(0).answer({ kind: 'unloaded' });
    expect(await outcome).toMatchObject({ ok: false, kind: 'replica-failed' });
  });
});

describe('a crash', () => {
  test('is known before the outcomes of what it took along', async () => {
    const { thread, phases, replica, runner } = await setUpReady();
    const seen = [1, 2].map(async () => {
      const outcome = await runner.run(batch());
      return { outcome, phase: replica.state.phase };
    });
    thread(0).crash('exit 1');
    expect(phases.at(-1)).toBe('failed');
    expect(await Promise.all(seen)).toEqual(
      [1, 2].map(() => ({
        outcome: { ok: false, kind: 'replica-failed', message: 'exit 1' },
        phase: 'failed',
      })),
    );
  });

  test('loads a new thread after the back-off, with a new runner', async () => {
    const { clock, thread, replica, runner } = await setUpReady();
    thread(0).crash('exit 1');
    await clock.advance(99);
    expect(replica.state.phase).toBe('failed');
    await clock.advance(1);
    await answerLoad(thread(1));
    expect(replica.state).toMatchObject({ phase: 'ready' });
    expect('runner' in replica.state && replica.state.runner !== runner).toBe(true);
    expect(thread(0).end).toBe('discarded');
  });

  test('gives up after too many in a row without a batch served', async () => {
    const { clock, threads, thread, replica } = await setUpReady();
    thread(0).crash('exit 1');
    await clock.advance(100);
    thread(1).crash('exit 1');
    await clock.advance(200);
    thread(2).crash('exit 1');
    await clock.advance(100_000);
    expect(threads).toHaveLength(3);
    expect(replica.state).toMatchObject({ phase: 'failed', retryAtMs: undefined });
  });

  test('a batch served sets the count back', async () => {
    const { clock, thread, replica } = await setUpReady();
    for (const place of [0, 1, 2, 3]) {
      const { state } = replica;
      const outcome = state.phase === 'ready' ? state.runner.run(batch()) : undefined;
      thread(place).answerRun(1, 2);
      expect(await outcome).toMatchObject({ ok: true });
      thread(place).crash('exit 1');
      await clock.advance(100);
      await answerLoad(thread(place + 1));
    }
    expect(replica.state.phase).toBe('ready');
  });
});

describe('draining', () => {
  test('closes the thread, which finishes what it holds', async () => {
    const { thread, phases, replica } = await setUpReady();
    await replica.drain();
    expect(thread(0).end).toBe('closed');
    expect(phases.at(-1)).toBe('draining');
  });

  test('while waiting for the back-off, calls the load off', async () => {
    const { clock, threads, thread, replica } = await setUpReady();
    thread(0).crash('exit 1');
    await replica.drain();
    await clock.advance(10_000);
    expect(threads).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  test('while loading, closes the thread and never becomes ready', async () => {
    const { thread, replica } = setUp();
    const started = replica.start();
    const drained = replica.drain();
    await answerLoad(thread(0));
    await Promise.all([started, drained]);
    expect(replica.state.phase).toBe('draining');
    expect(thread(0).end).toBe('closed');
  });
});

test('a set offers the ready replicas and counts those to come', async () => {
  const [a, b] = [setUp(), await setUpReady()];
  const set = new ReplicaSet([a.replica, b.replica]);
  expect(set.offer()).toEqual({ runners: [b.runner], coming: 1 });
  b.thread(0).crash('exit 1');
  expect(set.offer()).toEqual({ runners: [], coming: 2 });
  await set.drain();
  expect(set.offer()).toEqual({ runners: [], coming: 0 });
  expect(set.describe().map(({ phase }) => phase)).toEqual(['draining', 'draining']);
});
