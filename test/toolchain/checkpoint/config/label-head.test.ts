import { describe, expect, it } from '@jest/globals';
import { findLabels, labelRows } from '../../../../src/toolchain/checkpoint/config/label-head.ts';
import { loadTokenizer } from '../../../../src/text/tokenizer/tokenizer.ts';
import { tinyPath } from '../../../support/checkpoints/hf-tiny.ts';
import { tinyBlueprint } from '../../../support/checkpoints/tiny.ts';

const tokenizer = loadTokenizer(tinyPath('llama/tokenizer.json'));
const blueprint = { ...tinyBlueprint, width: 2, vocabulary: 288 };
const find = (classes: string[] | undefined, labels: [string, string], vocabulary = 288) =>
  findLabels(
    classes === undefined ? { ...blueprint, vocabulary } : { ...blueprint, classes },
    tokenizer,
    labels,
    'from',
  );
const ids = (labels: ReturnType<typeof find>) => [labels.yes.id, labels.no.id];

describe('the ids of labels', () => {
  it.each<[string, string[] | undefined, [string, string], [number, number]]>([
    ['tokens of a language model', undefined, ['yes', 'no'], [260, 261]],
    ['classes by name', ['no', 'yes'], ['yes', 'no'], [1, 0]],
    ['class 1 and 0 without names', ['LABEL_0', 'LABEL_1'], ['good', 'bad'], [1, 0]],
    ['class 1 and 0 of a single row', ['LABEL_0'], ['good', 'bad'], [1, 0]],
  ])('are %s', (_, classes, labels, expected) => {
    expect(ids(find(classes, labels))).toEqual(expected);
  });

  it('are refused when they are equal, unknown, or beyond the vocabulary', () => {
    expect(() => find(undefined, ['yes', 'yes'])).toThrow('labels are yes,yes; two words');
    expect(() => find(['on', 'off'], ['yes', 'no'])).toThrow(
      `label 'yes' is not a class of from, which has "on" and "off"; name them with --labels YES,NO`,
    );
    expect(() => find(undefined, ['yes', 'no'], 260)).toThrow(
      "label 'yes' is token 260; from has 260 tokens",
    );
  });
});

describe('the rows of labels', () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);

  it('are those of their ids', () => {
    expect(labelRows(values, blueprint, [2, 0])).toEqual([
      Float32Array.of(5, 6),
      Float32Array.of(1, 2),
    ]);
  });

  it('are zeros for class 0 of a head with one row', () => {
    const rows = labelRows(values.slice(0, 2), { ...blueprint, classes: ['yes'] }, [1, 0]);
    expect(rows).toEqual([Float32Array.of(1, 2), Float32Array.of(0, 0)]);
  });
});
