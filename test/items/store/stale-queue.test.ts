import { describe, expect, test } from '@jest/globals';
import { FakeClock } from '../../support/fakes/clock.ts';
import { closeTestStore, openTestStore, putOf, summaryOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const wanted = { summary: { method: 'search', version: '1' }, encoding: 'ids', mostFailures: 2 };

describe('the stale queue', () => {
  test('has what lacks what is wanted, the longest waiting first, and survives a restart', async () => {
    const folder = temporaryFolder();
    const clock = new FakeClock();
    const store = await openTestStore(folder, { clock });
    store.want(wanted);
    for (const id of ['c', 'a', 'b']) {
      await store.put([putOf(id)]);
      await clock.advance(1000);
    }
    const [head] = store.heads(['a']);
    await store.settle([
      {
        id: 'a',
        contentHash: head?.contentHash ?? '',
        summary: summaryOf('short'),
        encoded: { encoding: 'ids', ids: Int32Array.of(1, 70_000) },
      },
    ]);
    expect(store.stale(9)).toEqual(['c', 'b']);
    expect(store.stale(1)).toEqual(['c']);
    await closeTestStore(store);
    const again = await openTestStore(folder, { clock });
    again.want(wanted);
    expect(again.stale(9)).toEqual(['c', 'b']);
    expect(again.stats()).toMatchObject({
      items: 3,
      stale: 2,
      parked: 0,
      oldestStaleSinceMs: clock.nowMs() - 3000,
    });
    expect(again.get('a')).toMatchObject({
      summary: summaryOf('short'),
      encoded: { encoding: 'ids', ids: Int32Array.of(1, 70_000) },
    });
  });

  test('another compressor, another encoding and other content make items stale again', async () => {
    const store = await openTestStore(temporaryFolder());
    store.want(wanted);
    await store.put(['a', 'b'].map((id) => putOf(id)));
    const finish = async (id: string, version = '1', encoding = 'ids') => {
      const contentHash = store.heads([id])[0]?.contentHash ?? '';
      const summary = summaryOf('short', 'search', version);
      const encoded = { encoding, ids: Int32Array.of(7) };
      await store.settle([{ id, contentHash, summary, encoded }]);
    };
    await finish('a');
    await finish('b');
    expect(store.stale(9)).toEqual([]);
    await store.put([putOf('a', 2, 'other')]);
    expect(store.stale(9)).toEqual(['a']);
    expect(store.get('a')).toMatchObject({ summary: undefined, encoded: undefined });
    store.want({ ...wanted, summary: { method: 'search', version: '2' } });
    // What has an earlier summary of the method can wait.
    expect(store.stale(9)).toEqual(['a', 'b']);
    await finish('a', '2');
    expect(store.stale(9)).toEqual(['b']);
    store.want({ ...wanted, encoding: 'other ids' });
    expect(store.stats()).toMatchObject({ stale: 2 });
    store.want({ ...wanted, summary: undefined, encoding: undefined });
    expect(store.stats()).toMatchObject({ stale: 0, oldestStaleSinceMs: undefined });
  });

  test('a put of the same content under a new version keeps what was made of it', async () => {
    const store = await openTestStore(temporaryFolder());
    store.want({ ...wanted, encoding: undefined });
    await store.put([{ ...putOf('a', 1, 'same'), summary: summaryOf('short') }]);
    expect(await store.put([putOf('a', 2, 'same')])).toEqual(['stored']);
    expect(store.get('a')).toMatchObject({ version: 2n, summary: summaryOf('short') });
    expect(store.stale(9)).toEqual([]);
  });

  test('results of earlier content, or of an item that is gone, change nothing', async () => {
    const store = await openTestStore(temporaryFolder());
    await store.put([putOf('a', 1), putOf('b', 1)]);
    const [a, b] = store.heads(['a', 'b']);
    await store.put([putOf('a', 2, 'other')]);
    await store.delete([{ id: 'b', version: 1n }]);
    const late = { summary: summaryOf('late'), encoded: undefined };
    await store.settle([
      { id: 'a', contentHash: a?.contentHash ?? '', ...late },
      { id: 'b', contentHash: b?.contentHash ?? '', ...late },
    ]);
    expect(store.get('a')).toMatchObject({ summary: undefined });
    expect(store.get('b')).toBeUndefined();
  });

  test('an item that fails goes behind the others, and is parked until something else is wanted', async () => {
    const clock = new FakeClock();
    const store = await openTestStore(temporaryFolder(), { clock });
    store.want(wanted);
    await store.put(['a', 'b'].map((id) => putOf(id)));
    const fail = async (id: string) => {
      await clock.advance(1000);
      const contentHash = store.heads([id])[0]?.contentHash ?? '';
      const nothing = { summary: undefined, encoded: undefined };
      await store.settle([{ id, contentHash, ...nothing, hasFailed: true }]);
    };
    await fail('a');
    expect(store.stale(9)).toEqual(['b', 'a']);
    await fail('a');
    expect(store.stale(9)).toEqual(['b']);
    expect(store.stats()).toMatchObject({ stale: 1, parked: 1 });
    store.want({ ...wanted, summary: { method: 'search', version: '2' } });
    expect(store.stale(9)).toEqual(['b', 'a']);
    expect(store.stats()).toMatchObject({ stale: 2, parked: 0 });
  });
});
