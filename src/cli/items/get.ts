import { DataError } from '../../base/errors.ts';
import { readItemStore } from '../../items/store/open-store.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';
import { formatItemLine } from './item-lines.ts';
import { storeFolder } from './store-option.ts';

const usage = `Usage: slmrank items get --store DIR ID [ID...]

Prints items of a store as JSON lines. A server may have it open.

  --store DIR   the store's folder (default: SLMRANK_ITEMS)`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals: ids } = parseOptions(args, usage, { store: { type: 'string' } });
  if (ids.length === 0) {
    throw new UsageError(`no id is given; one or more are needed\n\n${usage}`);
  }
  const store = await readItemStore(storeFolder(values.store, usage));
  try {
    const items = ids.map((id) => store.get(id));
    const missing = ids.find((_, place) => items[place] === undefined);
    if (missing !== undefined) {
      throw new DataError(`no item '${missing}' is stored`);
    }
    items.forEach((item) => item && process.stdout.write(`${formatItemLine(item)}\n`));
  } finally {
    await store.close();
  }
  return 0;
}
