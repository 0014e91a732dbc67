import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { localStamp, readRecord } from '../../../src/items/shared/local-records.ts';
import { RemoteItems } from '../../../src/items/shared/remote-items.ts';
import { bareRecipe, finishedStamp, wantedRecipe } from '../../../src/items/shared/stamp.ts';
import type { LmdbItemStore } from '../../../src/items/store/lmdb-store.ts';
import { Seal } from '../../../src/valkey/seal.ts';
import { ItemsValkey } from '../../support/items/items-valkey.ts';
import { connectBoth } from '../../support/items/real-servers.ts';
import { type TestValkey, wanted } from '../../support/items/shared-servers.ts';
import { openTestStore, putOf, summaryOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { noValkey, startValkey, valkeyBinary } from '../../support/valkey/real-valkey.ts';

const recipe = wantedRecipe(wanted) ?? '';
const made = { summary: summaryOf('short'), encoded: { encoding: 'e1', ids: Int32Array.of(3) } };
let bad = 0;

function remoteItems(valkey: TestValkey, waiting = valkey, server = 'me'): RemoteItems {
  return new RemoteItems({
    valkey,
    waiting,
    server,
    seal: new Seal('secret', 'items'),
    limits: { textBytes: 1000 },
    onBad: () => (bad += 1),
  });
}

/** What every server of the items does; each test begins with an empty one. */
function contract(connect: () => { readonly valkey: TestValkey; readonly waiting: TestValkey }) {
  let remote: RemoteItems;
  let other: RemoteItems;
  let local: LmdbItemStore;
  beforeEach(async () => {
    bad = 0;
    const { valkey, waiting } = connect();
    remote = remoteItems(valkey, waiting);
    other = remoteItems(valkey, waiting, 'other');
    local = await openTestStore(temporaryFolder());
  });
  const records = (...ids: readonly string[]) => ids.flatMap((id) => readRecord(local, id) ?? []);

  test('the higher stamp stays, and each change is numbered', async () => {
    const start = await remote.end();
    expect(start).toEqual({ entry: '0-0', changes: 0 });
    await local.put([putOf('a', 2), putOf('é🙂')]);
    expect(await remote.push(records('a', 'é🙂'), recipe)).toBe(2);
    expect(await remote.push(records('a', 'é🙂'), recipe)).toBe(0);
    const older = await openTestStore(temporaryFolder());
    await older.put([putOf('a', 1, 'older')]);
    expect(await remote.push([readRecord(older, 'a') ?? []].flat(), recipe)).toBe(0);
    await local.delete([{ id: 'a', version: 2n }]);
    expect(await remote.push(records('a'), recipe)).toBe(1);
    expect(await remote.records(['a', 'nobody', 'é🙂'])).toEqual([
      { kind: 'tombstone', id: 'a', version: 2n },
      expect.objectContaining({ kind: 'item', id: 'é🙂', text: 'text of é🙂' }),
    ]);
    expect(await remote.stamps(['é🙂', 'nobody'])).toEqual([localStamp(local, 'é🙂'), null]);
    const changes = await remote.changes(start ?? { entry: '0-0', changes: 0 }, 10);
    expect(changes?.map(({ id, changes: n }) => `${id} ${n}`)).toEqual(['a 1', 'é🙂 2', 'a 3']);
    const end = await remote.end();
    expect(end).toMatchObject({ entry: changes?.at(-1)?.entry, changes: 3 });
    expect(await remote.changes(end ?? { entry: '', changes: 0 }, 10)).toEqual([]);
    expect(bad).toBe(0);
  });

  test('what is wanted takes the place of another summary, and of none', async () => {
    await local.put([putOf('a')]);
    const bare = records('a');
    await remote.push(bare, recipe);
    await local.settle([{ id: 'a', contentHash: local.get('a')?.contentHash ?? '', ...made }]);
    const finished = records('a');
    expect(bare[0]?.stamp.endsWith(bareRecipe)).toBe(true);
    expect(finished[0]?.stamp).toBe(finishedStamp(bare[0]?.stamp ?? '', recipe));
    expect(await remote.push(finished, 'another recipe')).toBe(1);
    expect(await remote.push(bare, recipe)).toBe(0);
    expect(await remote.records(['a'])).toMatchObject([made]);
  });

  test('a place in the stream is there until the stream is lost', async () => {
    await local.put([putOf('a'), putOf('b')]);
    await remote.push(records('a'), recipe);
    const place = (await remote.end()) ?? { entry: '', changes: 0 };
    await remote.push(records('b'), recipe);
    expect(await remote.check(place)).toEqual({ isThere: true, changes: 2 });
    expect(await remote.check({ entry: '0-0', changes: 0 })).toEqual({ isThere: true, changes: 2 });
    expect(await remote.check({ ...place, changes: 5 })).toEqual({ isThere: false, changes: 2 });
    const gone = { ...place, entry: '1-7' };
    expect(await remote.check(gone)).toEqual({ isThere: false, changes: 2 });
  });

  test('all stamps come in pages', async () => {
    const ids = Array.from({ length: 450 }, (_, i) => `k${i}`);
    await local.put(ids.map((id) => putOf(id)));
    for (let start = 0; start < ids.length; start += 100) {
      await remote.push(records(...ids.slice(start, start + 100)), recipe);
    }
    const found = new Map<string, string>();
    for (let cursor = '0', pages = 0; pages === 0 || cursor !== '0'; pages += 1) {
      const page = await remote.page(cursor);
      page?.stamps.forEach((stamp, id) => found.set(id, stamp));
      cursor = page?.cursor ?? '0';
    }
    expect([...found.keys()].sort()).toEqual([...ids].sort());
    expect(found.get('k7')).toBe(localStamp(local, 'k7'));
    expect(await remote.records(ids)).toHaveLength(450);
  });

  test('one server makes an item, until it is made', async () => {
    await local.put([putOf('a')]);
    await remote.push(records('a'), recipe);
    const finished = finishedStamp(localStamp(local, 'a') ?? '', recipe);
    expect(await remote.claim('a', finished)).toBe('ours');
    expect(await other.claim('a', finished)).toBe('theirs');
    expect(await remote.claim('a', finished)).toBe('ours');
    await local.settle([{ id: 'a', contentHash: local.get('a')?.contentHash ?? '', ...made }]);
    await remote.push(records('a'), recipe);
    expect(await other.claim('a', finished)).toBe('made');
  });
}

describe('the fake of the tests', () => {
  contract(() => {
    const valkey = new ItemsValkey();
    return { valkey, waiting: valkey };
  });
});

const real = valkeyBinary === undefined ? describe.skip : describe;
real(valkeyBinary === undefined ? noValkey : `a real ${valkeyBinary}`, () => {
  let server: Awaited<ReturnType<typeof startValkey>>;
  let connected: Awaited<ReturnType<typeof connectBoth>>;
  beforeAll(async () => {
    server = await startValkey();
    connected = await connectBoth(server.port);
  });
  beforeEach(async () => {
    await connected.valkey.run('FLUSHALL', [], { mostBytes: 10 });
  });
  afterAll(async () => {
    connected.close();
    await server.kill();
  });
  contract(() => connected);

  test('a reply of long records ends early, and the rest is asked for', async () => {
    const remote = remoteItems(connected.valkey);
    const local = await openTestStore(temporaryFolder());
    const ids = Array.from({ length: 300 }, (_, i) => `k${i}`);
    await local.put(ids.map((id) => putOf(id, 1, 'x'.repeat(1000))));
    for (let start = 0; start < ids.length; start += 50) {
      const part = ids.slice(start, start + 50).flatMap((id) => readRecord(local, id) ?? []);
      expect(await remote.push(part, recipe)).toBe(50);
    }
    expect(await remote.records(ids)).toHaveLength(300);
  });
});

afterEach(() => {
  expect(bad).toBe(0);
});
