import { type BigIntStats, closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { RankError } from '../errors.ts';

/** Identifies a file and its last change: equal stamps mean equal contents. */
export type FileStamp = string;

/** Includes ctime, because the owner of a file can set its mtime. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileStamp {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/**
 * Flags for a path that may be a pipe or a device. Without O_NONBLOCK, opening a pipe waits for its
 * writer.
 */
export const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

/** @throws RankError unless it is a regular file of at most `mostBytes`. */
export function assertRegular(found: BigIntStats, path: string, mostBytes: number): void {
  if (!found.isFile()) {
    throw new RankError('invalid-argument', `${path} is ${kindOf(found)}; a file is needed`);
  }
  if (found.size > mostBytes) {
    throw new RankError(
      'invalid-argument',
      `${path} has ${found.size} bytes; at most ${mostBytes} are allowed`,
    );
  }
}

/** `onRead` is called after every read; `signal` cancels the rest. */
export interface ReadProgress {
  readonly signal: AbortSignal;
  readonly onRead: () => void;
}

export interface ReadLimits {
  readonly mostBytes: number;
  readonly progress?: ReadProgress | undefined;
}

/**
 * Reads a whole regular file once, in pieces of at most 1 MiB. A piece is valid until `onPiece`
 * returns. Resolves to the stamp that the file had during the read.
 *
 * @throws RankError when it is not a regular file, is too large, or changes during the read. The
 * system's error when it cannot be opened.
 */
export async function readRegular(
  path: string,
  limits: ReadLimits,
  onPiece: (piece: Buffer) => void,
): Promise<FileStamp> {
  const handle = await open(path, openFlags);
  try {
    const before = await handle.stat({ bigint: true });
    assertRegular(before, path, limits.mostBytes);
    await readPieces(handle, limits, onPiece);
    const stamp = stampOf(before);
    if (stampOf(await handle.stat({ bigint: true })) !== stamp) {
      throw new RankError('invalid-argument', `${path} changed while it was read`);
    }
    return stamp;
  } finally {
    await handle.close();
  }
}

/** The text of a regular file. @throws as `readRegular`. */
export async function readRegularText(path: string, limits: ReadLimits): Promise<string> {
  const pieces: Buffer[] = [];
  await readRegular(path, limits, (piece) => pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces).toString('utf8');
}

/** The bytes of a small file, read synchronously. @throws as `readRegular`. */
export function readRegularSync(path: string, mostBytes: number): Buffer {
  const descriptor = openSync(path, openFlags);
  try {
    assertRegular(fstatSync(descriptor, { bigint: true }), path, mostBytes);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** SHA-256 in lower-case hexadecimal, with the file's stamp. @throws as `readRegular`. */
export async function hashRegular(
  path: string,
  limits: ReadLimits,
): Promise<{ readonly stamp: FileStamp; readonly sha256: string }> {
  const hash = createHash('sha256');
  const stamp = await readRegular(path, limits, (piece) => hash.update(piece));
  return { stamp, sha256: hash.digest('hex') };
}

async function readPieces(
  handle: FileHandle,
  { progress }: ReadLimits,
  onPiece: (piece: Buffer) => void,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (;;) {
    progress?.signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    progress?.onRead();
    if (bytesRead === 0) {
      return;
    }
    onPiece(buffer.subarray(0, bytesRead));
  }
}

function kindOf(found: BigIntStats): string {
  if (found.isDirectory()) {
    return 'a folder';
  }
  return found.isFIFO() ? 'a pipe' : 'a device or a socket';
}
