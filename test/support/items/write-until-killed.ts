/** Puts and deletes items without end, and says on standard output what has been acknowledged. */
import { writeSync } from 'node:fs';
import { openItemStore } from '../../../src/items/store/open-store.ts';

const [, , folder = '', round = ''] = process.argv;

async function writeWithoutEnd(): Promise<never> {
  const store = await openItemStore({ folder, maxBytes: 1e9 });
  for (let count = 0; ; count += 1) {
    const ids = Array.from({ length: 20 }, (_, i) => `${round}-${count}-${i}`);
    const items = ids.map((id) => ({ id, version: 1n, title: undefined, text: `text of ${id}` }));
    await store.put(items);
    writeSync(1, `put ${ids.join(' ')}\n`);
    const gone = ids.slice(0, 5);
    await store.delete(gone.map((id) => ({ id, version: 1n })));
    writeSync(1, `delete ${gone.join(' ')}\n`);
  }
}

await writeWithoutEnd();
