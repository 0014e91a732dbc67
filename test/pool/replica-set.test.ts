import { describe, expect, test } from '@jest/globals';
import type { DeviceSlot } from '../../src/config/config.ts';
import { parseDeviceSlots } from '../../src/config/device-slots.ts';
import { Replica } from '../../src/pool/replica.ts';
import { ReplicaSet } from '../../src/pool/replica-set.ts';
import { FakeClock, settle } from '../support/fakes/clock.ts';
import { FakeThread } from '../support/fakes/thread.ts';

/** A set whose threads load when the test answers; `threads` has the newest of each slot. */
function setUp(devices: string) {
  const clock = new FakeClock();
  const threads = new Map<string, FakeThread>();
  const open = (slot: DeviceSlot) =>
    new Replica(slot, {
      openThread: (onGone) => {
        const thread = new FakeThread(onGone);
        threads.set(slot.name, thread);
        return thread;
      },
      warmUps: [],
      backOff: { firstMs: 100, mostMs: 500, failures: 2, quarantineMs: 60_000 },
      clock,
      predictMs: () => 5,
      onPhase: () => undefined,
      onWarmUp: () => undefined,
    });
  const set = new ReplicaSet(parseDeviceSlots(devices), open);
  const thread = (slot: string) => threads.get(slot) ?? new FakeThread(() => undefined);
  const load = async (...slots: string[]) => {
    slots.forEach((slot) => thread(slot).answer({ kind: 'loaded' }));
    await settle();
  };
  const refuse = async (slot: string, message: string) => {
    thread(slot).answer({ kind: 'failed', message, fault: 'batch' });
    await settle();
  };
  const offered = () => set.offer().runners.map(({ name }) => name);
  const phases = () => set.describe().map(({ deviceSlot, phase }) => `${deviceSlot} ${phase}`);
  return { clock, set, threads, thread, load, refuse, offered, phases };
}

async function setUpWarm(devices: string) {
  const parts = setUp(devices);
  const warm = parts.set.warm();
  await parts.load(...parts.set.slots.map(({ name }) => name));
  await warm;
  return parts;
}

test('offers the ready replicas and counts those that are loading', async () => {
  const { set, thread, load, offered } = setUp('cpu:2');
  const warm = set.warm();
  await load('cpu#1');
  expect(set.offer()).toMatchObject({ runners: [{ name: 'cpu#1' }], coming: 1 });
  await load('cpu#0');
  await warm;
  expect(offered()).toEqual(['cpu#0', 'cpu#1']);
  thread('cpu#1').crash('exit 1');
  expect(set.offer()).toMatchObject({ runners: [{ name: 'cpu#0' }], coming: 1 });
  await set.drain();
  expect(set.offer()).toEqual({ runners: [], coming: 0 });
});

describe('a resize', () => {
  test('routes to a new replica only when it is warm', async () => {
    const { set, load, offered } = await setUpWarm('cpu:1');
    const resized = set.resize(parseDeviceSlots('cpu:3'));
    await settle();
    expect(offered()).toEqual(['cpu#0']);
    await load('cpu#2');
    expect(offered()).toEqual(['cpu#0', 'cpu#2']);
    await load('cpu#1');
    await resized;
    expect(offered()).toEqual(['cpu#0', 'cpu#1', 'cpu#2']);
  });

  test('closes removed slots while the others continue to serve', async () => {
    const { set, thread, offered, phases } = await setUpWarm('cpu:3');
    await set.resize(parseDeviceSlots('cpu:1'));
    expect(offered()).toEqual(['cpu#0']);
    expect(phases()).toEqual(['cpu#0 ready']);
    expect([thread('cpu#0').end, thread('cpu#1').end, thread('cpu#2').end]).toEqual([
      undefined,
      'closed',
      'closed',
    ]);
  });

  test('replaces a slot with another number of threads, and loads the new one first', async () => {
    const { set, thread, load } = await setUpWarm('cpu:1');
    const old = thread('cpu#0');
    const resized = set.resize(parseDeviceSlots('cpu:1x2'));
    await settle();
    expect(old.end).toBeUndefined();
    await load('cpu#0');
    await resized;
    expect(old.end).toBe('closed');
    expect(set.slots).toEqual(parseDeviceSlots('cpu:1x2'));
  });

  test('that does not load changes nothing', async () => {
    const { set, thread, load, refuse, phases } = await setUpWarm('cpu:1');
    const resized = set.resize(parseDeviceSlots('cpu:3'));
    resized.catch(() => undefined);
    await settle();
    await load('cpu#1');
    await refuse('cpu#2', 'no memory');
    await expect(resized).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'cpu#2 did not load: no memory',
    });
    expect(phases()).toEqual(['cpu#0 ready']);
    expect(thread('cpu#1').end).toBe('closed');
  });

  test('waits for an earlier resize', async () => {
    const { set, load, phases } = await setUpWarm('cpu:1');
    const first = set.resize(parseDeviceSlots('cpu:2'));
    const second = set.resize(parseDeviceSlots('cpu:1'));
    await settle();
    expect(phases()).toEqual(['cpu#0 ready', 'cpu#1 loading']);
    await load('cpu#1');
    await Promise.all([first, second]);
    expect(phases()).toEqual(['cpu#0 ready']);
  });

  test('is refused while the set drains', async () => {
    const { set } = await setUpWarm('cpu:1');
    await set.drain();
    await expect(set.resize(parseDeviceSlots('cpu:2'))).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });
});

describe('one slot', () => {
  test('is drained for good', async () => {
    const { set, thread, phases } = await setUpWarm('cpu:2');
    await set.drainReplica('cpu#0');
    expect(thread('cpu#0').end).toBe('closed');
    expect(phases()).toEqual(['cpu#1 ready']);
  });

  test('is quarantined and released', async () => {
    const { set, load, offered, phases } = await setUpWarm('cpu:2');
    await set.quarantine('cpu#1', 'too hot');
    expect(offered()).toEqual(['cpu#0']);
    expect(phases()).toEqual(['cpu#0 ready', 'cpu#1 quarantined']);
    expect(set.describe()[1]?.reason).toBe('too hot');
    const released = set.release('cpu#1');
    await load('cpu#1');
    await released;
    expect(offered()).toEqual(['cpu#0', 'cpu#1']);
  });

  test('fails to be released with the reason when it does not load', async () => {
    const { set, refuse } = await setUpWarm('cpu:2');
    await set.quarantine('cpu#1', 'too hot');
    const released = set.release('cpu#1');
    released.catch(() => undefined);
    await refuse('cpu#1', 'no memory');
    await expect(released).rejects.toMatchObject({ message: 'cpu#1 did not load: no memory' });
  });

  test.each(['drainReplica', 'quarantine'] as const)(
    'stays when it is the last: %s',
    async (how) => {
      const { set, phases } = await setUpWarm('cpu:2');
      await set.quarantine('cpu#1', 'too hot');
      await expect(set[how]('cpu#0', 'reason')).rejects.toMatchObject({
        kind: 'failed-precondition',
        message: 'no replica besides cpu#0 is ready',
      });
      expect(phases()[0]).toBe('cpu#0 ready');
    },
  );

  test.each(['drainReplica', 'quarantine', 'release'] as const)(
    'has to be there: %s',
    async (how) => {
      const { set } = await setUpWarm('cpu:2');
      await expect(set[how]('cuda:7', 'reason')).rejects.toMatchObject({
        kind: 'not-found',
        message: "no replica runs on 'cuda:7'; there are cpu#0, cpu#1",
        violations: [{ field: 'slot' }],
      });
    },
  );
});
