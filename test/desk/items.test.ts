import { describe, expect, test } from '@jest/globals';
import type { DeskCall } from '../../src/desk/answer.ts';
import { RankNotes } from '../../src/desk/ended-event.ts';
import { checkItems, ItemDesk } from '../../src/desk/items.ts';
import { Lifecycle } from '../../src/desk/lifecycle.ts';
import { ItemKeeper } from '../../src/items/keeper.ts';
import { FakeClock } from '../support/fakes/clock.ts';
import { openTestStore } from '../support/items/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const call: DeskCall = {
  client: 'me',
  traceparent: undefined,
  deadlineAtMs: Number.POSITIVE_INFINITY,
  isCapped: false,
  signal: new AbortController().signal,
  notes: new RankNotes(),
};

async function openDesk({ serving = true } = {}) {
  const store = await openTestStore(temporaryFolder());
  const items = new ItemKeeper({ store, spare: () => false, clock: new FakeClock() });
  const lifecycle = new Lifecycle();
  if (serving) {
    lifecycle.beginServing();
  }
  const charged: number[] = [];
  const charge = async <T>(_client: string, candidates: number, work: () => Promise<T>) => {
    charged.push(candidates);
    return await work();
  };
  const desk = new ItemDesk({ items, access: { charge }, lifecycle, limits: { textBytes: 100 } });
  return { desk, store, charged };
}

const form = (id: string, version = 1n, text = `text of ${id}`) => ({ id, version, text });

test('items without a fault are stored and charged for; the faults come in their order', async () => {
  const { desk, store, charged } = await openDesk();
  const forms = Array.from({ length: 30 }, (_, i) => form(`k${i}`));
  expect(await desk.put(forms, call)).toMatchObject({ stored: 30, faults: [] });
  const report = await desk.put([form('k0', 1n, 'other'), form('', 1n), form('new')], call);
  expect(report).toMatchObject({
    stored: 1,
    faults: [
      { index: 0, id: 'k0', field: 'items[0].version' },
      { index: 1, id: '', field: 'items[1].id' },
    ],
  });
  expect(charged).toEqual([3, 1]);
  expect(store.stats().items).toBe(31);
});

test('pages end when there is no more', async () => {
  const { desk } = await openDesk();
  await desk.put(
    ['a', 'b', 'c'].map((id) => form(id)),
    call,
  );
  const first = await desk.list(2, undefined);
  expect(first.items.map(({ id }) => id)).toEqual(['a', 'b']);
  expect(first.next).toBe('b');
  expect(await desk.list(2, 'b')).toMatchObject({ items: [{ id: 'c' }], next: undefined });
  expect((await desk.list(0, undefined)).items).toHaveLength(3);
});

test('nothing is done before the server serves', async () => {
  const { desk } = await openDesk({ serving: false });
  const starting = { kind: 'unavailable', reason: 'STARTING' };
  await expect(desk.put([form('a')], call)).rejects.toMatchObject(starting);
  await expect(desk.get('a')).rejects.toMatchObject(starting);
  await expect(desk.state()).rejects.toMatchObject(starting);
});

describe('the rules of an item', () => {
  const check = (changed: object) => checkItems([{ ...form('a'), ...changed }], { textBytes: 9 });

  test('a blank title counts as none; a title alone is enough', () => {
    expect(check({ title: ' \u200b', text: 'x' }).puts).toMatchObject([
      { put: { title: undefined } },
    ]);
    expect(check({ title: 'A', text: '' }).puts).toMatchObject([{ put: { title: 'A', text: '' } }]);
  });

  test.each([
    [{ id: '' }, 'items[0].id', 'is empty'],
    [{ id: '東'.repeat(86) }, 'items[0].id', 'has 258 bytes of UTF-8; at most 256'],
    [{ version: 0n, text: 'x' }, 'items[0].version', 'is 0; at least 1'],
    [{ text: '' }, 'items[0].text', 'is empty, and there is no title'],
    [{ text: 'x'.repeat(10) }, 'items[0].text', 'has 10 bytes of UTF-8; at most 9'],
    [{ title: 'x'.repeat(10), text: '' }, 'items[0].title', 'has 10 bytes of UTF-8; at most 9'],
  ])('%j', (changed, field, description) => {
    const { puts, faults } = check({ text: 'fine', ...changed });
    expect(puts).toEqual([]);
    expect(faults).toMatchObject([{ index: 0, field, description }]);
  });
});
