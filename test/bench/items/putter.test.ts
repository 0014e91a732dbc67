import { describe, expect, test } from '@jest/globals';
import { makeItems, Putter } from '../../../bench/items/putter.ts';
import type { ItemClient, WirePutItemsResponse } from '../../../src/client/item-client.ts';

const postings = [
  { id: 'a', title: 'Nurse', text: 'Cares.' },
  { id: 'b', title: '', text: 'Cooks.' },
];

test('postings are repeated under other ids', () => {
  const items = makeItems(postings, 5);
  expect(items.map(({ id }) => id)).toEqual(['a', 'b', 'a~1', 'b~1', 'a~2']);
  expect(items[2]).toEqual({ id: 'a~1', version: '1', title: 'Nurse', text: 'Cares.' });
  expect(items[3]).toEqual({ id: 'b~1', version: '1', text: 'Cooks.' });
});

/** Acknowledges so many messages, the last first, and then breaks. */
function clientOf(most: number, answer: Partial<WirePutItemsResponse> = {}) {
  const sent: string[][] = [];
  const client: Pick<ItemClient, 'put'> = {
    put: async (messages, onAnswer) => {
      for await (const items of messages) {
        sent.push(items.map(({ id }) => id ?? ''));
      }
      const places = sent.map((_, n) => n).toReversed();
      places.slice(0, most).forEach((n) => onAnswer({ sequence: String(n), ...answer }));
      if (most < sent.length) {
        throw new Error('broken');
      }
    },
  };
  return { client, sent };
}

describe('a putter', () => {
  test('after a break puts again what was not acknowledged, and nothing else', async () => {
    const putter = new Putter(makeItems(postings, 9), 2);
    const halves: boolean[] = [];
    const note = () => halves.push(putter.isHalfway);
    const first = clientOf(3);
    await expect(putter.put(first.client, undefined, note, 1000)).rejects.toThrow('broken');
    expect(first.sent).toHaveLength(5);
    expect(halves).toEqual([false, false, true]);
    expect(putter.acknowledged.map(({ id }) => id).toSorted()).toEqual(
      ['a~2', 'a~3', 'a~4', 'b~2', 'b~3'].toSorted(),
    );
    const second = clientOf(5);
    await putter.put(second.client, undefined, note, 1000);
    expect(second.sent).toEqual([
      ['a', 'b'],
      ['a~1', 'b~1'],
    ]);
    expect(putter.acknowledged).toHaveLength(9);
  });

  test.each([
    [
      { error: { message: 'the store is full' } },
      /1 messages were not stored, the first because: the store is full/,
    ],
    [
      { put: { faults: [{ field: 'items[1].text', description: 'is blank' }] } },
      /items\[1\]\.text is/,
    ],
  ])('a message that was not stored ends it', async (answer, message) => {
    const putter = new Putter(makeItems(postings, 2), 2);
    const { client } = clientOf(1, answer as unknown as Partial<WirePutItemsResponse>);
    await expect(putter.put(client, undefined, () => undefined, 1000)).rejects.toThrow(message);
    expect(putter.acknowledged).toEqual([]);
  });
});
