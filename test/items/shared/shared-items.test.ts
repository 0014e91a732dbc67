import { describe, expect, test } from '@jest/globals';
import { createDeferred } from '../../../src/base/deferred.ts';
import { ItemsValkey } from '../../support/items/items-valkey.ts';
import {
  closeShared,
  Link,
  openShared,
  type SharedServer,
  until,
  wanted,
} from '../../support/items/shared-servers.ts';
import { storeContract } from '../../support/items/store-contract.ts';
import { putOf, summaryOf } from '../../support/items/stores.ts';

describe('shared with others', () => {
  storeContract(async () => (await openShared(new ItemsValkey())).shared);
});

describe('while Valkey is down', () => {
  storeContract(async () => {
    const valkey = new ItemsValkey();
    valkey.isDown = true;
    return (await openShared(valkey)).shared;
  });
});

const textsOf = ({ local }: SharedServer) =>
  local.list({ limit: 1000 }).map(({ id, version }) => `${id} ${version} ${local.get(id)?.text}`);

async function openTwo(valkey = new ItemsValkey()): Promise<[SharedServer, SharedServer]> {
  return [await openShared(valkey), await openShared(valkey)];
}

test('what is put, changed and deleted on one server is so on the other', async () => {
  const [a, b] = await openTwo();
  await a.shared.put([putOf('x'), { ...putOf('y'), title: 'A title' }]);
  await until(() => b.local.get('y') !== undefined);
  expect(b.local.get('y')).toMatchObject({ version: 1n, title: 'A title', text: 'text of y' });
  await b.shared.put([putOf('y', 2, 'changed')]);
  await until(() => a.local.get('y')?.text === 'changed');
  await a.shared.delete([{ id: 'x', version: undefined }]);
  await until(() => b.local.stored('x').kind === 'tombstone');
  expect(await b.shared.put([putOf('x')])).toEqual(['older']);
});

test('an id that has not come yet is asked for, and one that is nowhere is not found', async () => {
  const valkey = new ItemsValkey();
  const a = await openShared(valkey);
  const cut = new Link(valkey);
  cut.isCut = true;
  const b = await openShared(valkey, { waiting: cut });
  await a.shared.put([putOf('x'), putOf('y')]);
  await b.shared.fetch(['x', 'nobody']);
  expect(b.local.heads(['x', 'y', 'nobody']).map((head) => head?.id)).toEqual([
    'x',
    undefined,
    undefined,
  ]);
  expect(await b.shared.get('y')).toMatchObject({ text: 'text of y' });
  await a.shared.put([putOf('z')]);
  expect(await b.shared.delete([{ id: 'z', version: undefined }])).toEqual(['deleted']);
});

test('a new server gets all items and all that was deleted', async () => {
  const valkey = new ItemsValkey();
  const a = await openShared(valkey);
  const ids = Array.from({ length: 450 }, (_, i) => `k${i}`);
  await a.shared.put(ids.map((id) => putOf(id)));
  await a.shared.delete(ids.slice(0, 30).map((id) => ({ id, version: 7n })));
  const b = await openShared(valkey);
  await until(() => b.shared.state().walks === 1);
  expect(textsOf(b)).toEqual(textsOf(a));
  expect(b.local.stats()).toMatchObject({ items: 420, tombstones: 30 });
});

test('servers that write an id at once end with the same', async () => {
  const valkey = new ItemsValkey();
  const links = [new Link(valkey), new Link(valkey)] as const;
  const [a, b] = [await openShared(links[0]), await openShared(links[1])];
  await until(() => a.shared.state().walks + b.shared.state().walks === 2);
  links.forEach((link) => (link.isCut = true));
  await a.shared.put([putOf('v', 3), putOf('same', 1, 'one'), putOf('gone', 4)]);
  await b.shared.put([putOf('v', 2, 'older'), putOf('same', 1, 'other'), putOf('gone', 4)]);
  await b.shared.delete([{ id: 'gone', version: 4n }]);
  links.forEach((link) => (link.isCut = false));
  await until(() => a.shared.state().waiting + b.shared.state().waiting === 0);
  await until(() => JSON.stringify(textsOf(a)) === JSON.stringify(textsOf(b)));
  expect(textsOf(a)).toHaveLength(2);
  expect(a.local.get('v')).toMatchObject({ version: 3n, text: 'text of v' });
});

describe('summaries and token ids', () => {
  const made = (text: string) => ({
    summary: summaryOf(text, 'search'),
    encoded: { encoding: 'e1', ids: Int32Array.of(5, 70_000) },
  });
  const contentHash = ({ local }: SharedServer, id: string) => local.get(id)?.contentHash ?? 'none';

  test('that one server has made are taken by the others', async () => {
    const [a, b] = await openTwo();
    await a.shared.put([putOf('x')]);
    await until(() => b.local.stats().stale === 1);
    await a.shared.settle([{ id: 'x', contentHash: contentHash(a, 'x'), ...made('short') }]);
    await until(() => b.local.stats().stale === 0);
    expect(b.local.get('x')).toMatchObject(made('short'));
  });

  test('are made by the server that claims them', async () => {
    const [a, b] = await openTwo();
    await a.shared.put([putOf('x')]);
    await until(() => b.local.stats().stale === 1);
    expect(await a.shared.claim('x')).toBe(true);
    expect(await b.shared.claim('x')).toBe(false);
    expect(await a.shared.claim('x')).toBe(true);
  });

  test('are not made again by a server that has not heard of them', async () => {
    const valkey = new ItemsValkey();
    const link = new Link(valkey);
    const [a, b] = [await openShared(valkey), await openShared(valkey, { waiting: link })];
    await a.shared.put([putOf('x')]);
    await until(() => b.local.stats().stale === 1);
    link.isCut = true;
    await a.shared.settle([{ id: 'x', contentHash: contentHash(a, 'x'), ...made('short') }]);
    await until(() => a.shared.state().waiting === 0);
    expect(await b.shared.claim('x')).toBe(false);
    expect(b.local.get('x')).toMatchObject(made('short'));
  });

  test('are made where Valkey does not answer', async () => {
    const valkey = new ItemsValkey();
    const a = await openShared(valkey);
    await a.shared.put([putOf('x')]);
    valkey.isDown = true;
    expect(await a.shared.claim('x')).toBe(true);
  });

  test('of two versions of the compressor do not take turns', async () => {
    const valkey = new ItemsValkey();
    const [a, b] = await openTwo(valkey);
    b.shared.want({ ...wanted, summary: { method: 'search', version: '2' } });
    await a.shared.put([putOf('x')]);
    await until(() => b.local.get('x') !== undefined);
    const content = contentHash(a, 'x');
    await a.shared.settle([{ id: 'x', contentHash: content, ...made('by 1') }]);
    await until(() => b.local.get('x')?.summary?.text === 'by 1');
    const newer = { ...made('by 2'), summary: summaryOf('by 2', 'search', '2') };
    await b.shared.settle([{ id: 'x', contentHash: content, ...newer }]);
    await until(() => valkey.stream.length === 3);
    b.shared.want(wanted);
    b.shared.want({ ...wanted, summary: { method: 'search', version: '2' } });
    await until(() => b.shared.state().walks >= 2);
    expect(a.local.get('x')).toMatchObject({ summary: { text: 'by 1' } });
    expect(b.local.get('x')).toMatchObject({ summary: { text: 'by 2' } });
    expect(valkey.stream).toHaveLength(3);
  });
});

test('what was written while Valkey was down comes later, from a process that ended too', async () => {
  const valkey = new ItemsValkey();
  const links = [new Link(valkey), new Link(valkey)] as const;
  valkey.isDown = true;
  const [a, b] = [await openShared(links[0]), await openShared(links[1])];
  expect(await a.shared.put([putOf('x')])).toEqual(['stored']);
  expect(await b.shared.put([putOf('y')])).toEqual(['stored']);
  expect(a.shared.state()).toMatchObject({ waiting: 1, behind: undefined });
  await closeShared(a.shared);
  valkey.isDown = false;
  await until(() => valkey.hash.has('ry'));
  const again = await openShared(links[0], { folder: a.folder });
  await until(() => b.local.get('x') !== undefined && again.local.get('y') !== undefined);
});

test('a server that ends sends what waits first', async () => {
  const valkey = new ItemsValkey();
  const link = new Link(valkey);
  const a = await openShared(link);
  link.isCut = true;
  await a.shared.put([putOf('x')]);
  expect(valkey.hash.size).toBe(0);
  link.isCut = false;
  await closeShared(a.shared);
  expect([...valkey.hash.keys()]).toContain('rx');
});

test('a server ends although Valkey hangs, with all items on its disk', async () => {
  const disconnected = createDeferred<undefined>();
  const hung = { run: () => disconnected.promise };
  const disconnect = () => disconnected.resolve(undefined);
  const a = await openShared(hung, { disconnect });
  const ids = Array.from({ length: 100 }, (_, n) => `k${n}`);
  const puts = ids
    .slice(0, 20)
    .map((client) => a.shared.put(ids.map((id) => putOf(`${client} ${id}`))));
  expect((await Promise.all(puts)).flat()).toEqual(Array<string>(2000).fill('stored'));
  await closeShared(a.shared);
  const again = await openShared(new ItemsValkey(), { folder: a.folder });
  expect(again.local.stats().items).toBe(2000);
});

test('a Valkey that has lost everything is filled again, and nothing is lost here', async () => {
  const valkey = new ItemsValkey();
  const [a, b] = await openTwo(valkey);
  await a.shared.put([putOf('x'), putOf('y')]);
  await b.shared.delete([{ id: 'z', version: 3n }]);
  await until(() => b.local.get('y') !== undefined);
  valkey.empty();
  await until(() => ['rx', 'ry', 'rz'].every((field) => valkey.hash.has(field)));
  const c = await openShared(valkey);
  await until(() => c.shared.state().walks === 1);
  expect([a, b, c].map(textsOf)).toEqual(Array(3).fill(['x 1 text of x', 'y 1 text of y']));
  expect(await c.shared.put([putOf('z', 3)])).toEqual(['older']);
});

test('a server that is behind the end of the stream compares all items', async () => {
  const valkey = new ItemsValkey();
  const link = new Link(valkey);
  const [a, b] = [await openShared(valkey), await openShared(link)];
  await until(() => b.shared.state().walks === 1);
  link.isCut = true;
  valkey.mostEntries = 2;
  const ids = ['v', 'w', 'x', 'y', 'z'];
  await a.shared.put(ids.map((id) => putOf(id)));
  expect(textsOf(b)).toEqual([]);
  link.isCut = false;
  await until(() => b.shared.state().walks === 2);
  expect(textsOf(b)).toEqual(textsOf(a));
});

test('a full store takes no items and all deletes', async () => {
  const valkey = new ItemsValkey();
  const a = await openShared(valkey);
  const b = await openShared(valkey, { maxBytes: 400_000 });
  await b.shared.put([putOf('gone')]);
  await until(() => a.local.get('gone') !== undefined);
  const long = 'x'.repeat(9000);
  await a.shared.put(Array.from({ length: 60 }, (_, i) => putOf(`k${i}`, 1, long)));
  await a.shared.delete([{ id: 'gone', version: undefined }]);
  await until(() => b.local.stored('gone').kind === 'tombstone' && b.shared.state().behind === 0);
  const { refused } = b.shared.state();
  expect(refused).toBe(60 - b.local.stats().items);
  expect(refused).toBeGreaterThan(0);
  expect(b.faults).toHaveLength(refused);
});
