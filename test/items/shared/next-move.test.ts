import { expect, test } from '@jest/globals';
import { type FollowView, type Move, nextMove } from '../../../src/items/shared/next-move.ts';

const pace = { gapMs: 10, everyMs: 100 };
const following: FollowView = {
  nowMs: 1000,
  restUntilMs: 0,
  walkedAtMs: 950,
  needsWalk: false,
  isChecked: true,
};

test.each<[string, Partial<FollowView>, Move]>([
  ['follows', {}, { kind: 'follow' }],
  ['checks the stream first', { isChecked: false }, { kind: 'check' }],
  ['compares all at the start', { walkedAtMs: undefined, needsWalk: true }, { kind: 'walk' }],
  ['compares all after a gap', { needsWalk: true, isChecked: false }, { kind: 'walk' }],
  ['but not at once again', { needsWalk: true, walkedAtMs: 994 }, { kind: 'rest', untilMs: 1004 }],
  ['compares all now and then', { walkedAtMs: 900 }, { kind: 'walk' }],
  ['rests after a failure', { restUntilMs: 1001 }, { kind: 'rest', untilMs: 1001 }],
  ['rests no longer than that', { restUntilMs: 1000 }, { kind: 'follow' }],
])('%s', (_, view, move) => {
  expect(nextMove({ ...following, ...view }, pace)).toEqual(move);
});
