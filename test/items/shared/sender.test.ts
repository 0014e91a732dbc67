import { expect, test } from '@jest/globals';
import type { StampedRecord } from '../../../src/items/shared/local-records.ts';
import { mostWaiting, Sender } from '../../../src/items/shared/sender.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { openTestStore, putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function openSender() {
  const clock = new FakeClock();
  const local = await openTestStore(temporaryFolder(), { clock });
  const sent: string[][] = [];
  const valkey = { isDown: false };
  const push = (records: readonly StampedRecord[]) => {
    if (valkey.isDown) {
      return Promise.resolve(undefined);
    }
    sent.push(records.map(({ record }) => `${record.id} ${record.version}`));
    return Promise.resolve(records.length);
  };
  const sender = new Sender({
    local,
    remote: { push },
    wanted: () => undefined,
    clock,
    onOverflow: () => undefined,
  });
  return { local, clock, sender, sent, valkey };
}

test('sends what is stored now, in batches, and ids that are not stored never', async () => {
  const { local, sender, sent } = await openSender();
  const ids = Array.from({ length: 150 }, (_, i) => `k${i}`);
  await local.put(ids.map((id) => putOf(id)));
  await local.delete([{ id: 'k1', version: 4n }]);
  await sender.send([...ids, 'nobody']);
  expect(sent.map((batch) => batch.length)).toEqual([100, 50]);
  expect(sent[0]?.slice(0, 2)).toEqual(['k0 1', 'k1 4']);
  expect(sender.waiting).toBe(0);
});

test('long texts make small batches', async () => {
  const { local, sender, sent } = await openSender();
  await local.put(['a', 'b', 'c'].map((id) => putOf(id, 1, 'x'.repeat(100_000))));
  await sender.send(['a', 'b', 'c']);
  expect(sent).toEqual([['a 1', 'b 1'], ['c 1']]);
});

test('what is not sent is sent later, once, as it is then', async () => {
  const { local, clock, sender, sent, valkey } = await openSender();
  valkey.isDown = true;
  await local.put([putOf('a'), putOf('b')]);
  await sender.send(['a', 'b']);
  await local.put([putOf('a', 2)]);
  await sender.send(['a']);
  expect(sender.waiting).toBe(2);
  await clock.advance(1000);
  expect(sender.waiting).toBe(2);
  valkey.isDown = false;
  await clock.advance(1000);
  expect(sent.flat().sort()).toEqual(['a 2', 'b 1']);
  expect(sender.waiting).toBe(0);
});

test('what waits is bounded, and says when it overflows', async () => {
  let overflows = 0;
  const sender = new Sender({
    local: { stored: () => ({ kind: 'tombstone', version: 1n }), get: () => undefined },
    remote: { push: () => Promise.resolve(undefined) },
    wanted: () => undefined,
    clock: new FakeClock(),
    onOverflow: () => (overflows += 1),
  });
  await sender.send(Array.from({ length: mostWaiting }, (_, i) => `k${i}`));
  expect(sender.waiting).toBe(mostWaiting);
  expect(overflows).toBe(0);
  await sender.send(['k1', 'one more', 'another']);
  expect(sender.waiting).toBe(mostWaiting);
  expect(overflows).toBe(1);
});

test('what comes just as the sender ends is not left behind', async () => {
  const sender = new Sender({
    local: { stored: () => ({ kind: 'tombstone', version: 1n }), get: () => undefined },
    remote: { push: () => Promise.resolve(1) },
    wanted: () => undefined,
    clock: new FakeClock(),
    onOverflow: () => undefined,
  });
  for (let ticks = 0; ticks < 12; ticks += 1) {
    const first = sender.send(['a']);
    for (let tick = 0; tick < ticks; tick += 1) {
      await Promise.resolve();
    }
    await Promise.all([first, sender.send(['b'])]);
    expect(sender.waiting).toBe(0);
  }
});

test('a closed sender sends nothing later', async () => {
  const { local, clock, sender, sent, valkey } = await openSender();
  valkey.isDown = true;
  await local.put([putOf('a')]);
  await sender.send(['a']);
  await sender.close();
  valkey.isDown = false;
  await clock.advance(5000);
  expect(sent).toEqual([]);
});
