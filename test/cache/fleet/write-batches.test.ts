import { expect, test } from '@jest/globals';
import { createDeferred } from '../../../src/base/deferred.ts';
import { mostWaiting, WriteBatches } from '../../../src/cache/fleet/write-batches.ts';
import type { ValkeyEntry } from '../../../src/valkey/valkey.ts';
import { FakeClock, settle } from '../../support/fakes/clock.ts';

const entries = (count: number): ValkeyEntry[] =>
  Array.from({ length: count }, (_, n) => ({ key: `${n}`, value: Buffer.from('v') }));

function setUp() {
  const clock = new FakeClock();
  const sent: number[] = [];
  const valkey = {
    mayAnswer: true,
    answer: () => Promise.resolve(true),
    set: (batch: readonly ValkeyEntry[]) => {
      sent.push(batch.length);
      return valkey.answer();
    },
  };
  return { clock, sent, valkey, writes: new WriteBatches(valkey, 1000, clock) };
}

test('entries of several requests are one batch after five milliseconds', async () => {
  const { clock, sent, writes } = setUp();
  writes.add(entries(3));
  await clock.advance(4);
  writes.add(entries(2));
  expect(sent).toEqual([]);
  await clock.advance(1);
  expect(sent).toEqual([5]);
  expect(writes).toMatchObject({ written: 5, dropped: 0 });
});

test('many entries are several batches, one at a time', async () => {
  const { clock, sent, valkey, writes } = setUp();
  const first = createDeferred<boolean>();
  valkey.answer = () => first.promise;
  writes.add(entries(1200));
  await clock.advance(5);
  expect(sent).toEqual([500]);
  valkey.answer = () => Promise.resolve(true);
  first.resolve(true);
  await settle();
  expect(sent).toEqual([500, 500, 200]);
  writes.add(entries(1));
  await clock.advance(5);
  expect(writes.written).toBe(1201);
});

test('what finds no room, or no server, is dropped and counted', async () => {
  const { clock, valkey, writes } = setUp();
  const never = createDeferred<boolean>();
  valkey.answer = () => never.promise;
  writes.add(entries(mostWaiting + 7));
  expect(writes.dropped).toBe(7);
  await clock.advance(5);
  writes.add(entries(501));
  expect(writes.dropped).toBe(8);
  valkey.mayAnswer = false;
  writes.add(entries(10));
  expect(writes.dropped).toBe(18);
});

test('what the server did not take is dropped, and the next batch is still sent', async () => {
  const { clock, sent, valkey, writes } = setUp();
  valkey.answer = () => Promise.resolve(false);
  writes.add(entries(4));
  await clock.advance(5);
  expect(writes).toMatchObject({ written: 0, dropped: 4 });
  valkey.answer = () => Promise.resolve(true);
  writes.add(entries(4));
  await clock.advance(5);
  expect(writes).toMatchObject({ written: 4, dropped: 4 });
  expect(sent).toEqual([4, 4]);
});
