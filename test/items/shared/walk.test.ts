import { expect, test } from '@jest/globals';
import { localStamp, readRecord } from '../../../src/items/shared/local-records.ts';
import { RemoteItems } from '../../../src/items/shared/remote-items.ts';
import { Taker } from '../../../src/items/shared/take-records.ts';
import { walk } from '../../../src/items/shared/walk.ts';
import { Seal } from '../../../src/valkey/seal.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { ItemsValkey } from '../../support/items/items-valkey.ts';
import { Link } from '../../support/items/shared-servers.ts';
import { openTestStore, putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function openWalk() {
  const valkey = new ItemsValkey();
  const link = new Link(valkey);
  const remote = new RemoteItems({
    valkey: link,
    waiting: link,
    server: 'me',
    seal: new Seal('secret', 'items'),
    limits: { textBytes: 1000 },
    onBad: () => undefined,
  });
  const local = await openTestStore(temporaryFolder());
  const wanted = () => undefined;
  const faults: unknown[] = [];
  const onFault = (error: unknown) => faults.push(error);
  const taker = new Taker({ local, remote, wanted, onTaken: () => undefined, onFault });
  const abort = new AbortController();
  const run = () =>
    walk({ local, remote, taker, wanted, clock: systemClock, signal: abort.signal });
  return { valkey, link, remote, local, taker, abort, run };
}

test('it sends and takes what is news, and nothing else', async () => {
  const { valkey, remote, local, taker, run } = await openWalk();
  const other = await openTestStore(temporaryFolder());
  await other.put([putOf('same'), putOf('theirs'), putOf('newer', 2, 'theirs'), putOf('older', 1)]);
  await other.delete([{ id: 'gone', version: 2n }]);
  const ids = ['same', 'theirs', 'newer', 'older', 'gone'];
  await remote.push(ids.flatMap((id) => readRecord(other, id) ?? []));
  await local.put([putOf('same'), putOf('mine'), putOf('newer', 1), putOf('older', 2, 'mine')]);
  await local.put([putOf('gone', 1)]);
  expect(await run()).toBe(true);
  expect(taker.taken).toBe(3);
  expect(local.list({ limit: 9 }).map(({ id, version }) => `${id} ${version}`)).toEqual([
    'mine 1',
    'newer 2',
    'older 2',
    'same 1',
    'theirs 1',
  ]);
  expect(local.stored('gone')).toEqual({ kind: 'tombstone', version: 2n });
  expect(await remote.stamps(['mine', 'older'])).toEqual(
    ['mine', 'older'].map((id) => localStamp(local, id)),
  );
  expect(valkey.stream).toHaveLength(5 + 2);
});

test('it ends where there is no answer, and when it is told to', async () => {
  const { link, local, abort, run } = await openWalk();
  await local.put(Array.from({ length: 250 }, (_, i) => putOf(`k${i}`)));
  link.isCut = true;
  expect(await run()).toBe(false);
  link.isCut = false;
  expect(await run()).toBe(true);
  abort.abort();
  expect(await run()).toBe(false);
});
