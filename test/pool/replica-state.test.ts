import { describe, expect, test } from '@jest/globals';
import { type ReplicaEvent, type ReplicaState, transition } from '../../src/pool/replica-state.ts';
import { FakeRunner } from '../support/fake-runner.ts';
import { FakeThread } from '../support/fake-thread.ts';

const backOff = { firstMs: 100, mostMs: 500, failures: 4 };
const thread = new FakeThread(() => undefined);
const other = new FakeThread(() => undefined);
const runner = new FakeRunner();

const loading = (failures = 0): ReplicaState => ({ phase: 'loading', thread, failures });
const ready = (failures = 0): ReplicaState => ({ phase: 'ready', thread, runner, failures });
const failed = (failures: number, retryAtMs: number | undefined): ReplicaState => ({
  phase: 'failed',
  reason: 'exit 1',
  failures,
  retryAtMs,
});
const draining: ReplicaState = { phase: 'draining', thread };

const crash: ReplicaEvent = { kind: 'failed', thread, reason: 'exit 1', nowMs: 1_000 };
const drain: ReplicaEvent = { kind: 'drain' };
const served: ReplicaEvent = { kind: 'served', thread };
const start: ReplicaEvent = { kind: 'start', thread };
const warmed: ReplicaEvent = { kind: 'warmed', thread, runner };

describe('a replica', () => {
  const table: readonly [string, ReplicaState, ReplicaEvent, ReplicaState][] = [
    ['loads when it is due', failed(2, 900), start, loading(2)],
    ['does not load once given up', failed(9, undefined), start, failed(9, undefined)],
    ['is ready once warm, and remembers its failures', loading(2), warmed, ready(2)],
    ['has none in a row once it has served', ready(2), served, ready(0)],
    ['is given up when its first load fails', loading(0), crash, failed(1, undefined)],
    ['is tried again after a crash', ready(0), crash, failed(1, 1_100)],
    ['later after the next', loading(1), crash, failed(2, 1_200)],
    ['at most so much later', loading(3), crash, failed(4, 1_500)],
    ['is given up after too many in a row', loading(4), crash, failed(5, undefined)],
    ['drains from loading', loading(), drain, draining],
    ['drains from ready', ready(), drain, draining],
    [
      'drains from failed, with nothing to wait for',
      failed(1, 5),
      drain,
      { phase: 'draining', thread: undefined },
    ],
  ];
  test.each(table)('%s', (_name, state, event, expected) => {
    expect(transition(state, event, backOff)).toEqual(expected);
  });

  const unmoved: readonly [string, ReplicaState, ReplicaEvent][] = [
    ['a late word from a thread that was replaced', ready(), { ...crash, thread: other }],
    ['a warm-up that ends while draining', draining, warmed],
    ['a crash while draining', draining, crash],
    ['a second report of one crash', failed(1, 1_100), crash],
    ['a second drain', draining, drain],
    ['a run that ends on a thread that was replaced', ready(1), { ...served, thread: other }],
  ];
  test.each(unmoved)('is not moved by %s', (_name, state, event) => {
    expect(transition(state, event, backOff)).toBe(state);
  });
});
