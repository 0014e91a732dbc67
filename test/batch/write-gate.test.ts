import { expect, test } from '@jest/globals';
import { openGate, passGate, shutGate } from '../../src/batch/write-gate.ts';

test('a thread writes if it comes before the gate is shut', () => {
  const gate = openGate();
  expect(passGate(gate)).toBe(true);
  expect(shutGate(gate)).toBe(false);
});

test('a thread that comes later writes nothing, and its rows can be used again', () => {
  const gate = openGate();
  expect(shutGate(gate)).toBe(true);
  expect(passGate(gate)).toBe(false);
  expect(shutGate(gate)).toBe(true);
});
