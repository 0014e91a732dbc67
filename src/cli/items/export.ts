import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { LmdbItemStore } from '../../items/store/lmdb-store.ts';
import { readItemStore } from '../../items/store/open-store.ts';
import { openProgress } from '../shared/standard-error.ts';
import { parseOnlyOptions } from '../shared/usage.ts';
import { formatItemLine } from './item-lines.ts';
import { storeFolder } from './store-option.ts';

const usage = `Usage: slmrank items export --store DIR [--out FILE]

Writes all items of a store with their summaries as JSON lines, in the order of their ids. A server may have the store
open. 'slmrank items import' reads them.

  --store DIR   the store's folder (default: SLMRANK_ITEMS)
  --out FILE    gzip when the name ends in .gz (default: standard output)`;

const definitions = { store: { type: 'string' }, out: { type: 'string' } } as const;

export async function run(args: readonly string[]): Promise<number> {
  const { store: folder, out } = parseOnlyOptions(args, usage, definitions);
  const store = await readItemStore(storeFolder(folder, usage));
  try {
    const progress = openProgress('items', store.stats().items);
    const lines = Readable.from(linesOf(store, (done) => progress.update(done)));
    if (out === undefined) {
      await pipeline(lines, process.stdout, { end: false });
    } else if (out.endsWith('.gz')) {
      await pipeline(lines, createGzip(), createWriteStream(out));
    } else {
      await pipeline(lines, createWriteStream(out));
    }
    progress.end();
  } finally {
    await store.close();
  }
  return 0;
}

const pageItems = 500;

/** The lines of a page at a time, with their ends. */
async function* linesOf(
  store: LmdbItemStore,
  onDone: (items: number) => void,
): AsyncGenerator<string> {
  let done = 0;
  for (let after: string | undefined; ; ) {
    const page = store.list({ after, limit: pageItems });
    const items = page.flatMap(({ id }) => store.get(id) ?? []);
    yield items.map((item) => `${formatItemLine(item)}\n`).join('');
    done += page.length;
    onDone(done);
    if (page.length < pageItems) {
      return;
    }
    after = page.at(-1)?.id;
    // The store may be that of a server: what it writes meanwhile is seen from here on.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
