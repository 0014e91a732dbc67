import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { messageOf, presentError, RankError, reasonOf, reasons } from '../../src/base/errors.ts';

test('docs/reasons.md explains every reason, and no others', () => {
  const page = readFileSync(new URL('../../docs/reasons.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, reason]) => reason);
  expect(documented).toEqual([...reasons]);
});

test('an error has its own reason, or the one of its kind', () => {
  const late = new RankError('deadline-exceeded', 'late');
  expect(reasonOf(late)).toBe('DEADLINE_PASSED');
  const dropped = new RankError('deadline-exceeded', 'late', { reason: 'DROPPED_LATE' });
  expect(reasonOf(dropped)).toBe('DROPPED_LATE');
});

test('a foreign error becomes internal: kept for logs, hidden from clients', () => {
  const thrown = new TypeError("cannot read 'secret'");
  expect(RankError.from(thrown)).toMatchObject({ kind: 'internal', message: thrown.message });
  expect(RankError.from('text')).toMatchObject({ kind: 'internal', message: 'text' });
  expect(presentError(thrown).message).not.toContain('secret');
  expect(presentError(thrown).cause).toBe(thrown);
});

test.each([
  [new TypeError('no such file'), 'no such file'],
  ['a plain text', 'a plain text'],
  [undefined, 'undefined'],
])('the message of %p is %p', (thrown, expected) => {
  expect(messageOf(thrown)).toBe(expected);
});
