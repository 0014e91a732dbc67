import { describe, expect, it } from '@jest/globals';
import { ConfigFields } from '../../../../src/toolchain/checkpoint/config/fields.ts';

const fields = new ConfigFields(
  new Map<string, unknown>([
    ['size', 8],
    ['nothing', null],
    ['text', 'x'],
    ['inner', { size: '9' }],
  ]),
  'c.json',
);

describe('the fields of a config', () => {
  it('treat null as absent', () => {
    expect(fields.get('nothing')).toBeUndefined();
    expect(fields.number('nothing', 3)).toBe(3);
    expect(() => fields.only('nothing', 1)).not.toThrow();
    expect(fields.within('nothing').count).toBe(0);
  });

  it('are refused by file, field and value', () => {
    expect(fields.number('size')).toBe(8);
    expect(() => fields.number('text')).toThrow(
      'c.json: "text": the value is "x"; allowed: a number',
    );
    expect(() => fields.within('inner').number('size')).toThrow(
      'c.json: "inner": "size": the value is "9"; allowed: a number',
    );
    expect(() => fields.within('text')).toThrow('c.json: "text": the value is "x"');
  });

  it('may have only the allowed values', () => {
    expect(() => fields.only('size', 7, 8)).not.toThrow();
    expect(() => fields.only('size', 7, true)).toThrow('the value is 8; allowed: 7, true');
    expect(() => fields.only('size')).toThrow('the value is 8; allowed: none');
  });
});
