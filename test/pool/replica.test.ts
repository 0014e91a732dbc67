import { describe, expect, test } from '@jest/globals';
import { settle } from '../support/fakes/clock.ts';
import { answerLoad, batch, setUp, setUpReady } from '../support/fakes/replica-set-up.ts';

describe('loading', () => {
  test('is ready only after every warm-up has run, in order', async () => {
    const { thread, phases, warmedTokens, replica } = setUp();
    const started = replica.start();
    thread(0).answer({ kind: 'loaded' });
    await settle();
    thread(0).answerRun();
    await settle();
    expect(replica.describe()).toMatchObject({ deviceSlot: 'cpu#0', phase: 'loading', batches: 0 });
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
    thread(0).answer({ kind: 'failed', message: 'no such file', fault: 'batch' });
    await expect(started).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'cpu#0 did not load: no such file',
    });
    await clock.advance(10_000);
    expect(threads).toHaveLength(1);
    expect(thread(0).end).toBe('discarded');
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])(
  'a warm-up whose logits are %s is a load that failed',
  async (logit) => {
    const { thread, replica, phases } = setUp();
    const started = replica.start();
    thread(0).answer({ kind: 'loaded' });
    await settle();
    thread(0).answerRun(1, 2);
    await settle();
    thread(0).answerRun(1, logit);
    await expect(started).rejects.toThrow(
      'cpu#0 did not load: its logits are not finite: the model cannot answer',
    );
    expect(phases).toEqual(['loading', 'quarantined']);
  },
);

describe('running', () => {
  test('gives the logits and counts the batch', async () => {
    const { thread, replica, runner } = await setUpReady();
    const outcome = runner.run(batch());
    thread(0).answerRun(1, 2);
    expect(await outcome).toEqual({ ok: true, logits: Float32Array.of(1, 2), runMs: 10 });
    expect(replica.describe().batches).toBe(1);
  });

  test('an error of a run fails the batch and not the replica', async () => {
    const { thread, replica, runner } = await setUpReady();
    const outcome = runner.run(batch());
    thread(0).answer({ kind: 'failed', message: 'bad shape', fault: 'batch' });
    expect(await outcome).toEqual({ ok: false, kind: 'internal', message: 'bad shape' });
    expect(replica.state.phase).toBe('ready');
  });

  test('a batch that lacks memory fails as out-of-memory', async () => {
    const { thread, replica, runner } = await setUpReady();
    const outcome = runner.run(batch());
    thread(0).answer({ kind: 'failed', message: 'bad_alloc', fault: 'memory' });
    expect(await outcome).toEqual({ ok: false, kind: 'out-of-memory', message: 'bad_alloc' });
    expect(replica.state.phase).toBe('ready');
  });

  test('a fault of the device ends the thread', async () => {
    const { clock, thread, replica, runner } = await setUpReady();
    const outcome = runner.run(batch());
    thread(0).answer({ kind: 'failed', message: 'CUDA error 700', fault: 'device' });
    expect(await outcome).toMatchObject({ ok: false, kind: 'replica-failed' });
    expect(replica.describe()).toMatchObject({ phase: 'failed', reason: 'CUDA error 700' });
    expect(thread(0).end).toBe('discarded');
    await clock.advance(100);
    await answerLoad(thread(1));
    expect(replica.state.phase).toBe('ready');
  });

  test('describes its running batches and their predicted time', async () => {
    const { thread, replica, runner } = await setUpReady();
    const outcomes = [runner.run(batch()), runner.run(batch())];
    expect(replica.describe()).toMatchObject({ running: 2, queuedMs: 10 });
    thread(0).answerRun(1, 2);
    await outcomes[0];
    expect(replica.describe()).toMatchObject({ running: 1, queuedMs: 5, sinceAtMs: 1_000 });
  });

  test('has no queued time after its last batch, in spite of rounding', async () => {
    const predicted = [0.1, 0.2, 0.3];
    const { thread, replica, runner } = await setUpReady(() => predicted.shift() ?? 0);
    const outcomes = [runner.run(batch()), runner.run(batch()), runner.run(batch())];
    thread(0).answerRun();
    thread(0).answerRun();
    thread(0).answerRun();
    await Promise.all(outcomes);
    expect(replica.describe().queuedMs).toBe(0);
  });

  test('a thread without a session counts as lost', async () => {
    const { thread, runner } = await setUpReady();
    const outcome = runner.run(batch());
    thread(0).answer({ kind: 'unloaded' });
    expect(await outcome).toMatchObject({ ok: false, kind: 'replica-failed' });
  });
});

describe('a crash', () => {
  test('is reported before the outcomes of the lost batches', async () => {
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

  test('quarantines the slot after too many failures in a row, and tries it again much later', async () => {
    const { clock, threads, thread, replica } = await setUpReady();
    thread(0).crash('exit 1');
    await clock.advance(100);
    thread(1).crash('exit 1');
    await clock.advance(200);
    thread(2).crash('exit 1');
    await clock.advance(59_000);
    expect(threads).toHaveLength(3);
    expect(replica.describe()).toMatchObject({
      phase: 'quarantined',
      reason: 'exit 1',
      failures: 3,
    });
    await clock.advance(1_000);
    await answerLoad(thread(3));
    expect(replica.state.phase).toBe('ready');
  });

  test('a served batch resets the count of failures', async () => {
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
  test('closes the thread after its last batch', async () => {
    const { thread, phases, replica } = await setUpReady();
    await replica.drain();
    expect(thread(0).end).toBe('closed');
    expect(phases.slice(-2)).toEqual(['draining', 'closed']);
  });

  test('during the back-off cancels the load', async () => {
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
    expect(replica.state.phase).toBe('closed');
    expect(thread(0).end).toBe('closed');
  });
});
