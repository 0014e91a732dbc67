import { expect, test } from '@jest/globals';
import { at } from '../../src/base/at.ts';
import { fleetName, Seal, sealBytes } from '../../src/valkey/seal.ts';

const secret = 'a secret of the fleet, long enough';
const seal = new Seal(secret, 'scores');
const value = Buffer.from([1, 2, 3]);

test('a sealed value opens for its key', () => {
  const sealed = seal.seal('key', value);
  expect(sealed.length).toBe(sealBytes + 3);
  expect(new Seal(secret, 'scores').open('key', sealed)).toEqual(value);
});

test('every flipped bit, a cut, an addition, another key, purpose or secret are found', () => {
  const sealed = seal.seal('key', value);
  for (let bit = 0; bit < 8 * sealed.length; bit += 1) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = at(changed, bit >> 3) ^ (1 << (bit & 7));
    expect(seal.open('key', changed)).toBeUndefined();
  }
  for (let length = 0; length < sealed.length; length += 1) {
    expect(seal.open('key', sealed.subarray(0, length))).toBeUndefined();
  }
  expect(seal.open('key', Buffer.concat([sealed, Buffer.from([0])]))).toBeUndefined();
  expect(seal.open('kez', sealed)).toBeUndefined();
  expect(new Seal(secret, 'items').open('key', sealed)).toBeUndefined();
  expect(new Seal(`${secret}.`, 'scores').open('key', sealed)).toBeUndefined();
});

test('key and value cannot be divided differently', () => {
  const sealed = seal.seal('ab', Buffer.from('c'));
  const moved = Buffer.concat([sealed.subarray(0, sealBytes), Buffer.from('bc')]);
  expect(seal.open('a', moved)).toBeUndefined();
});

test('servers with one secret have the name of one fleet, with another one another', () => {
  expect(seal.fleet).toMatch(/^[A-Za-z0-9_-]{8}$/);
  expect(new Seal(secret, 'items').fleet).toBe(seal.fleet);
  expect(fleetName(secret)).toBe(seal.fleet);
  expect(fleetName(`${secret}.`)).not.toBe(seal.fleet);
});
