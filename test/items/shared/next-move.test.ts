import { expect, test } from '@jest/globals';
import { type FollowView, type Move, nextMove } from '../../../src/items/shared/next-move.ts';

const pace = { gapMs: 10, everyMs: 1000 };
const following: FollowView = {
  nowMs: 1000,
  restUntilMs: 0,
  walkedAtMs: 950,
  hasPlace: true,
  needsWalk: false,
  lossyWalks: 0,
  isChecked: true,
};

test.each<[string, Partial<FollowView>, Move]>([
  ['follows', {}, { kind: 'follow' }],
  ['checks the stream first', { isChecked: false }, { kind: 'check' }],
  ['compares all at the start', { walkedAtMs: undefined, hasPlace: false }, { kind: 'walk' }],
  ['compares all when it lost its place', { hasPlace: false, isChecked: false }, { kind: 'walk' }],
  ['but not at once again', { hasPlace: false, walkedAtMs: 994 }, { kind: 'rest', untilMs: 1004 }],
  ['compares all when it missed some', { needsWalk: true }, { kind: 'walk' }],
  ['and follows until then', { needsWalk: true, walkedAtMs: 994 }, { kind: 'follow' }],
  ['waits longer where all was not had', { needsWalk: true, lossyWalks: 3 }, { kind: 'follow' }],
  ['but not without end', { needsWalk: true, lossyWalks: 99, walkedAtMs: 360 }, { kind: 'walk' }],
  ['compares all now and then', { walkedAtMs: 0 }, { kind: 'walk' }],
  ['rests after a failure', { restUntilMs: 1001 }, { kind: 'rest', untilMs: 1001 }],
  ['rests no longer than that', { restUntilMs: 1000 }, { kind: 'follow' }],
])('%s', (_, view, move) => {
  expect(nextMove({ ...following, ...view }, pace)).toEqual(move);
});
