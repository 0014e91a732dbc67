import { type BigIntStats, closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { RankError } from '../errors.ts';

/** Names what a path led to and when it was last written to: equal stamps, equal contents. */
export type FileStamp = string;

/** The time of the last change of the entry is part of it, for the time of the last write can be set by anybody. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileStamp {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/** How a file is opened that may turn out to be a pipe or a device: those would be waited for, or have no end. */
export const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

/** @throws RankError unless it is a regular file of at most so many bytes. */
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

/** Told of every read, and able to call the rest off. */
export interface ReadProgress {
  readonly signal: AbortSignal;
  readonly onRead: () => void;
}

export interface ReadLimits {
  readonly mostBytes: number;
  readonly progress?: ReadProgress | undefined;
}

/**
 * Reads a regular file once from end to end, a piece at a time. Resolves to what it was meanwhile.
 *
 * @throws RankError when it is none, too large, or changes meanwhile; the system's error when it cannot be opened.
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

/** Its text. @throws as `readRegular`. */
export async function readRegularText(path: string, limits: ReadLimits): Promise<string> {
  const pieces: Buffer[] = [];
  await readRegular(path, limits, (piece) => pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces).toString('utf8');
}

/** A small file's bytes at once, for what is read while everybody waits. @throws as `readRegular`. */
export function readRegularSync(path: string, mostBytes: number): Buffer {
  const descriptor = openSync(path, openFlags);
  try {
    assertRegular(fstatSync(descriptor, { bigint: true }), path, mostBytes);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** SHA-256 in lower-case hexadecimal, with what was read. @throws as `readRegular`. */
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
