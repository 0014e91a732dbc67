import { expect, test } from '@jest/globals';
import {
  bareRecipe,
  finishedStamp,
  isNews,
  isStamp,
  stampLength,
  stampOf,
  wantedRecipe,
} from '../../../src/items/shared/stamp.ts';
import { applyPut, type Stored } from '../../../src/items/store/apply-write.ts';
import { wanted } from '../../support/items/shared-servers.ts';
import { putOf, summaryOf } from '../../support/items/stores.ts';

const ids = { encoding: 'e1', ids: Int32Array.of(1) };

function item(version: number, text: string, method?: string): string {
  const made = method === undefined ? {} : { summary: summaryOf('short', method), encoded: ids };
  const { stored } = applyPut({ kind: 'nothing' }, { ...putOf('a', version, text), ...made }, 0);
  return stampOf(stored ?? { kind: 'nothing' }) ?? '';
}

const deleted = (version: number): string =>
  stampOf({ kind: 'tombstone', version: BigInt(version) } satisfies Stored) ?? '';

const recipe = wantedRecipe(wanted);
/** Of these two texts the hash of the second is higher. */
const [low, high] = ['x', 'y'].sort((one, other) => (item(1, one) < item(1, other) ? -1 : 1));

test.each<[string, string, string | undefined, boolean]>([
  ['anything, where nothing is', item(1, 'x'), undefined, true],
  ['a higher version', item(10, 'x'), item(9, 'x'), true],
  ['a lower version', item(9, 'x'), item(10, 'x'), false],
  ['the same', item(1, 'x'), item(1, 'x'), false],
  ['a delete of the version', deleted(1), item(1, 'x'), true],
  ['a put of a deleted version', item(1, 'x'), deleted(1), false],
  ['a put behind a delete', item(2, 'x'), deleted(1), true],
  ['the higher hash of one version', item(1, high ?? ''), item(1, low ?? ''), true],
  ['the lower hash of one version', item(1, low ?? ''), item(1, high ?? ''), false],
  ['the first summary', item(1, 'x', 'fallback'), item(1, 'x'), true],
  ['the wanted summary', item(1, 'x', 'search'), item(1, 'x', 'fallback'), true],
  ['another summary', item(1, 'x', 'fallback'), item(1, 'x', 'search'), false],
  ['no summary', item(1, 'x'), item(1, 'x', 'fallback'), false],
])('%s is news, or is not', (_, stamp, to, expected) => {
  expect(isNews(stamp, to, recipe)).toBe(expected);
});

test('stamps have one length, whatever they stand for', () => {
  expect(stampOf({ kind: 'nothing' })).toBeUndefined();
  for (const stamp of [item(1, 'x'), item(2, 'é', 'search'), deleted(3)]) {
    expect(stamp).toHaveLength(stampLength);
    expect(isStamp(stamp)).toBe(true);
  }
  expect(isStamp(`${deleted(3)}0`)).toBe(false);
  expect(isStamp(deleted(3).replace('0', 'g'))).toBe(false);
});

test('the stamp of a finished item is known before it is made', () => {
  expect(finishedStamp(item(4, 'x'), recipe ?? '')).toBe(item(4, 'x', 'search'));
  expect(item(4, 'x').endsWith(bareRecipe)).toBe(true);
  expect(wantedRecipe({ ...wanted, encoding: undefined })).toBeUndefined();
});
