import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { JsonRecord } from '../../src/base/files/json-record.ts';

/** A file of JSON lines that grows as work is done, so that what was stopped goes on where it was. */
export interface KeptLines {
  readonly records: readonly JsonRecord[];
  readonly append: (record: object) => Promise<void>;
}

/** Opens or begins a file. A last line that was cut off is dropped. @throws RankError on any other damage. */
export async function openKeptLines(path: string): Promise<KeptLines> {
  await mkdir(dirname(path), { recursive: true });
  // Makes it if need be, so that reading fails only for a reason.
  await appendFile(path, '');
  const text = await readFile(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) {
    await truncate(path, Buffer.byteLength(whole));
  }
  const lines = whole.split('\n').slice(0, -1);
  return {
    records: lines.map((line, i) => JsonRecord.parse(line, `${path}:${i + 1}`)),
    append: (record) => appendFile(path, `${JSON.stringify(record)}\n`),
  };
}
