import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { DataError, dataError, messageOf, type Place } from '../errors.ts';

/**
 * Far above any text that a model reads. The limit prevents a file without line ends, or a gzip
 * bomb, from filling the memory.
 */
export const maxLineBytes = 16 * 2 ** 20;

export interface Line extends Place {
  /** Without the line end. Never empty or blank. */
  readonly text: string;
}

/** A source of lines, such as a file or standard input. */
export interface LineSource {
  /** The name in messages. */
  readonly name: string;
  /** All bytes, from the start. The stream is closed after reading. */
  open(): Readable;
}

/**
 * The lines of a file, as `readLinesOf` returns them. @throws DataError, also for a missing file.
 */
export function readLines(file: string, maxBytes = maxLineBytes): AsyncGenerator<Line> {
  return readLinesOf({ name: file, open: () => createReadStream(file) }, maxBytes);
}

/** Called with the fault of a line, which is then left out. May throw to stop reading. */
export type OnBadLine = (error: Error) => void;

function refuseLine(error: Error): never {
  throw error;
}

/**
 * The lines of UTF-8 text without the blank ones. The text may be plain or gzip, which its first
 * bytes decide. Only one line and one chunk are in memory at a time.
 *
 * @throws DataError for an unreadable source, damaged gzip, a line over `maxBytes`, and for invalid
 * UTF-8 unless `onBadLine` returns.
 */
export async function* readLinesOf(
  source: LineSource,
  maxBytes = maxLineBytes,
  onBadLine: OnBadLine = refuseLine,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const { name: file } = source;
  let line = 0;
  for await (const bytes of splitLines(source, maxBytes)) {
    line += 1;
    const text = decode(decoder, bytes, { file, line });
    if (typeof text !== 'string') {
      onBadLine(text);
      continue;
    }
    const content = line === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (content.trim() !== '') {
      yield { file, line, text: content };
    }
  }
}

/** The path of `name` or `name.gz` in `folder`. @throws DataError naming both. */
export async function findDataFile(folder: string, name: string): Promise<string> {
  for (const file of [join(folder, name), join(folder, `${name}.gz`)]) {
    if (await isReadable(file)) {
      return file;
    }
  }
  throw new DataError(`${folder}: found neither ${name} nor ${name}.gz`);
}

function decode(decoder: TextDecoder, bytes: Buffer, place: Place): string | DataError {
  const end = bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length;
  try {
    return decoder.decode(bytes.subarray(0, end));
  } catch {
    return dataError(place, 'bytes that are not UTF-8', 'UTF-8 text');
  }
}

async function* splitLines(source: LineSource, maxBytes: number): AsyncGenerator<Buffer> {
  const { name: file } = source;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let line = 1;
  for await (const chunk of readChunks(source, () => line)) {
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

async function* readChunks(source: LineSource, line: () => number): AsyncGenerator<Buffer> {
  const { name } = source;
  const stream = source.open();
  const rest = stream[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  try {
    const head = await readHead(name, rest);
    const chunks = prepend(head, rest);
    const isGzip = head.length >= 2 && head.readUInt16BE(0) === 0x1f8b;
    yield* isGzip ? unpack(chunks) : chunks;
  } catch (error) {
    if (error instanceof DataError) {
      throw error;
    }
    const reason = messageOf(error);
    throw new DataError(`${name}:${line()}: reading failed: ${reason}`, { cause: error });
  } finally {
    stream.destroy();
  }
}

/** The first two bytes or more; fewer when there are no more. A pipe may give them one by one. */
async function readHead(name: string, chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  try {
    while (head.length < 2) {
      const next = await chunks.next();
      if (next.done === true) {
        break;
      }
      head = Buffer.concat([head, next.value]);
    }
  } catch (error) {
    const reason = messageOf(error);
    throw new DataError(`${name}: cannot be read: ${reason}`, { cause: error });
  }
  return head;
}

async function* prepend(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}

/** Reading the result throws the errors of both streams. */
async function* unpack(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of pipeline(chunks, createGunzip(), () => undefined)) {
    yield chunk as Buffer;
  }
}

async function isReadable(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
