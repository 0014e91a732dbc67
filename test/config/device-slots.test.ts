import { expect, test } from '@jest/globals';
import {
  countSlots,
  likeSlots,
  parseDeviceSlots,
  providerOf,
} from '../../src/config/device-slots.ts';

test.each([
  ['cpu:2', 3, 'cpu:3'],
  ['cpu:1x4', 2, 'cpu:2x4'],
  ['cuda:0', 2, 'cuda:0*2'],
  ['cuda:0,cuda:2', 5, 'cuda:0*3,cuda:2*2'],
  ['cuda:0*2,cuda:1', 1, 'cuda:0*1'],
])('like %s, %i slots are %s', (slots, count, expected) => {
  expect(likeSlots(parseDeviceSlots(slots), count)).toEqual(parseDeviceSlots(expected));
});

test.each([0, 257])('%i slots are refused', (count) => {
  expect(() => likeSlots(parseDeviceSlots('cpu:1'), count)).toThrow(
    /^\d+ replicas; allowed 1 to 256$/,
  );
});

test.each([
  ['cuda:0', 'cuda:0*3'],
  ['cuda:0*1', 'cuda:0*1'],
  ['cuda:0*2,cuda:1', 'cuda:0*2,cuda:1*3'],
  ['cpu:2', 'cpu:2'],
])('three slots on each GPU of %s without a number are %s', (slots, expected) => {
  expect(countSlots(parseDeviceSlots(slots), 3)).toEqual(parseDeviceSlots(expected));
});

test.each([
  ['cpu:2', 'cpu'],
  ['cuda:0*2,cuda:1', 'cuda'],
] as const)('slots %s are of %s', (slots, provider) => {
  expect(providerOf(parseDeviceSlots(slots))).toBe(provider);
});

test('no slots are of cpu', () => {
  expect(providerOf([])).toBe('cpu');
});
