import { formatTable } from '../../base/format-table.ts';
import { readItemStore } from '../../items/store/open-store.ts';
import { parseOnlyOptions } from '../shared/usage.ts';
import { storeFolder } from './store-option.ts';

const usage = `Usage: slmrank items stat --store DIR

Reads a whole store and says what is in it, or what is wrong with it. A server may have it open.

  --store DIR   the store's folder (default: SLMRANK_ITEMS)`;

export async function run(args: readonly string[]): Promise<number> {
  const { store: folder } = parseOnlyOptions(args, usage, { store: { type: 'string' } });
  const store = await readItemStore(storeFolder(folder, usage));
  try {
    const { items, tombstones, usedBytes, fileBytes } = store.stats();
    const rows: [string, string][] = [
      ['items', show(items)],
      ['deleted, whose versions are remembered', show(tombstones)],
      ['bytes of pages in use', show(usedBytes)],
      ['bytes of the file', show(fileBytes)],
      ...[...store.progress()].map(([word, count]): [string, string] => [
        describeProgress(word),
        show(count),
      ]),
    ];
    process.stdout.write(formatTable(rows));
  } finally {
    await store.close();
  }
  return 0;
}

/** "summary of search 1a2b, token ids of 3c4d" */
export function describeProgress(word: string): string {
  const isParked = word.startsWith('parked ');
  const [maker = '', encoding = ''] = JSON.parse(isParked ? word.slice(7) : word) as string[];
  const summary = maker === '' ? 'no summary' : `summary of ${maker}`;
  const ids = encoding === '' ? 'no token ids' : `token ids of ${encoding}`;
  return isParked ? `failed on the way to ${summary}, ${ids}` : `${summary}, ${ids}`;
}

function show(count: number): string {
  return count.toLocaleString('en-US');
}
