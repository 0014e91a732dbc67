import { expect, test } from '@jest/globals';
import { parseCompressOptions } from '../../../src/cli/compress/compress-options.ts';

const files = ['--in', 'in.jsonl', '--out', 'out.jsonl'];

test('has defaults for all but the files', () => {
  expect(parseCompressOptions(files)).toMatchObject({
    in: 'in.jsonl',
    out: 'out.jsonl',
    method: 'search',
    effort: 'normal',
    maxLoss: undefined,
    devices: undefined,
    budget: { titled: 12, untitled: 20 },
    dropTitles: false,
  });
  const given = [...files, '--tokens', '9', '--titled-tokens', '7', '--drop-titles'];
  expect(parseCompressOptions(given)).toMatchObject({
    budget: { titled: 7, untitled: 9 },
    dropTitles: true,
  });
  expect(parseCompressOptions([...files, '--workers', '3']).devices).toBe('cpu:3');
});

test.each([
  [['--out', 'out.jsonl'], '--in is missing'],
  [['--in', 'in.jsonl'], '--out is missing'],
  [['--in', 'same', '--out', 'same'], "--out is 'same', as --in is; another file is needed"],
  [[...files, '--method', 'words'], "--method is 'words'; one of"],
  [[...files, '--tokens', '0'], "--tokens is '0'; a whole number of at least 1 is needed"],
  [[...files, '--titled-tokens', 'x'], "--titled-tokens is 'x'; a whole number"],
  [[...files, '--effort', 'most'], "--effort is 'most'; one of quick, normal, full"],
  [[...files, '--max-loss', '2'], "--max-loss is '2'; a number from 0 to 1 is needed"],
  [[...files, '--workers', '0'], "--workers is '0'; a whole number from 1 to 256"],
  [[...files, '--token', '9'], 'did you mean --tokens?'],
  [[...files, 'more'], "unexpected 'more'"],
])('refuses %j', (args, message) => {
  expect(() => parseCompressOptions(args)).toThrow(message);
});
