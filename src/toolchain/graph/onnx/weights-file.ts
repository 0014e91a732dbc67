import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { FileEntry } from '../../../model/model-files.ts';
import type { TensorData } from './model-proto.ts';

/** Tensors start on pages, so that ONNX Runtime can map them and replicas share the memory. */
export const pageBytes = 4096;

/** Appends tensors to a file and hashes it as it grows; nothing is kept in memory. */
export class WeightsFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(path: string): Promise<WeightsFile> {
    return new WeightsFile(path, await open(path, 'w'));
  }

  async append(values: Float32Array | Uint16Array | Uint8Array | Int8Array): Promise<TensorData> {
    const padding = -this.#bytes & (pageBytes - 1);
    await this.#write(new Uint8Array(padding));
    const offset = this.#bytes;
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    await this.#write(bytes);
    return { kind: 'external', file: basename(this.#path), offset, bytes: bytes.byteLength };
  }

  async finish(): Promise<FileEntry> {
    await this.#handle.sync();
    await this.#handle.close();
    return { file: basename(this.#path), bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Closes the file after a failure; does nothing after `finish`. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done);
      done += bytesWritten;
    }
    this.#hash.update(bytes);
    this.#bytes += bytes.byteLength;
  }
}
