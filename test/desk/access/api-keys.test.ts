import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keyLine } from '../../../src/cli/admin/key-new.ts';
import { createKey, findKey, hashKey, parseApiKeys } from '../../../src/desk/access/api-keys.ts';

const hash = 'ab'.repeat(32);
const line = (fields: object) => JSON.stringify({ name: 'a', sha256: hash, ...fields });

test('a new key has 256 random bits, and its line parses to the same grant', () => {
  const keys = Array.from({ length: 100 }, createKey);
  expect(new Set(keys).size).toBe(100);
  expect(keys.every((key) => /^slmrank_[\w-]{43}$/.test(key))).toBe(true);
  const [key = ''] = keys;
  const lines = keyLine(key, { name: 'search', rate: '100', burst: '500', priority: 'deferrable' });
  expect(lines).not.toContain(key);
  expect(parseApiKeys(lines, 'f')).toEqual([
    {
      client: 'search',
      hash: hashKey(key),
      quota: { candidatesPerSecond: 100, burst: 500 },
      priority: 'deferrable',
    },
  ]);
});

test('empty lines and comments are skipped; quota, burst and priority have defaults', () => {
  const text = `# ours\n\n${line({})}\r\n  # more\n${line({ name: 'b', sha256: 'cd'.repeat(32), candidatesPerSecond: 2 })}`;
  expect(parseApiKeys(text, 'f')).toMatchObject([
    { client: 'a', quota: undefined, priority: 'interactive' },
    { client: 'b', quota: { candidatesPerSecond: 2, burst: 2 } },
  ]);
});

test.each([
  ['not JSON', '{', /^f, line 1: not JSON/],
  ['no name', JSON.stringify({ sha256: hash }), /'name' is missing; 1 to 64 letters/],
  ['a name for nobody', line({ name: 'a b' }), /'name' is "a b"/],
  ['a short hash', line({ sha256: 'ab' }), /'sha256' is "ab"; 64 hexadecimal digits is needed/],
  ['a rate of 0', line({ candidatesPerSecond: 0 }), /'candidatesPerSecond' is 0; a number above 0/],
  ['a burst alone', line({ burst: 5 }), /'burst' without 'candidatesPerSecond'/],
  ['a strange priority', line({ priority: 'root' }), /'priority' is "root"; one of "interactive"/],
  [
    'the hash of an unset variable',
    line({ sha256: hashKey('').toString('hex') }),
    /'sha256' is the hash of an empty text; the hash of a key is needed/,
  ],
  [
    'a misspelt quota',
    line({ candidatesPerSec: 5 }),
    /^f, line 1: 'candidatesPerSec' is not a known field; allowed are name, sha256, candidatesPerSecond, burst, priority/,
  ],
  [
    'the same key twice',
    `${line({})}\n${line({ name: 'b' })}`,
    /^f, line 2: the key is there twice/,
  ],
  [
    'two quotas of one name',
    `${line({})}\n${line({ sha256: 'cd'.repeat(32), candidatesPerSecond: 5 })}`,
    /^f, line 2: another key of 'a' has a different quota or priority/,
  ],
])('%s is refused by line and field', (_, text, message) => {
  expect(() => parseApiKeys(text, 'f')).toThrow(message);
});

test('a file of too many keys is refused', () => {
  const lines = Array.from({ length: 10_001 }, (_, i) =>
    line({ sha256: i.toString(16).padStart(64, '0') }),
  );
  expect(() => parseApiKeys(lines.join('\n'), 'f')).toThrow('f, line 10001: more than 10000 keys');
});

test('only the key itself is found, at any place in the list', () => {
  const keys = ['one', 'two', 'three'];
  const parsed = parseApiKeys(keys.map((key) => keyLine(key, { name: key })).join('\n'), 'f');
  expect(keys.map((key) => findKey(parsed, key)?.client)).toEqual(keys);
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!keys.includes(text));
      expect(findKey(parsed, text)).toBeUndefined();
    }),
  );
  expect(findKey(parsed, `one${' '.repeat(100_000)}`)).toBeUndefined();
});

test('an empty key is not looked up', () => {
  const key = {
    client: 'a',
    hash: hashKey(''),
    quota: undefined,
    priority: 'interactive',
  } as const;
  expect(findKey([key], '')).toBeUndefined();
});
