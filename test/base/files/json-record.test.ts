import { describe, expect, it } from '@jest/globals';
import { JsonRecord } from '../../../src/base/files/json-record.ts';

const json = JsonRecord.parse(
  JSON.stringify({
    name: 'tiny',
    id: 7,
    empty: '  ',
    ratio: 0.5,
    negative: -1,
    isOn: false,
    nothing: null,
    sizes: [1, 2],
    inner: { list: [{ size: 1 }, { size: 'x' }] },
  }),
  'm.json',
);

describe('JsonRecord', () => {
  it('returns fields of the right type', () => {
    expect(json.text('name')).toBe('tiny');
    expect([json.key('name'), json.key('id')]).toEqual(['tiny', '7']);
    expect([json.count('id'), json.amount('ratio'), json.number('negative')]).toEqual([7, 0.5, -1]);
    expect([json.flag('isOn'), json.oneOf('id', [6, 7])]).toEqual([false, 7]);
    expect([json.counts('sizes', { min: 1, max: 2 }), json.raw('sizes')]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect([json.has('nothing'), json.has('isOn'), json.isRecord('inner')]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it.each<[string, () => unknown, string]>([
    ['text', () => json.text('id'), "m.json: 'id' is 7; text is needed"],
    ['key', () => json.key('empty'), '\'empty\' is "  "; text that is not blank'],
    ['count', () => json.count('ratio'), "'ratio' is 0.5; a whole number from 1 to"],
    ['count above its bounds', () => json.count('id', { min: 1, max: 6 }), 'from 1 to 6 is needed'],
    ['amount', () => json.amount('negative'), "'negative' is -1; a number above 0 is needed"],
    ['number', () => json.number('gone'), "'gone' is missing; a finite number is needed"],
    ['flag', () => json.flag('name'), '\'name\' is "tiny"; true or false is needed'],
    ['oneOf', () => json.oneOf('name', ['a', 'b']), 'one of "a", "b" is needed'],
    ['texts', () => json.texts('sizes'), "'sizes' is [1,2]; a list of texts is needed"],
    ['list', () => json.texts('name'), 'a list is needed'],
    ['record', () => json.record('sizes'), "m.json: 'sizes' is [1,2]; an object is needed"],
    ['only', () => json.record('inner').only(['size']), "'inner.list' is not a known field"],
  ])('%s refuses a wrong value, naming the file and the field', (_name, read, message) => {
    expect(read).toThrow(message);
  });

  it('names the path of a field in a list', () => {
    const sizes = () =>
      json
        .record('inner')
        .records('list')
        .map((each) => each.count('size'));
    expect(sizes).toThrow('m.json: \'inner.list[1].size\' is "x"');
  });

  it('refuses text that is no JSON object', () => {
    expect(() => JsonRecord.parse('{', 'm.json')).toThrow(/^m\.json: not JSON: /);
    expect(() => JsonRecord.parse('[]', 'm.json')).toThrow('m.json: is []; an object is needed');
  });
});
