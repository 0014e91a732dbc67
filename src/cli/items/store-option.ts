import { UsageError } from '../shared/usage.ts';

/** The folder of --store, or else of SLMRANK_ITEMS. @throws UsageError */
export function storeFolder(store: string | undefined, usage: string): string {
  const { SLMRANK_ITEMS: named = '' } = process.env;
  const folder = store ?? named;
  if (folder === '') {
    throw new UsageError(`--store is missing\n\n${usage}`);
  }
  return folder;
}
