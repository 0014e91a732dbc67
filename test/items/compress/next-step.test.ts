import { expect, test } from '@jest/globals';
import { nextStep, type Step, type WorkView } from '../../../src/items/compress/next-step.ts';

const view: WorkView = {
  running: 1,
  mostRunning: 4,
  hasStale: true,
  isSpare: true,
  restUntilMs: 0,
  nowMs: 1000,
};

test.each<[string, Partial<WorkView>, Step]>([
  ['there is capacity', {}, { kind: 'take', items: 3 }],
  ['all places are taken', { running: 4 }, { kind: 'sleep' }],
  ['nothing is stale', { hasStale: false }, { kind: 'sleep' }],
  ['requests need the capacity', { isSpare: false }, { kind: 'look-again', atMs: 1025 }],
  ['it rests', { restUntilMs: 6000 }, { kind: 'look-again', atMs: 6000 }],
  ['it has rested', { restUntilMs: 1000 }, { kind: 'take', items: 3 }],
  ['it rests with nothing to do', { restUntilMs: 6000, hasStale: false }, { kind: 'sleep' }],
])('when %s', (_when, change, step) => {
  expect(nextStep({ ...view, ...change })).toEqual(step);
});
