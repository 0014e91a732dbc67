import type { JsonRecord } from '../base/files/json-record.ts';

/** A file of a built model. */
export interface FileEntry {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const hexHash = /^[0-9a-f]{64}$/;

export function parseFile(json: JsonRecord): FileEntry {
  return {
    file: json.text('file', /^[\w-][\w.-]*$/, 'a plain file name'),
    bytes: json.count('bytes'),
    sha256: json.text('sha256', hexHash, 'a SHA-256'),
  };
}
