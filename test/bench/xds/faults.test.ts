import { expect, test } from '@jest/globals';
import { findFaults } from '../../../bench/xds/faults.ts';

const servers = ['fast', 'gone', 'slow'];
const removal = { gone: 'gone', warmMs: 1000, removedAtMs: 5000, knownAtMs: 6000 };
const call = (server: string, dueAtMs: number, status = 'OK') => ({
  server,
  dueAtMs,
  sentAtMs: dueAtMs,
  endedAtMs: dueAtMs + 10,
  status,
  message: 0,
});
const balanced = [
  ...[1000, 2000, 3000].map((atMs) => call('fast', atMs)),
  call('gone', 1500),
  call('slow', 1200),
];

test('calls by speed, and none after the removal, have no fault', () => {
  const ends = [...balanced, call('gone', 5500), call('fast', 7000)];
  expect(findFaults(ends, servers, removal)).toEqual([]);
});

test.each([
  [[call('slow', 3500, 'UNAVAILABLE')], ['a call due at 3500 ms ended UNAVAILABLE']],
  [[call('gone', 6001)], ['gone got 1 calls after it was taken out']],
])('%j is a fault', (more, faults) => {
  expect(findFaults([...balanced, ...more], servers, removal)).toEqual(
    expect.arrayContaining(faults),
  );
});

test('equal shares are a fault, and so is a server without calls', () => {
  const ends = [call('fast', 2000), call('slow', 3000)];
  expect(findFaults(ends, servers, removal)).toEqual([
    'the fast server got 1 calls and the slow one 1, of three times the run time',
    'gone got no call before it was taken out',
  ]);
});
