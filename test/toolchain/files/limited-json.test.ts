import { afterAll, describe, expect, it } from '@jest/globals';
import {
  asObject,
  parseJsonObject,
  readJsonFile,
} from '../../../src/toolchain/files/limited-json.ts';
import { refusalOf, ScratchFolder } from '../../support/checkpoints/folder.ts';

const scratch = new ScratchFolder();
afterAll(() => scratch.remove());

const parse = (text: string | Uint8Array, depth = 3) =>
  parseJsonObject(Buffer.from(text as string), 'f', depth);

describe('parseJsonObject', () => {
  it('gives the fields of an object', () => {
    const fields = parse('{"a": [1, {"b": "}{\\"]["}], "c": null}');
    expect([...fields]).toEqual([
      ['a', [1, { b: '}{"][' }]],
      ['c', null],
    ]);
  });

  it('allows equal keys in different objects, and keys that equal values', () => {
    expect([...parse('{"a": {"x": "x"}, "x": {"a": "a"}}').keys()]).toEqual(['a', 'x']);
  });

  it.each([
    ['{"a":1,"a":2}', /^f: key "a": the key is "repeated"; allowed: each key once/],
    ['{"a":1,"\\u0061":2}', /key "a": the key is "repeated"/],
    ['{"a":{"x":1,"x":2}}', /key "x": the key is "repeated"/],
    ['{"a":[[1]]}', /the nesting depth is 3; allowed: at most 2/],
    ['[]', /the value is \[\]; allowed: a JSON object/],
    ['{"a"', /the text is ".*"; allowed: JSON/],
    [Uint8Array.of(0x7b, 0xff), /the text is "not UTF-8"; allowed: JSON in UTF-8/],
  ])('refuses %p', (text, message) => {
    expect(() => parse(text, 2)).toThrow(message);
  });
});

describe('readJsonFile', () => {
  it('refuses a file beyond its limits before it reads it', async () => {
    const path = scratch.write('big.json', `{"a": "${'x'.repeat(2 ** 20)}"}`);
    expect(await refusalOf(() => readJsonFile(path))).toMatch(
      /big.json: the size is 1048585; allowed: at most 1048576/,
    );
    const deep = scratch.write('deep.json', '['.repeat(1e5));
    expect(await refusalOf(() => readJsonFile(deep))).toMatch(/deep.json: the nesting depth is 9/);
  });
});

describe('asObject', () => {
  it.each([[null], [[1]], ['x'], [7]])('refuses %p', (value) => {
    expect(() => asObject(value, 'f')).toThrow(/^f: the value is .*; allowed: a JSON object/);
  });
});
