import { createReadStream } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { DataError, dataError, type Place } from './data-error.ts';

/** Far above any text a model reads; keeps a file without line ends (or a gzip bomb) from filling the memory. */
export const maxLineBytes = 16 * 2 ** 20;

export interface Line extends Place {
  /** Without its line end; never empty or blank. */
  readonly text: string;
}

/**
 * The lines of a UTF-8 text file, plain or gzip (told by its first bytes, not by its name), without the blank ones.
 * Streams: holds one line and one chunk at a time.
 *
 * @throws DataError for a missing file, damaged gzip, invalid UTF-8, or a line over `maxBytes`.
 */
export async function* readLines(file: string, maxBytes = maxLineBytes): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 0;
  for await (const bytes of splitLines(file, maxBytes)) {
    line += 1;
    const text = decode(decoder, bytes, { file, line });
    const content = line === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (content.trim() !== '') {
      yield { file, line, text: content };
    }
  }
}

/** `name` in `folder`, plain or with `.gz`. @throws DataError naming both. */
export async function findDataFile(folder: string, name: string): Promise<string> {
  for (const file of [join(folder, name), join(folder, `${name}.gz`)]) {
    if (await isReadable(file)) {
      return file;
    }
  }
  throw new DataError(`${folder}: found neither ${name} nor ${name}.gz`);
}

function decode(decoder: TextDecoder, bytes: Buffer, place: Place): string {
  const end = bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length;
  try {
    return decoder.decode(bytes.subarray(0, end));
  } catch {
    throw dataError(place, 'bytes that are not UTF-8', 'UTF-8 text');
  }
}

async function* splitLines(file: string, maxBytes: number): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let line = 1;
  for await (const chunk of readChunks(file, () => line)) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      const piece = chunk.subarray(start, end < 0 ? chunk.length : end);
      pendingBytes += piece.length;
      if (pendingBytes > maxBytes) {
        throw dataError({ file, line }, 'a longer line', `at most ${maxBytes} bytes`);
      }
      pending.push(piece);
      if (end < 0) {
        break;
      }
      yield Buffer.concat(pending);
      [pending, pendingBytes, line, start] = [[], 0, line + 1, end + 1];
    }
  }
  if (pendingBytes > 0) {
    yield Buffer.concat(pending);
  }
}

async function* readChunks(file: string, line: () => number): AsyncGenerator<Buffer> {
  const packed = await isGzip(file);
  const source = createReadStream(file);
  const stream: Readable = packed ? source.pipe(createGunzip()) : source;
  source.on('error', (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) {
      yield chunk as Buffer;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(`${file}:${line()}: cannot be read on: ${reason}`, { cause: error });
  } finally {
    source.destroy();
  }
}

async function isGzip(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0).finally(() => {
      void handle.close();
    });
    return bytesRead === 2 && buffer.readUInt16BE(0) === 0x1f8b;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(`${file}: cannot be read: ${reason}`, { cause: error });
  }
}

async function isReadable(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
