import { describe, expect, it } from '@jest/globals';
import {
  assertNever,
  dataError,
  presentError,
  quote,
  RankError,
  reasonOf,
} from '../../src/base/errors.ts';

describe('RankError.from', () => {
  it('returns a RankError unchanged', () => {
    const error = new RankError('not-found', 'no such model');
    expect(RankError.from(error)).toBe(error);
  });

  it.each([
    ['an Error', new TypeError('x is not a function'), 'x is not a function'],
    ['a thrown text', 'out of paper', 'out of paper'],
  ])('makes %s internal and keeps it as the cause', (_name, thrown, message) => {
    const error = RankError.from(thrown);
    expect([error.kind, error.message, error.cause]).toEqual(['internal', message, thrown]);
  });
});

describe('presentError', () => {
  it('reveals nothing of an error that is not a RankError', () => {
    const shown = presentError(new Error('/secret/path: ENOENT'));
    expect(shown.message).not.toContain('secret');
    expect(shown.kind).toBe('internal');
  });
});

describe('reasonOf', () => {
  it('is the error’s own reason, or else that of its kind', () => {
    expect(reasonOf(new RankError('overloaded', 'late', { reason: 'PREDICTED_LATE' }))).toBe(
      'PREDICTED_LATE',
    );
    expect(reasonOf(new RankError('overloaded', 'full'))).toBe('QUEUE_FULL');
  });
});

it('assertNever names the value and says that it is a bug', () => {
  expect(() => assertNever('new' as never)).toThrow('unexpected "new"; this is a bug');
});

it('a data error names file, line, what was found and what was expected', () => {
  expect(dataError({ file: 'run.txt', line: 3 }, quote('a'), 'a number').message).toBe(
    'run.txt:3: found "a"; expected a number',
  );
  expect(quote('x'.repeat(1000))).toBe(`"${'x'.repeat(80)}..."`);
});
