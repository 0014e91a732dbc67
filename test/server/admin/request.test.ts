import { describe, expect, test } from '@jest/globals';
import { parseDeviceSlots } from '../../../src/config/device-slots.ts';
import {
  parseFolder,
  parseLogLevel,
  parseReason,
  parseReplicaTarget,
  parseSlot,
} from '../../../src/server/admin/request.ts';

const slots = parseDeviceSlots('cpu:2');

test('a target is a list of devices, or a number of slots like the present ones', () => {
  const devices = parseReplicaTarget({ target: 'devices', devices: 'cpu:1x2' }, slots);
  expect(devices).toMatchObject([{ name: 'cpu#0', threads: 2 }]);
  const counted = parseReplicaTarget({ target: 'count', count: 3 }, slots);
  expect(counted.map(({ name }) => name)).toEqual(['cpu#0', 'cpu#1', 'cpu#2']);
});

test('an empty reason has a default', () => {
  expect([parseReason(''), parseReason('too hot')]).toEqual(['by an operator', 'too hot']);
});

describe('a refusal names the field', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['target', () => parseReplicaTarget({}, slots), /is missing: devices or count/],
    [
      'devices',
      () => parseReplicaTarget({ target: 'devices', devices: 'tpu' }, slots),
      /'tpu' is not a device slot/,
    ],
    [
      'count',
      () => parseReplicaTarget({ target: 'count', count: 0 }, slots),
      /0 replicas; allowed 1 to 256/,
    ],
    ['slot', () => parseSlot(''), /is empty; a device slot such as 'cpu#0' is needed/],
    ['reason', () => parseReason('x'.repeat(201)), /has 201 characters; at most 200/],
    ['folder', () => parseFolder(''), /has to be the built model's folder/],
    ['folder', () => parseFolder('x'.repeat(4097)), /1 to 4096 characters/],
    ['folder', () => parseFolder('a\0b'), /without NUL/],
    ['level', () => parseLogLevel('loud'), /'loud' is unknown; allowed: debug, info, warn/],
  ])('%s', (field, parse, description) => {
    expect(parse).toThrow(
      expect.objectContaining({
        kind: 'invalid-argument',
        message: expect.stringMatching(description),
        violations: [{ field, description: expect.stringMatching(description) }],
      }),
    );
  });
});
