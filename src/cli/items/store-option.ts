import { UsageError } from '../shared/usage.ts';

/** The folder of --store, or else of SLMRANK_ITEMS. @throws UsageError */
export function storeFolder(store: string | undefined, usage: string): string {
  const folder = store ?? process.env['SLMRANK_ITEMS'] ?? '';
  if (folder === '') {
    throw new UsageError(`--store is missing\n\n${usage}`);
  }
  return folder;
}
