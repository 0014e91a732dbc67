import { afterEach, expect, test } from '@jest/globals';
import { Follower, type FollowerParts } from '../../../src/items/shared/follower.ts';
import { bareRecipe } from '../../../src/items/shared/stamp.ts';
import { FakeClock, settle } from '../../support/fakes/clock.ts';

const followers: Follower[] = [];
afterEach(async () => {
  await Promise.all(followers.splice(0).map((follower) => follower.close()));
});

const stamp = `${'0'.repeat(19)}10${'a'.repeat(32)}${bareRecipe}`;

/** A stream of so many changes, and a follower of a store without items. */
function openFollower(parts: Partial<FollowerParts['remote']> = {}) {
  const clock = new FakeClock();
  const stream = { changes: 0, isLost: false, isDown: false };
  const losses = { lost: 0 };
  const taken: string[] = [];
  const behind: (number | undefined)[] = [];
  const calls: string[] = [];
  const answer = <Answer>(name: string, value: Answer): Promise<Answer | undefined> => {
    calls.push(name);
    return Promise.resolve(stream.isDown ? undefined : value);
  };
  const follower: Follower = new Follower({
    local: {
      stored: () => ({ kind: 'nothing' }),
      get: () => undefined,
      ids: () => [],
      merge: () => Promise.resolve([]),
    },
    remote: {
      stamps: () => answer('stamps', []),
      page: () => answer('page', { cursor: '0', stamps: new Map() }),
      push: () => answer('push', 0),
      end: () => answer('end', { entry: `${stream.changes}-0`, changes: stream.changes }),
      check: ({ changes }) =>
        answer('check', {
          isThere: !stream.isLost && changes <= stream.changes,
          changes: stream.changes,
        }),
      changes: ({ changes }) => {
        const left = Array.from({ length: Math.min(stream.changes - changes, 100) }, (_, i) => ({
          entry: `${changes + i + 1}-0`,
          changes: changes + i + 1,
          id: `k${changes + i + 1}`,
          stamp,
        }));
        return answer('changes', left);
      },
      ...parts,
    },
    taker: Object.assign(losses, {
      take: (stamps: ReadonlyMap<string, string>) => {
        taken.push(...stamps.keys());
        behind.push(follower.behind);
        return Promise.resolve(stream.isDown ? undefined : stamps.size);
      },
    }),
    wanted: () => undefined,
    clock,
    pace: { gapMs: 5000, everyMs: 3_600_000 },
  });
  followers.push(follower);
  return { follower, clock, stream, losses, taken, behind, calls };
}

test('it compares all items first, and takes the changes behind that', async () => {
  const { follower, clock, stream, taken } = openFollower();
  stream.changes = 7;
  expect(follower.behind).toBeUndefined();
  follower.walk();
  await settle();
  expect(follower).toMatchObject({ walks: 1 });
  stream.changes = 9;
  await clock.advance(600);
  expect(taken).toEqual(['k8', 'k9']);
  expect(follower.behind).toBe(0);
  expect(follower.walks).toBe(1);
});

test('changes come a hundred at a time, and it knows how many are left', async () => {
  const { follower, clock, stream, taken, behind } = openFollower();
  follower.walk();
  await settle();
  stream.changes = 250;
  await clock.advance(600);
  expect(taken).toHaveLength(250);
  expect([...behind, follower.behind]).toEqual([undefined, 250, 150, 50, 0]);
});

test.each<[string, (stream: { changes: number; isLost: boolean }) => void]>([
  ['that is lost', (stream) => (stream.isLost = true)],
  ['that begins anew', (stream) => (stream.changes = 3)],
])('a stream %s has it compare all items again', async (_, change) => {
  const { follower, clock, stream } = openFollower();
  stream.changes = 7;
  follower.walk();
  await settle();
  await clock.advance(10);
  change(stream);
  await clock.advance(6000);
  expect(follower.walks).toBe(2);
});

test('a gap in the changes has it compare all items again', async () => {
  const { follower, clock, taken } = openFollower({
    changes: () => Promise.resolve([{ entry: '5-0', changes: 5, id: 'k5', stamp }]),
  });
  follower.walk();
  await settle();
  await clock.advance(4000);
  expect(follower.walks).toBe(1);
  await clock.advance(2000);
  expect(follower.walks).toBe(2);
  expect(taken).toEqual([]);
});

test('without an answer it asks once a second, and loses no change', async () => {
  const { follower, clock, stream, taken, calls } = openFollower();
  stream.isDown = true;
  follower.walk();
  await settle();
  await clock.advance(3500);
  expect(calls).toEqual(['end', 'end', 'end', 'end']);
  stream.isDown = false;
  await clock.advance(1000);
  stream.changes = 1;
  stream.isDown = true;
  await clock.advance(2000);
  stream.isDown = false;
  await clock.advance(2000);
  expect(new Set(taken)).toEqual(new Set(['k1']));
  expect(follower).toMatchObject({ walks: 1, behind: 0 });
});

test('answers without changes that come at once do not keep it busy', async () => {
  const { follower, clock, calls } = openFollower();
  follower.walk();
  await settle();
  await clock.advance(10_000);
  expect(calls.filter((name) => name === 'changes').length).toBeLessThanOrEqual(21);
});

test('records that are lost have it compare all items, ever more rarely while they are', async () => {
  let isLossy = true;
  const { follower, clock, losses } = openFollower({
    page: () => {
      losses.lost += isLossy ? 1 : 0;
      return Promise.resolve({ cursor: '0', stamps: new Map() });
    },
  });
  follower.walk();
  await settle();
  await clock.advance(100_000);
  expect(follower.walks).toBeGreaterThan(2);
  expect(follower.walks).toBeLessThan(6);
  isLossy = false;
  await clock.advance(100_000);
  const { walks } = follower;
  await clock.advance(100_000);
  expect(follower.walks).toBe(walks);
});
