import { readSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { CheckpointError } from './checkpoint.ts';
import { messageOf } from '../../base/errors.ts';

/**
 * A file of a checkpoint, read by position: never whole in memory, and beyond 4 GiB without 32-bit arithmetic.
 * Every failure to read is a CheckpointError naming the file.
 */
export class CheckpointFile {
  /** The path it was opened by, for errors: as the user gave it. */
  readonly name: string;
  readonly bytes: number;
  readonly #handle: FileHandle;

  private constructor(name: string, bytes: number, handle: FileHandle) {
    this.name = name;
    this.bytes = bytes;
    this.#handle = handle;
  }

  /** The caller closes it. */
  static async open(path: string): Promise<CheckpointFile> {
    try {
      // Asked before opening: opening a named pipe would wait for its writer.
      if (!(await stat(path)).isFile()) {
        throw new Error('not a regular file');
      }
      const handle = await open(path, 'r');
      return new CheckpointFile(path, (await handle.stat()).size, handle);
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  /** Bytes of a header, at once. The caller has checked `length` against a limit; the buffer is the caller's. */
  readNow(offset: number, length: number): Buffer {
    this.#assertInside(offset, length);
    const target = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const count = this.#readSome(target.subarray(done), offset + done);
      if (count === 0) {
        throw this.#truncated(offset, length);
      }
      done += count;
    }
    return target;
  }

  /** Fills `target` from `offset` on. */
  async readInto(target: Uint8Array, offset: number): Promise<void> {
    this.#assertInside(offset, target.length);
    for (let done = 0; done < target.length; ) {
      const { bytesRead } = await this.#handle
        .read(target, done, target.length - done, offset + done)
        .catch((error: unknown) => {
          throw unreadable(this.name, error);
        });
      if (bytesRead === 0) {
        throw this.#truncated(offset, target.length);
      }
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #readSome(target: Buffer, offset: number): number {
    try {
      return readSync(this.#handle.fd, target, 0, target.length, offset);
    } catch (error) {
      throw unreadable(this.name, error);
    }
  }

  #assertInside(offset: number, length: number): void {
    if (offset + length > this.bytes) {
      throw this.#truncated(offset, length);
    }
  }

  #truncated(offset: number, length: number): CheckpointError {
    return new CheckpointError(
      `${this.name}: truncated: ${length} bytes wanted at ${offset}; the file has ${this.bytes}`,
    );
  }
}

function unreadable(path: string, cause: unknown): CheckpointError {
  const reason = messageOf(cause);
  return new CheckpointError(`${path}: cannot be read: ${reason}`, { cause });
}
