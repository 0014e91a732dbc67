import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  createItemClient,
  type ItemClient,
  type WirePutItemsResponse,
} from '../../src/client/item-client.ts';
import { openItems, type TestItems } from '../support/items/test-items.ts';

let items: TestItems;
let client: ItemClient;
beforeEach(async () => {
  items = await openItems();
  client = createItemClient(items.server.address);
});
afterEach(async () => {
  client.close();
  await items.close();
});

const timeoutMs = 30_000;
const source = (id: string, version = 1) => ({ id, version, text: `words of ${id}` });

test('puts messages, and tells the answer of each by its sequence', async () => {
  const messages = Array.from({ length: 60 }, (_, n) => [source(`a${n}`), source(`b${n}`)]);
  const answers: WirePutItemsResponse[] = [];
  await client.put(messages, (answer) => answers.push(answer), timeoutMs);
  expect(answers.map(({ sequence }) => Number(sequence)).toSorted((a, b) => a - b)).toEqual(
    messages.map((_, n) => n),
  );
  expect(answers.every(({ put }) => put?.stored === 2)).toBe(true);
});

test('the error of a message does not end the stream', async () => {
  const outcomes: (string | undefined)[] = [];
  await client.put([[], [source('a')]], ({ outcome }) => outcomes.push(outcome), timeoutMs);
  expect(outcomes).toEqual(['error', 'put']);
});

test('a stream that breaks has told what was acknowledged before', async () => {
  const answers: WirePutItemsResponse[] = [];
  let tellStored: () => void = () => undefined;
  const stored = new Promise<void>((resolve) => (tellStored = resolve));
  async function* messages() {
    yield [source('a')];
    await stored;
    void items.server.stop();
    yield [source('b')];
  }
  const put = client.put(
    messages(),
    (answer) => {
      answers.push(answer);
      tellStored();
    },
    timeoutMs,
  );
  await expect(put).rejects.toMatchObject({ name: 'CallError', code: 'UNAVAILABLE' });
  expect(answers.length).toBeGreaterThanOrEqual(1);
});

test('gets an item, lists all, and names the error of an unknown id', async () => {
  await client.put([[source('a', 7), source('b')]], () => undefined, timeoutMs);
  const item = await client.get('a', timeoutMs);
  expect(item.source).toMatchObject({ id: 'a', version: '7', text: 'words of a' });
  expect(item.summary?.method).toBe('fallback');
  const page = await client.list('', timeoutMs);
  expect(page.items.map(({ id }) => id)).toEqual(['a', 'b']);
  expect(page.nextPageToken).toBe('');
  await expect(client.get('c', timeoutMs)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('watches until a state is enough, or until the time is over', async () => {
  await client.put([[source('a')]], () => undefined, timeoutMs);
  const state = await client.watch(100, ({ items: count }) => count === '1', timeoutMs);
  expect(state).toMatchObject({ items: '1', stale: '0' });
  await expect(client.watch(100, () => false, 200)).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
  });
});
