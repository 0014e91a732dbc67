import { readSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { messageOf } from '../../base/errors.ts';
import { CheckpointError, quote, refuse, within } from './checkpoint.ts';
import { dequantize } from './dequantize.ts';
import { countValues, type StoredTensor, tensorStorage } from './tensor-type.ts';

/**
 * A checkpoint file that is read by position: never as a whole, and past 4 GiB too. Every failed
 * read is a CheckpointError that names the file.
 */
export class CheckpointFile {
  /** The path as the user gave it, for errors. */
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
      // Checked before opening, because opening a named pipe waits for its writer.
      if (!(await stat(path)).isFile()) {
        throw new Error('not a regular file');
      }
      const handle = await open(path, 'r');
      return new CheckpointFile(path, (await handle.stat()).size, handle);
    } catch (error) {
      throw unreadable(path, error);
    }
  }

  /**
   * Reads a header synchronously. The caller has checked `length` against a limit and owns the
   * buffer.
   */
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

  /** Fills `target` with the bytes from `offset` on. */
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

/** Bytes per read, so that reading a tensor needs little more memory than its fp32 values. */
const chunkBytes = 4 * 1024 * 1024;

/**
 * Reads a whole tensor as fp32, row-major; numbers that are not finite are refused. The caller owns
 * the array.
 *
 * @throws CheckpointError naming file and tensor.
 */
export async function readValues(
  source: CheckpointFile,
  tensor: StoredTensor,
): Promise<Float32Array> {
  const { blockBytes, blockValues } = tensorStorage[tensor.type];
  const values = new Float32Array(countValues(tensor.shape));
  const step = Math.floor(chunkBytes / blockBytes) * blockBytes;
  const chunk = new Uint8Array(Math.min(step, tensor.byteLength));
  for (let at = 0; at < tensor.byteLength; at += step) {
    const bytes = chunk.subarray(0, Math.min(step, tensor.byteLength - at));
    await source.readInto(bytes, tensor.offset + at);
    const first = (at / blockBytes) * blockValues;
    const count = (bytes.length / blockBytes) * blockValues;
    dequantize(tensor.type, bytes, values.subarray(first, first + count));
  }
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) {
    const where = within(source.name, `tensor ${quote(tensor.name)}`);
    refuse(where, `value ${odd}`, String(values[odd]), 'finite numbers');
  }
  return values;
}
