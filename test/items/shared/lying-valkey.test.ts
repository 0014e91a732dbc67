import { expect, test } from '@jest/globals';
import type { Reply } from '../../../src/valkey/valkey.ts';
import { ItemsValkey } from '../../support/items/items-valkey.ts';
import { openShared, until } from '../../support/items/shared-servers.ts';
import { putOf } from '../../support/items/stores.ts';

const ids = Array.from({ length: 25 }, (_, i) => `k${i}`);

/** Changes the stored bytes of every record. */
function spoil(valkey: ItemsValkey, change: (record: Buffer, id: string) => Buffer): void {
  for (const id of ids) {
    valkey.hash.set(`r${id}`, change(valkey.hash.get(`r${id}`) ?? Buffer.alloc(0), id));
  }
}

const flip = (record: Buffer) => {
  const changed = Buffer.from(record);
  changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
  return changed;
};

test.each<[string, (valkey: ItemsValkey) => void]>([
  [
    'swaps records',
    (valkey) =>
      spoil(valkey, (_, id) => valkey.hash.get(id === 'k0' ? 'rk1' : 'rk0') ?? Buffer.alloc(0)),
  ],
  ['flips a bit', (valkey) => spoil(valkey, flip)],
  ['cuts records', (valkey) => spoil(valkey, (record) => record.subarray(0, record.length - 1))],
  ['sends noise', (valkey) => spoil(valkey, (record) => Buffer.alloc(record.length, 0xff))],
  [
    'sends giants',
    (valkey) => spoil(valkey, (record) => Buffer.concat([record, Buffer.alloc(1e6)])),
  ],
])('a Valkey that %s fills nobody with wrong items', async (_, lie) => {
  const valkey = new ItemsValkey();
  const a = await openShared(valkey);
  await a.shared.put(ids.map((id) => putOf(id)));
  lie(valkey);
  const b = await openShared(valkey);
  await until(() => b.shared.state().walks === 1);
  for (const { id } of b.local.list({ limit: 100 })) {
    expect(b.local.get(id)).toMatchObject({ id, text: `text of ${id}` });
  }
  const { bad, taken } = b.shared.state();
  expect(bad).toBeGreaterThanOrEqual(24);
  expect(taken).toBeLessThanOrEqual(1);
  await b.shared.fetch(['k3']);
  await expect(b.shared.get('k3')).resolves.toBeUndefined();
});

const nonsense: readonly Reply[] = [
  null,
  7,
  [],
  [null],
  [[]],
  [Buffer.from('0'), 5],
  [Buffer.from('x'), []],
  [[Buffer.from('s'), [[Buffer.from('1-0'), [Buffer.from('n')]]]]],
  Buffer.from('ÿ'),
];

test.each(nonsense.map((reply) => [reply]))(
  'a Valkey that always answers %j changes nothing, and all writes go on',
  async (reply) => {
    const valkey = new ItemsValkey();
    const a = await openShared(valkey);
    await a.shared.put([putOf('x')]);
    valkey.lie = () => reply;
    expect(await a.shared.put([putOf('y'), putOf('x', 2)])).toEqual(['stored', 'stored']);
    expect(await a.shared.delete([{ id: 'q', version: undefined }])).toEqual(['missing']);
    await a.shared.fetch(['z']);
    expect(await a.shared.get('z')).toBeUndefined();
    expect(await a.shared.claim('x')).toBe(true);
    expect(a.local.list({ limit: 9 }).map(({ id }) => id)).toEqual(['x', 'y']);
    expect(a.faults).toEqual([]);
    valkey.lie = (honest) => honest;
    const b = await openShared(valkey);
    await until(() => b.local.get('y') !== undefined);
  },
);

test('old records, sent again, change nothing that is newer', async () => {
  const valkey = new ItemsValkey();
  const a = await openShared(valkey);
  await a.shared.put([putOf('x', 1, 'old')]);
  const old = valkey.hash.get('rx') ?? Buffer.alloc(0);
  await a.shared.put([putOf('x', 2, 'new')]);
  const b = await openShared(valkey);
  await until(() => b.local.get('x')?.version === 2n);
  valkey.hash.set('rx', old);
  valkey.hash.set('sx', Buffer.from(`${'9'.repeat(20)}0${'0'.repeat(48)}`));
  await b.shared.fetch(['x']);
  expect(b.local.get('x')).toMatchObject({ version: 2n, text: 'new' });
});

test('what came while Valkey lied comes when it no longer does', async () => {
  const valkey = new ItemsValkey();
  const [a, b] = [await openShared(valkey), await openShared(valkey)];
  await until(() => a.shared.state().walks + b.shared.state().walks === 2);
  const isRecords = (reply: Reply): reply is Reply[] => Array.isArray(reply) && reply.length === 25;
  valkey.lie = (reply, name) =>
    name === 'EVAL' && isRecords(reply) ? [...reply].reverse() : reply;
  await a.shared.put(ids.map((id) => putOf(id)));
  await until(() => b.shared.state().bad >= 24);
  expect(b.local.stats().items).toBeLessThanOrEqual(1);
  valkey.lie = (honest) => honest;
  await until(() => b.local.stats().items === 25);
});
