import { describe, expect, test } from '@jest/globals';
import { createLoadMeter } from '../../src/observe/load-meter.ts';
import { batchRun, ended } from '../support/serving/events.ts';

function meterAt() {
  const time = { nowMs: 1_000_000, loopActiveMs: 0 };
  const meter = createLoadMeter({ nowMs: () => time.nowMs }, () => time.loopActiveMs);
  meter.tell(replica('cpu#0', 'ready'));
  return { time, meter };
}

const replica = (name: string, phase: 'ready' | 'failed') =>
  ({ kind: 'replica', replica: name, phase, reason: undefined }) as const;
const refused = ended({ outcome: 'rejected', reason: 'QUEUE_FULL' });

/** The weight that gRFC A58 makes of the report, with its usual penalty of 1. */
function weightOf({ meter }: ReturnType<typeof meterAt>): number {
  const { utilization, requestsPerSecond: rate, errorsPerSecond } = meter.read();
  return rate / (utilization + errorsPerSecond / rate);
}

/** `perSecond` requests for a minute, each running for `runMs`, in turns of 100 ms. */
function serve({ time, meter }: ReturnType<typeof meterAt>, perSecond: number, runMs: number) {
  for (let turn = 0; turn < 600; turn += 1) {
    time.nowMs += 100;
    meter.tell(batchRun({ runMs: (perSecond / 10) * runMs }));
    for (let i = 0; i < perSecond / 10; i++) {
      meter.tell(ended());
    }
  }
}

describe('createLoadMeter', () => {
  test('a server that has answered nothing has the weight of one request a second', () => {
    const idle = meterAt();
    expect(idle.meter.read().errorsPerSecond).toBe(0);
    expect(weightOf(idle)).toBe(1);
  });

  test('a replica that always runs is fully used, and one of two is half used', () => {
    const { time, meter } = meterAt();
    serve({ time, meter }, 10, 100);
    expect(meter.read().utilization).toBeCloseTo(1, 1);
    expect(meter.read().requestsPerSecond).toBeCloseTo(10, 0);
    meter.tell(replica('cpu#1', 'ready'));
    expect(meter.read().utilization).toBeCloseTo(0.5, 1);
    meter.tell(replica('cpu#1', 'failed'));
    expect(meter.read().utilization).toBeCloseTo(1, 1);
  });

  test('the load of a minute ago is forgotten', () => {
    const { time, meter } = meterAt();
    meter.tell(batchRun({ runMs: 5000 }));
    meter.tell(ended());
    expect(meter.read().utilization).toBeCloseTo(1);
    time.nowMs += 60_000;
    expect(meter.read().utilization).toBeLessThan(0.001);
  });

  test.each([
    ['a refusal for load', 'rejected', 'QUEUE_FULL', true],
    ['a late request', 'expired', 'DEADLINE_PASSED', true],
    ['a failure', 'failed', 'INTERNAL', true],
    ['a request with a fault', 'rejected', 'INVALID_REQUEST', false],
    ['a call that its client ended', 'cancelled', 'CANCELLED', false],
  ] as const)('%s, of outcome %s (%s), is an error: %s', (_, outcome, reason, isError) => {
    const { meter } = meterAt();
    meter.tell(batchRun({ runMs: 1000 }));
    meter.tell(ended());
    meter.tell(ended({ outcome, reason }));
    const { errorsPerSecond, requestsPerSecond } = meter.read();
    expect(errorsPerSecond / requestsPerSecond).toBeCloseTo(isError ? 1 / 2 : 0);
  });

  test('refusals for the model change nothing: balancers take them neither for answers nor errors', () => {
    const { meter } = meterAt();
    const before = meter.read();
    meter.tell(ended({ outcome: 'rejected', reason: 'WRONG_FINGERPRINT' }));
    expect(meter.read()).toEqual(before);
  });
});

describe('the weight that balancers make of it', () => {
  test.each([
    ['nearly idle', 1],
    ['half used', 5],
    ['full', 10],
  ])('is the rate that the server could answer when it is %s', (_how, perSecond) => {
    const server = meterAt();
    serve(server, 10 * perSecond, 10);
    expect(weightOf(server)).toBeCloseTo(100, 0);
  });

  test('stays when there is no traffic, though timers keep the main thread busy', () => {
    const server = meterAt();
    serve(server, 50, 10);
    for (let second = 0; second < 60; second++) {
      server.time.nowMs += 1000;
      server.time.loopActiveMs += 20;
      server.meter.read();
    }
    expect(weightOf(server)).toBeCloseTo(100, 0);
  });

  test('counts each ready replica', () => {
    const server = meterAt();
    for (let i = 1; i < 8; i++) {
      server.meter.tell(replica(`cpu#${i}`, 'ready'));
    }
    serve(server, 400, 10);
    expect(weightOf(server)).toBeCloseTo(800, 0);
  });

  test('does not grow with what the server refuses', () => {
    const [full, flooded] = [meterAt(), meterAt()];
    for (let minute = 0; minute < 1; minute++) {
      serve(full, 100, 10);
      serve(flooded, 100, 10);
    }
    for (let i = 0; i < 500; i++) {
      flooded.meter.tell(refused);
      flooded.meter.tell(ended({ outcome: 'rejected', reason: 'INVALID_REQUEST' }));
    }
    expect(flooded.meter.read().requestsPerSecond).toBeCloseTo(full.meter.read().requestsPerSecond);
    expect(weightOf(flooded)).toBeLessThan(0.7 * weightOf(full));
  });

  test('is at least half of that of a full server, however much the server refuses', () => {
    const [full, flooded] = [meterAt(), meterAt()];
    serve(full, 100, 10);
    serve(flooded, 100, 10);
    for (let i = 0; i < 1_000_000; i++) {
      flooded.meter.tell(refused);
    }
    expect(weightOf(flooded)).toBeGreaterThan(0.5 * weightOf(full));
  });

  test('falls to a tenth while all requests fail, and is whole again after a minute of answers', () => {
    const server = meterAt();
    const { time, meter } = server;
    serve(server, 50, 10);
    for (let second = 0; second < 60; second += 1) {
      time.nowMs += 1000;
      for (let i = 0; i < 30; i++) {
        meter.tell(ended({ outcome: 'failed', reason: 'REPLICA_FAILED' }));
      }
    }
    expect(weightOf(server)).toBeCloseTo(10, 0);
    for (let second = 0; second < 60; second += 1) {
      time.nowMs += 1000;
      meter.tell(batchRun({ runMs: 10 }));
      meter.tell(ended());
    }
    expect(weightOf(server)).toBeGreaterThan(90);
  });

  test('errors before the first answer do not keep requests away', () => {
    const server = meterAt();
    for (let i = 0; i < 100; i++) {
      server.meter.tell(ended({ outcome: 'expired', reason: 'DEADLINE_PASSED' }));
    }
    expect(weightOf(server)).toBe(1);
  });

  test('of a server whose answers all come from caches is large, but has a limit', () => {
    const server = meterAt();
    for (let turn = 0; turn < 600; turn += 1) {
      server.time.nowMs += 100;
      server.meter.tell(ended());
    }
    expect(weightOf(server)).toBeGreaterThan(1000);
    expect(weightOf(server)).toBeLessThan(10_000);
  });

  test('does not shrink with near-line work, which gives way to requests', () => {
    const [busy, alone] = [meterAt(), meterAt()];
    serve(busy, 50, 10);
    serve(alone, 50, 10);
    busy.meter.tell(batchRun({ runMs: 3000, isSpareWork: true }));
    expect(weightOf(busy)).toBeCloseTo(weightOf(alone), 6);
  });

  test('is of the main thread when that is busier than the replicas', () => {
    const server = meterAt();
    const { time } = server;
    for (let turn = 0; turn < 600; turn += 1) {
      // Most scores come from the cache: 100 requests a second take the main thread 8 ms each.
      time.loopActiveMs += 80;
      serveTurn(server);
    }
    expect(server.meter.read().utilization).toBeCloseTo(0.8, 1);
    expect(weightOf(server)).toBeCloseTo(125, -1);
  });
});

/** 100 ms of 100 requests a second, whose runs take a tenth of the time. */
function serveTurn({ time, meter }: ReturnType<typeof meterAt>): void {
  time.nowMs += 100;
  meter.tell(batchRun({ runMs: 10 }));
  for (let i = 0; i < 10; i++) {
    meter.tell(ended());
  }
}
