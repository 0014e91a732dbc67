import { expect, test } from '@jest/globals';
import { parsePeersOptions } from '../../../bench/peers/options.ts';

test('all systems and the demo are the default', () => {
  expect(parsePeersOptions([])).toMatchObject({ beir: undefined, requests: 3, rounds: 3 });
});

test('systems are chosen by name', () => {
  const { systems } = parsePeersOptions(['--systems', 'slmrank int8, PyTorch bf16']);
  expect(systems.map(({ name }) => name)).toEqual(['slmrank int8', 'PyTorch bf16']);
});

test('a wrong name is refused with the names that are allowed', () => {
  expect(() => parsePeersOptions(['--systems', 'vLLM'])).toThrow(
    /--systems has 'vLLM'; allowed are slmrank fp32/,
  );
});
