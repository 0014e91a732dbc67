import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../temporary-folder.ts';

/** A file of JSON lines, gzip when its name says so. */
export function linesFile(items: readonly object[], name = 'items.jsonl'): string {
  const text = `${items.map((item) => JSON.stringify(item)).join('\n')}\n`;
  const file = join(temporaryFolder(), name);
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

/** An item as a line of a corpus. */
export const itemLine = (n: number) => ({
  _id: `k${n}`,
  title: `Title ${n}`,
  text: `Night shifts of ${n}.`,
});

/** Its summary as `slmrank compress` writes it. */
export const summaryLine = (n: number, version = 'v1') => ({
  _id: `k${n}`,
  title: `Title ${n}`,
  text: 'night shifts',
  metadata: { kept: [[0, 12]], tokens: 2, raw_tokens: 5, method: 'search', version },
});
