import { expect, test } from '@jest/globals';
import { describeSilence } from '../../../bench/silent/silence.ts';

const end = (dueAtMs: number, status = 'OK') => ({
  dueAtMs,
  sentAtMs: dueAtMs,
  endedAtMs: dueAtMs + 10,
  status,
  server: 'a:1',
  message: 0,
});
const span = { fromMs: 1000, toMs: 3000 };

test('counts the failed calls of the silence, and those after it', () => {
  const ends = [
    end(500),
    end(1000, 'DEADLINE_EXCEEDED'),
    end(1500),
    end(2500, 'UNAVAILABLE'),
    end(2900),
    end(3000, 'DEADLINE_EXCEEDED'),
  ];
  expect(describeSilence(ends, span)).toEqual({
    calls: 4,
    failed: 2,
    lastFailedSeconds: 1.5,
    failedLater: 1,
    statuses: { DEADLINE_EXCEEDED: 2, UNAVAILABLE: 1 },
  });
});

test('without failures there is no last one', () => {
  expect(describeSilence([end(1200)], span)).toMatchObject({
    failed: 0,
    lastFailedSeconds: undefined,
  });
});
