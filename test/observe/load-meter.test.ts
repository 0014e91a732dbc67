import { describe, expect, test } from '@jest/globals';
import { createLoadMeter } from '../../src/observe/load-meter.ts';
import { batchRun, ended } from '../support/serving/events.ts';

function meterAt() {
  const time = { nowMs: 1_000_000 };
  return { time, meter: createLoadMeter({ nowMs: () => time.nowMs }) };
}

const replica = (name: string, phase: 'ready' | 'failed') =>
  ({ kind: 'replica', replica: name, phase, reason: undefined }) as const;

describe('createLoadMeter', () => {
  test('without requests there is no load', () => {
    expect(meterAt().meter.read()).toEqual({
      utilization: 0,
      requestsPerSecond: 0,
      errorsPerSecond: 0,
    });
  });

  test('a replica that always runs is fully used, and one of two is half used', () => {
    const { time, meter } = meterAt();
    meter.tell(replica('cpu#0', 'ready'));
    for (let run = 0; run < 600; run += 1) {
      time.nowMs += 100;
      meter.tell(batchRun({ runMs: 100 }));
      meter.tell(ended());
    }
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
    expect(meter.read().utilization).toBeCloseTo(1);
    time.nowMs += 60_000;
    expect(meter.read().utilization).toBeLessThan(0.001);
  });

  test('faults of the server are errors, and faults of the caller are not', () => {
    const { meter } = meterAt();
    meter.tell(ended({ outcome: 'rejected', reason: 'QUEUE_FULL' }));
    meter.tell(ended({ outcome: 'expired', reason: 'DEADLINE_PASSED' }));
    meter.tell(ended({ outcome: 'failed', reason: 'INTERNAL' }));
    expect(meter.read().errorsPerSecond).toBeCloseTo(3 / 5);
    meter.tell(ended({ outcome: 'rejected', reason: 'INVALID_REQUEST' }));
    meter.tell(ended({ outcome: 'cancelled', reason: 'CANCELLED' }));
    meter.tell(ended());
    expect(meter.read().errorsPerSecond).toBeCloseTo(3 / 5);
    expect(meter.read().requestsPerSecond).toBeCloseTo(6 / 5);
  });

  test('refusals for the model are no load: balancers must not take them for fast requests', () => {
    const { meter } = meterAt();
    meter.tell(ended({ outcome: 'rejected', reason: 'WRONG_FINGERPRINT' }));
    expect(meter.read()).toMatchObject({ requestsPerSecond: 0, errorsPerSecond: 0 });
  });
});
