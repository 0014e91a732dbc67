import { describe, expect, it } from '@jest/globals';
import {
  CheckpointError,
  floatTensors,
  quote,
  refuse,
  within,
} from '../../../src/toolchain/files/checkpoint.ts';

describe('refuse', () => {
  it.each([
    [undefined, 'missing'],
    [7, '7'],
    [NaN, 'NaN'],
    [2n ** 63n, '9223372036854775808'],
    ['x', '"x"'],
    [[1, 2], '[1,2]'],
  ])('shows %p as %s', (found, shown) => {
    const message = `f: "k": the value is ${shown}; allowed: some`;
    const refusing = () => refuse(within('f', quote('k')), 'the value', found, 'some');
    expect(refusing).toThrow(new CheckpointError(message));
  });

  it('cuts a long value', () => {
    const refusing = () => refuse('f', 'the value', 'x'.repeat(1000), 'less');
    expect(refusing).toThrow(`f: the value is "${'x'.repeat(159)}...; allowed: less`);
  });
});

describe('quote', () => {
  it('escapes control characters and cuts long names', () => {
    expect(quote('\u001b[2J')).toBe('"\\u001b[2J"');
    expect(quote('n'.repeat(97))).toBe(`"${'n'.repeat(96)}..."`);
  });
});

describe('a checkpoint without int8 tensors', () => {
  it('has no stored integers and keeps nothing in floats', async () => {
    expect(await floatTensors.readQuantized('x')).toBeUndefined();
    expect(floatTensors.staysFloat('x')).toBe(false);
  });
});
