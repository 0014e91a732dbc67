import { afterEach, expect, test } from '@jest/globals';
import { play, saturate } from '../../../../bench/suite/traffic/play.ts';
import { packMessage, Sender } from '../../../../bench/suite/traffic/sender.ts';
import { runSlowReaders } from '../../../../bench/suite/scenarios/slow-readers.ts';
import { RankError } from '../../../../src/base/errors.ts';
import { startTestServer, type TestServer } from '../../../support/serving/test-server.ts';

const message = packMessage({ query: 'q', candidates: [{ text: 'a' }, { text: 'bb' }] }, 20);

let server: TestServer;
let sender: Sender;
async function open(): Promise<void> {
  server = await startTestServer();
  sender = new Sender(server.address, 2);
  await sender.connect(10_000);
}
afterEach(async () => {
  sender.close();
  await server.close();
});

test('an open loop sends each request once under its own id, however the others end', async () => {
  await open();
  server.pipeline.holds = true;
  const playing = play(
    sender,
    'p',
    [0, 0, 1, 2].map((atMs) => ({ atMs, message, deadlineMs: 60_000 })),
  );
  await server.pipeline.arrived(4);
  const [first, second, third, last] = server.pipeline.ranked;
  first?.reply();
  second?.reply({ complete: false });
  third?.fail(new RankError('overloaded', 'full'));
  last?.fail(new RankError('internal', 'broken'));
  const ends = await playing;
  const ids = server.pipeline.ranked.map(({ request }) => request.requestId);
  expect(new Set(ids)).toEqual(new Set(['p-0', 'p-1', 'p-2', 'p-3']));
  expect(ends.map(({ id }) => id)).toEqual(['p-0', 'p-1', 'p-2', 'p-3']);
  const outcomes = ends.map(({ outcome }) => outcome);
  expect(outcomes.sort()).toEqual(['failed', 'partial', 'rejected', 'scored']);
  expect(ends.every(({ ends: count }) => count === 1)).toBe(true);
  expect(
    ends.every(({ dueAtMs, sentAtMs, endedAtMs }) => dueAtMs <= sentAtMs && sentAtMs <= endedAtMs),
  ).toBe(true);
});

test('unanswered requests end by the deadlines and cancellations of the plan', async () => {
  await open();
  server.pipeline.holds = true;
  const ends = await play(sender, 'p', [
    { atMs: 0, message, deadlineMs: 30 },
    { atMs: 0, message, deadlineMs: undefined, cancelAfterMs: 5 },
  ]);
  expect(ends.map(({ outcome }) => outcome)).toEqual(['expired', 'cancelled']);
});

test('a closed loop ends with every request that it sent', async () => {
  await open();
  const ends = await saturate(sender, 's', { messages: [message], inFlight: 3, seconds: 0.05 });
  expect(ends.length).toBeGreaterThanOrEqual(3);
  expect(server.pipeline.ranked).toHaveLength(ends.length);
  expect(new Set(ends.map(({ id }) => id)).size).toBe(ends.length);
});

test('slow readers account for every request: half are read late, half are cancelled', async () => {
  await open();
  const ends = await runSlowReaders(
    {
      address: server.address,
      name: 'slow',
      messages: [message],
      streams: 2,
      requests: 3,
      seconds: 0.05,
    },
    () => sender.nowMs(),
  );
  const outcomes = (stream: string) =>
    ends.filter(({ id }) => id.startsWith(stream)).map(({ outcome }) => outcome);
  expect(outcomes('slow-0')).toEqual(['scored', 'scored', 'scored']);
  expect(outcomes('slow-1')).toEqual(['cancelled', 'cancelled', 'cancelled']);
});
