import { describe, expect, test } from '@jest/globals';
import { setUpShared } from '../support/fakes/shared-scores.ts';

describe('scores that are kept', () => {
  test('are not run again', async () => {
    const { ask, runs } = setUpShared();
    const first = ask(['a', 'b']);
    runs[0]?.land();
    expect((await first).executed).toEqual(new Set(['a', 'b']));
    const second = await ask(['b', 'a']);
    expect([...second.scores.keys()].sort()).toEqual(['a', 'b']);
    expect(second.executed.size).toBe(0);
    expect(runs).toHaveLength(1);
  });

  test('leave only the rest to run, each key once', async () => {
    const { ask, runs } = setUpShared();
    const first = ask(['a']);
    runs[0]?.land();
    await first;
    const second = ask(['a', 'b', 'b']);
    expect(runs[1]?.keys).toEqual(['b']);
    runs[1]?.land();
    expect((await second).scores.size).toBe(2);
  });

  test('are not taken from a failed run, and only the finished ones from a run that was cut short', async () => {
    const { ask, runs, shared } = setUpShared();
    const failed = ask(['a']);
    runs[0]?.fail();
    await expect(failed).rejects.toThrow('the run failed');
    const partial = ask(['a', 'b'], { partialOk: true });
    runs[1]?.land(['b']);
    expect([...(await partial).scores.keys()]).toEqual(['b']);
    expect([...shared.lookUp(['a', 'b']).keys()]).toEqual(['b']);
  });
});

describe('pairs that are running for another request', () => {
  test('are run once for fifty equal requests', async () => {
    const { ask, runs } = setUpShared();
    const asked = Array.from({ length: 50 }, () => ask(['a', 'b']));
    expect(runs).toHaveLength(1);
    runs[0]?.land();
    const answers = await Promise.all(asked);
    expect(answers.every(({ scores }) => scores.size === 2)).toBe(true);
    expect(answers.filter(({ executed }) => executed.size > 0)).toHaveLength(1);
  });

  test('are run by one of the waiting requests when the run fails', async () => {
    const { ask, runs, settle } = setUpShared();
    const [leader, ...followers] = Array.from({ length: 5 }, () => ask(['a']));
    runs[0]?.fail();
    await expect(leader).rejects.toThrow('the run failed');
    await settle();
    expect(runs).toHaveLength(2);
    runs[1]?.land();
    const answers = await Promise.all(followers);
    expect(answers.map(({ executed }) => executed.size).sort()).toEqual([0, 0, 0, 1]);
  });

  test('are run by one of the waiting requests when the run left them out', async () => {
    const { ask, runs, settle } = setUpShared();
    const leader = ask(['a', 'b'], { partialOk: true });
    const follower = ask(['a', 'b']);
    runs[0]?.land(['a']);
    expect((await leader).scores.size).toBe(1);
    await settle();
    expect(runs[1]?.keys).toEqual(['b']);
    runs[1]?.land();
    expect((await follower).executed).toEqual(new Set(['b']));
  });

  test('continue when the request that started them is cancelled, if another one waits', async () => {
    const { ask, runs } = setUpShared();
    const gone = [new AbortController(), new AbortController()] as const;
    const leader = ask(['a'], { signal: gone[0].signal });
    const followers = [ask(['a']), ask(['a'], { signal: gone[1].signal })];
    gone[0].abort();
    gone[1].abort();
    await expect(followers[1]).rejects.toMatchObject({ kind: 'cancelled' });
    expect(runs[0]?.signal.aborted).toBe(false);
    runs[0]?.land();
    expect((await followers[0])?.scores.size).toBe(1);
    expect((await leader).scores.size).toBe(1);
  });

  test('are stopped when no request is left, and later requests do not wait for them', async () => {
    const { ask, runs } = setUpShared();
    const gone = new AbortController();
    const both = [ask(['a'], { signal: gone.signal }), ask(['a'], { signal: gone.signal })];
    gone.abort();
    expect(runs[0]?.signal.aborted).toBe(true);
    const next = ask(['a']);
    expect(runs).toHaveLength(2);
    runs[1]?.land();
    expect((await next).scores.size).toBe(1);
    runs[0]?.fail();
    await expect(both[0]).rejects.toThrow();
    await expect(both[1]).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('are run again by a request of a more urgent class, or with far less time', async () => {
    const { ask, runs } = setUpShared();
    const asked = [
      ask(['a'], { priority: 'deferrable', timeoutMs: 1_000 }),
      ask(['a'], { priority: 'deferrable', timeoutMs: 500 }),
      ask(['a'], { priority: 'interactive', timeoutMs: 1_000 }),
      ask(['a'], { priority: 'deferrable', timeoutMs: 1_000 }),
      ask(['a'], { priority: 'interactive', timeoutMs: 400 }),
    ];
    expect(runs).toHaveLength(3);
    runs.forEach((run) => run.land());
    const answers = await Promise.all(asked);
    expect(answers.map(({ executed }) => executed.size).join()).toBe('1,0,1,0,1');
  });
});

describe('the deadline of a waiting request', () => {
  test('applies, whatever the run does', async () => {
    const { ask, clock } = setUpShared();
    void ask(['a'], { timeoutMs: 150 });
    const late = ask(['a', 'a'], { timeoutMs: 100 });
    const partial = ask(['a'], { timeoutMs: 100, partialOk: true });
    await clock.advance(100);
    await expect(late).rejects.toMatchObject({
      kind: 'deadline-exceeded',
      message:
        'the deadline passed with 0 of 1 candidates scored; the rest ran for an equal request',
    });
    expect((await partial).scores.size).toBe(0);
    expect(clock.timers).toBe(0);
  });

  test('returns the pairs that it ran itself if it accepts a partial answer', async () => {
    const { ask, runs, clock } = setUpShared();
    void ask(['a'], { timeoutMs: 150 });
    const partial = ask(['a', 'b'], { timeoutMs: 100, partialOk: true });
    runs[1]?.land();
    await clock.advance(100);
    expect([...(await partial).scores.keys()]).toEqual(['b']);
  });

  test('an own run that fails ends the wait for others at once', async () => {
    const { ask, runs, clock } = setUpShared();
    const leader = ask(['a']);
    const mixed = ask(['a', 'b']);
    runs[1]?.fail();
    await expect(mixed).rejects.toThrow('the run failed');
    expect(clock.timers).toBe(0);
    runs[0]?.land();
    await leader;
  });
});
