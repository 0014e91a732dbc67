import { expect, test } from '@jest/globals';
import { FleetScores } from '../../../src/cache/fleet/fleet-scores.ts';
import type { CallLimits, ValkeyEntry } from '../../../src/valkey/valkey.ts';
import { FakeClock, settle } from '../../support/fakes/clock.ts';
import { fakeScore } from '../../support/fakes/shared-scores.ts';

const secret = 's'.repeat(32);

/** A server of values in this process, and servers of the fleet that use it. */
function setUp() {
  const clock = new FakeClock();
  const values = new Map<string, Buffer>();
  const asked: { keys: readonly string[]; limits: CallLimits }[] = [];
  const told: number[] = [];
  const valkey = {
    mayAnswer: true,
    get: (
      keys: readonly string[],
      limits: CallLimits,
    ): Promise<readonly (Buffer | null)[] | undefined> => {
      asked.push({ keys, limits });
      return Promise.resolve(keys.map((key) => values.get(key) ?? null));
    },
    set: (entries: readonly ValkeyEntry[], { ttlMs }: { readonly ttlMs: number }) => {
      expect(ttlMs).toBe(1000);
      entries.forEach(({ key, value }) => values.set(key, value));
      return Promise.resolve(true);
    },
  };
  const open = (other = secret) =>
    new FleetScores({
      valkey,
      secret: other,
      ttlMs: 1000,
      timeoutMs: 10,
      clock,
      onBad: (count) => told.push(count),
    });
  const call = (leftMs = Number.POSITIVE_INFINITY) => ({
    deadlineAtMs: clock.nowMs() + leftMs,
    signal: new AbortController().signal,
    partialOk: false,
    priority: 'interactive' as const,
  });
  const publish = async (fleet: FleetScores, keys: readonly string[]) => {
    fleet.publish(new Map(keys.map((key) => [key, fakeScore(key)])));
    await clock.advance(5);
  };
  return { clock, values, asked, told, valkey, open, call, publish };
}

/** Keys are digests with one character a byte. */
const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter + '\u00ff'.repeat(31)) as [
  string,
  string,
  string,
];

test('what one server publishes, another finds, bit for bit', async () => {
  const { open, call, publish, values } = setUp();
  const [one, other] = [open(), open()];
  await publish(one, [a, b]);
  const found = await other.find([c, b, a], call());
  expect(found).toEqual(
    new Map([
      [b, fakeScore(b)],
      [a, fakeScore(a)],
    ]),
  );
  expect(one.counts).toMatchObject({ written: 2, dropped: 0 });
  expect(other.counts).toMatchObject({ hits: 2, misses: 1, bad: 0 });
  const form = /^slmrank:score1:[A-Za-z0-9_-]{43}$/;
  expect([...values.keys()].every((key) => form.test(key))).toBe(true);
});

test('a request waits a tenth of its time, ten milliseconds at most, or does not ask', async () => {
  const { open, call, asked } = setUp();
  await open().find([a], call());
  await open().find([a], call(50));
  expect(open().find([a], call(9))).toBeUndefined();
  expect(asked.map(({ limits }) => limits.timeoutMs)).toEqual([10, 5]);
});

test('nobody is asked, and nothing sent, when there is no use in it', async () => {
  const { open, call, publish, values, valkey } = setUp();
  valkey.mayAnswer = false;
  const fleet = open();
  expect(fleet.find([a], call())).toBeUndefined();
  await publish(fleet, [a]);
  expect(values.size).toBe(0);
});

test('candidates that cannot be scored are not published', async () => {
  const { open, values, clock } = setUp();
  const bad = { reason: 'BLANK', field: 'text', description: 'has nothing to read' } as const;
  open().publish(new Map([[a, { ...fakeScore(a), yes: 0, no: 0, bad }]]));
  await clock.advance(5);
  expect(values.size).toBe(0);
});

test('no answer finds nothing', async () => {
  const { open, call, valkey } = setUp();
  valkey.get = () => Promise.resolve(undefined);
  const fleet = open();
  expect(await fleet.find([a], call())).toEqual(new Map());
  expect(fleet.counts).toMatchObject({ hits: 0, misses: 0, bad: 0 });
});

test('a value that was moved, changed or made without the secret is not used', async () => {
  const { open, call, publish, values, told } = setUp();
  const fleet = open();
  await publish(fleet, [a, b, c]);
  const [keyA, keyB, keyC] = [...values.keys()] as [string, string, string];
  const [valueA, valueB] = [values.get(keyA), values.get(keyB)] as [Buffer, Buffer];
  values.set(keyA, valueB).set(keyB, valueA);
  values.set(keyC, Buffer.alloc(valueA.length));
  expect(await fleet.find([a, b, c], call())).toEqual(new Map());
  expect(fleet.counts).toMatchObject({ hits: 0, misses: 0, bad: 3 });
  expect(told).toEqual([3]);
});

test('a server with another secret has other keys, and believes none of these values', async () => {
  const { open, call, publish } = setUp();
  const [fleet, stranger] = [open(), open('t'.repeat(32))];
  expect(open().salt).toBe(fleet.salt);
  expect(stranger.salt).not.toBe(fleet.salt);
  await publish(stranger, [a]);
  expect((await fleet.find([a], call()))?.size).toBe(0);
  expect(fleet.counts.bad).toBe(1);
});

test('bad values are reported at most once a minute, with their number', async () => {
  const { open, call, publish, values, clock, told } = setUp();
  const fleet = open();
  await publish(fleet, [a]);
  values.forEach((_, key) => values.set(key, Buffer.from('lie')));
  for (let n = 0; n < 4; n += 1) {
    await fleet.find([a], call());
  }
  expect(told).toEqual([1]);
  await clock.advance(60_000);
  await fleet.find([a], call());
  expect(told).toEqual([1, 4]);
});

test.each([
  ['too few', [null]],
  ['too many', [null, null, null]],
  ['a number', 5],
  ['nothing', null],
  ['a text of as many bytes', Buffer.from('ab')],
  ['lists in place of values', [[], [null]]],
])('an answer that is %s finds nothing', async (_, answer) => {
  const { open, call, valkey } = setUp();
  valkey.get = () => Promise.resolve(answer as unknown as Buffer[]);
  expect(await open().find([a, b], call())).toEqual(new Map());
  await settle();
});
