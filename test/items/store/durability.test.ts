import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { closeTestStore, openTestStore, putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('a full store', () => {
  const long = 'x'.repeat(10_000);

  test('refuses puts, and reads, deletes and takes puts again when there is room', async () => {
    const store = await openTestStore(temporaryFolder(), { maxBytes: 1_000_000 });
    const fill = async () => {
      for (let count = 0; ; count += 1) {
        await store.put([putOf(`k${count}`, 1, long)]);
      }
    };
    await expect(fill()).rejects.toMatchObject({
      kind: 'overloaded',
      reason: 'ITEMS_FULL',
      message: expect.stringContaining('SLMRANK_ITEMS_MAX_BYTES is 1000000'),
    });
    expect(store.get('k0')).toMatchObject({ text: long });
    const { items, usedBytes } = store.stats();
    expect(items).toBeGreaterThan(10);
    expect(usedBytes).toBeLessThan(1_000_000);
    await store.delete(store.list({ limit: 30 }).map(({ id }) => ({ id, version: undefined })));
    expect(await store.put([putOf('new', 1, long)])).toEqual(['stored']);
  });

  test('a disk that takes no more refuses writes alone, and nothing half is stored', async () => {
    const script = `
      process.on('SIGXFSZ', () => undefined);
      const { openItemStore } = await import(${JSON.stringify(import.meta.resolve('../../../src/items/store/open-store.ts'))});
      const store = await openItemStore({ folder: process.argv[1], maxBytes: 1e9 });
      let stored = 0;
      try {
        for (;; stored += 50) {
          const items = Array.from({ length: 50 }, (_, i) => ({
            id: String(stored + i), version: 1n, title: undefined, text: 'x'.repeat(2000),
          }));
          await store.put(items);
        }
      } catch ({ reason, message }) {
        const { items } = store.stats();
        // Failures must not add up to an unheard rejection, which would end the process.
        for (let again = 0; again < 5; again += 1) {
          const item = { id: 'again', version: 1n, title: undefined, text: 'x'.repeat(500_000) };
          await store.put([item]).then(() => { throw new Error('stored'); }, () => undefined);
        }
        const found = store.heads(['0', String(stored)]).map((head) => head?.id ?? null);
        console.log(JSON.stringify({ reason, message, stored, items, found }));
      }
      await store.close();
      process.exit(0);`;
    // Blocks of 1,024 bytes; the system then refuses to let files grow.
    const command = 'ulimit -f 3000; exec "$0" --import tsx --input-type=module -e "$1" "$2"';
    const child = spawn('bash', ['-c', command, process.execPath, script, temporaryFolder()], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { reason, message, stored, items, found } = JSON.parse(await outputOf(child)) as Record<
      string,
      unknown
    >;
    expect(reason).toBe('ITEMS_FULL');
    expect(message).toContain('items are read, but not written');
    expect(stored).toBeGreaterThan(100);
    expect(items).toBe(stored);
    expect(found).toEqual(['0', null]);
  });
});

test('kill -9 while it writes loses nothing that was acknowledged', async () => {
  const folder = temporaryFolder();
  const writer = fileURLToPath(
    new URL('../../support/items/write-until-killed.ts', import.meta.url),
  );
  const there = new Set<string>();
  const gone = new Set<string>();
  for (const round of ['first', 'second', 'third']) {
    const child = spawn(process.execPath, ['--import', 'tsx', writer, folder, round], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let lines = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      lines += chunk.toString().split('\n').length - 1;
      if (lines > 60) {
        child.kill('SIGKILL');
      }
    });
    const said = (await outputOf(child)).split('\n').slice(0, -1);
    expect(child.signalCode).toBe('SIGKILL');
    for (const line of said) {
      const [what, ...ids] = line.split(' ');
      ids.forEach((id) => (what === 'put' ? there : gone).add(id));
    }
    const store = await openTestStore(folder);
    try {
      const lost = [...there].filter((id) => !gone.has(id) && store.get(id) === undefined);
      // Those of a delete that was never acknowledged may be gone already.
      expect(lost.length).toBeLessThanOrEqual(5);
      lost.forEach((id) => there.delete(id));
      expect(lost.every((id) => id.startsWith(round))).toBe(true);
      expect([...gone].filter((id) => store.get(id) !== undefined)).toEqual([]);
      expect(there.size).toBeGreaterThan(500);
    } finally {
      await closeTestStore(store);
    }
  }
}, 60_000);

async function outputOf(child: ReturnType<typeof spawn>): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return text;
}
