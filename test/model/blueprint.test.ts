import { expect, test } from '@jest/globals';
import { JsonRecord } from '../../src/base/files/json-record.ts';
import { type Blueprint, parseBlueprint } from '../../src/model/blueprint.ts';

const blueprint: Blueprint = {
  family: 'llama',
  layers: 2,
  width: 32,
  mlpWidth: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  vocabulary: 288,
  ropeTheta: 1e4,
  normEpsilon: 1e-5,
  qkNorm: false,
  qkvBias: false,
  tiedHead: true,
  rowTokens: 2048,
};
const parse = (changed: object = {}) =>
  parseBlueprint(new JsonRecord({ ...blueprint, ...changed }, 'm.json'));

test('a blueprint is read with or without its optional fields', () => {
  expect(parse()).toEqual(blueprint);
  const ropeScaling = { divisors: [1, 2, 4, 8], attentionFactor: 1.5 };
  const classes = ['no', 'yes'];
  expect(parse({ ropeScaling, classes })).toEqual({ ...blueprint, ropeScaling, classes });
});

test.each([
  [{ kvHeads: 3 }, "m.json: 'kvHeads' is 3; a divisor of 4 heads is needed"],
  [{ rowTokens: 31 }, "m.json: 'rowTokens' is 31; a whole number from 32 to 131072 is needed"],
  [
    { ropeScaling: { divisors: [1, 2], attentionFactor: 1 } },
    "m.json: 'ropeScaling.divisors' is [1,2]; a list of 4 numbers above 0 is needed",
  ],
  [
    { ropeScaling: { divisors: [1, 2, 4, 0], attentionFactor: 1 } },
    "m.json: 'ropeScaling.divisors' is [1,2,4,0]; a list of 4 numbers above 0 is needed",
  ],
])('%j is refused with what is allowed', (changed, message) => {
  expect(() => parse(changed)).toThrow(message);
});
