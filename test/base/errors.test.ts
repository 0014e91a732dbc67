import { expect, test } from '@jest/globals';
import { messageOf, RankError, reasonOf } from '../../src/base/errors.ts';

test.each([
  [new TypeError('no such file'), 'no such file'],
  ['a plain text', 'a plain text'],
  [undefined, 'undefined'],
])('the message of %p is %p', (thrown, expected) => {
  expect(messageOf(thrown)).toBe(expected);
});

test('an error of unknown origin becomes internal and stays as the cause', () => {
  const thrown = new TypeError('boom');
  const error = RankError.from(thrown);
  expect(error).toMatchObject({ kind: 'internal', message: 'boom', cause: thrown });
  expect(RankError.from(error)).toBe(error);
});

test("an error's own reason wins over the reason of its kind", () => {
  expect(reasonOf(new RankError('overloaded', 'full'))).toBe('QUEUE_FULL');
  expect(reasonOf(new RankError('overloaded', 'share', { reason: 'CLIENT_SHARE' }))).toBe(
    'CLIENT_SHARE',
  );
});
