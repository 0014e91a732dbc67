import { describe, expect, test } from '@jest/globals';
import { type ReplicaEvent, type ReplicaState, transition } from '../../src/pool/replica-state.ts';
import { FakeRunner } from '../support/fakes/runner.ts';
import { FakeThread } from '../support/fakes/thread.ts';

const backOff = { firstMs: 100, mostMs: 500, failures: 4, quarantineMs: 60_000 };
const thread = new FakeThread(() => undefined);
const other = new FakeThread(() => undefined);
const runner = new FakeRunner();

const loading = (failures = 0): ReplicaState => ({ phase: 'loading', thread, failures });
const ready = (failures = 0): ReplicaState => ({ phase: 'ready', thread, runner, failures });
const failed = (failures: number, retryAtMs: number): ReplicaState => ({
  phase: 'failed',
  reason: 'exit 1',
  failures,
  retryAtMs,
});
const quarantined = (failures: number, retryAtMs?: number): ReplicaState => ({
  phase: 'quarantined',
  reason: 'exit 1',
  failures,
  retryAtMs,
});
const draining: ReplicaState = { phase: 'draining', thread };

const crash: ReplicaEvent = { kind: 'failed', thread, reason: 'exit 1', nowMs: 1_000 };
const quarantine: ReplicaEvent = { kind: 'quarantine', reason: 'exit 1', retryAtMs: undefined };
const closed: ReplicaEvent = { kind: 'closed' };
const drain: ReplicaEvent = { kind: 'drain' };
const served: ReplicaEvent = { kind: 'served', thread };
const start: ReplicaEvent = { kind: 'start', thread };
const warmed: ReplicaEvent = { kind: 'warmed', thread, runner };

describe('a replica', () => {
  const table: readonly [string, ReplicaState, ReplicaEvent, ReplicaState][] = [
    ['loads when it is due', failed(2, 900), start, loading(2)],
    ['loads from quarantine and remembers its failures', quarantined(9), start, loading(9)],
    ['is ready once warm, and remembers its failures', loading(2), warmed, ready(2)],
    ['has no failures in a row after a served batch', ready(2), served, ready(0)],
    [
      'is quarantined until its release when its first load fails',
      loading(0),
      crash,
      quarantined(1),
    ],
    ['is tried again after a crash', ready(0), crash, failed(1, 1_100)],
    ['is tried again later after the next crash', loading(1), crash, failed(2, 1_200)],
    ['is tried again after at most the longest back-off', loading(3), crash, failed(4, 1_500)],
    ['is quarantined after too many in a row', loading(4), crash, quarantined(5, 61_000)],
    ['is quarantined again after the next failure', loading(5), crash, quarantined(6, 61_000)],
    [
      'is quarantined while too many threads hang',
      ready(),
      { ...crash, isBarred: true },
      quarantined(1, 61_000),
    ],
    ['is quarantined from ready', ready(2), quarantine, quarantined(2)],
    ['is quarantined from loading', loading(), quarantine, quarantined(0)],
    [
      'is quarantined by an operator in place of a back-off',
      quarantined(3, 5),
      quarantine,
      quarantined(3),
    ],
    ['is closed when drained', draining, closed, { phase: 'closed' }],
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
    ['a late failure of a thread that was replaced', ready(), { ...crash, thread: other }],
    ['a warm-up that ends while draining', draining, warmed],
    ['a crash while draining', draining, crash],
    ['a second report of one crash', failed(1, 1_100), crash],
    ['a second drain', draining, drain],
    ['a drain after it is closed', { phase: 'closed' }, drain],
    ['a quarantine while draining', draining, quarantine],
    ['the end of a thread while it serves', ready(), closed],
    ['a start while ready', ready(), start],
    ['a run that ends on a thread that was replaced', ready(1), { ...served, thread: other }],
  ];
  test.each(unmoved)('ignores %s', (_name, state, event) => {
    expect(transition(state, event, backOff)).toBe(state);
  });
});
