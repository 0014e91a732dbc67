import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  BackgroundCounts,
  parseBackground,
  readBackground,
} from '../../../src/compress/text/background.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('BackgroundCounts', () => {
  test('counts the texts of a word, not the words, and leaves out rare ones', () => {
    const counts = new BackgroundCounts();
    ['The ward, the ward.', 'the Ward', 'a shop'].forEach((text) => counts.add(text));
    const table: unknown = JSON.parse(gunzipSync(counts.finish()).toString());
    expect(table).toEqual({ format: 1, documents: 3, words: { 2: 'the ward' } });
    expect(gunzipSync(counts.finish(1)).toString()).toContain('"1":"a shop"');
  });
});

describe('readBackground', () => {
  const table = '{"format": 1, "documents": 4, "words": {"2": "the ward", "1": "shop"}}';

  test.each(['plain', 'gzip'])('reads a %s table', (kind) => {
    const folder = temporaryFolder({ table: kind === 'gzip' ? gzipSync(table) : table });
    const background = readBackground(join(folder, 'table'));
    expect(background.share('ward')).toBe(0.5);
    expect(background.share('nurse')).toBe(0);
    expect(background.has('shop')).toBe(true);
    expect(background.has('nurse')).toBe(false);
    expect(background.inverseFrequency('shop')).toBeCloseTo(Math.log(5 / 1.5));
    expect(background.inverseFrequency('nurse')).toBeCloseTo(Math.log(5 / 0.5));
    expect(background.id).toBe(parseBackground(table, 'other').id);
    expect(background.id).not.toBe(parseBackground(`${table} `, 'other').id);
  });

  test.each([
    ['{"format": 2, "documents": 4, "words": {}}', "'format' is 2; one of 1 is needed"],
    ['{"format": 1, "documents": 0, "words": {}}', "'documents' is 0; a whole number from 1"],
    [
      '{"format": 1, "documents": 4, "words": {"5": "a"}}',
      '\'words.5\' is "a"; under whole numbers from 1 to 4',
    ],
    [
      '{"format": 1, "documents": 4, "words": {"x": "a"}}',
      '\'words.x\' is "a"; under whole numbers',
    ],
    ['{"format": 1, "documents": 4, "words": {"1": 7}}', "'words.1' is 7; text is needed"],
    ['nothing', 'table: not JSON'],
  ])('refuses %s', (text, message) => {
    expect(() => parseBackground(text, 'table')).toThrow(message);
  });
});
