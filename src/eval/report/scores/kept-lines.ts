import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { JsonRecord } from '../../../base/files/json-record.ts';

/** A file of JSON lines to which finished work is appended, so that a stopped report can resume. */
export interface KeptLines {
  readonly records: readonly JsonRecord[];
  readonly append: (record: object) => Promise<void>;
}

/**
 * Opens or creates a file. An incomplete last line, from a stopped write, is removed.
 *
 * @throws RankError when another line is damaged.
 */
export async function openKeptLines(path: string): Promise<KeptLines> {
  await mkdir(dirname(path), { recursive: true });
  // Creates a missing file, so that a failure to read it is a real one.
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
