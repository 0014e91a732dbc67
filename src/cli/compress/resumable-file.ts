import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { DataError } from '../../base/errors.ts';

/**
 * A file of lines that is written over hours. Until it is finished, its lines are in `FILE.part`,
 * which a later run goes on with.
 */
export class ResumableFile {
  readonly #out: string;
  readonly #handle: FileHandle;
  /** Complete lines that were there at the start. */
  readonly found: number;

  private constructor(out: string, handle: FileHandle, found: number) {
    this.#out = out;
    this.#handle = handle;
    this.found = found;
  }

  /**
   * Opens the unfinished file of an earlier run, or a new one. A line that was not completed goes.
   *
   * @throws DataError when `out` is there and finished.
   */
  static async open(out: string): Promise<ResumableFile> {
    if (existsSync(out)) {
      throw new DataError(`${out} is finished already; remove it, or name another file with --out`);
    }
    const handle = await open(partOf(out), 'a+').catch((cause: unknown) => {
      throw new DataError(`${partOf(out)} cannot be written: ${String(cause)}`, { cause });
    });
    const { lines, bytes } = await countLines(partOf(out));
    await handle.truncate(bytes);
    return new ResumableFile(out, handle, lines);
  }

  async append(line: string): Promise<void> {
    await this.#handle.write(`${line}\n`);
  }

  /** Closes the file. With `isWhole` it gets its name, compressed when that ends in .gz. */
  async close(isWhole: boolean): Promise<void> {
    await this.#handle.close();
    if (!isWhole) {
      return;
    }
    const part = partOf(this.#out);
    if (this.#out.endsWith('.gz')) {
      const packed = `${part}.gz`;
      await pipeline(createReadStream(part), createGzip(), createWriteStream(packed));
      await rename(packed, this.#out);
      await rm(part);
    } else {
      await rename(part, this.#out);
    }
  }
}

export function partOf(out: string): string {
  return `${out}.part`;
}

/** Complete lines, and the bytes up to the end of the last one. */
async function countLines(
  file: string,
): Promise<{ readonly lines: number; readonly bytes: number }> {
  let [lines, bytes, read] = [0, 0, 0];
  for await (const piece of createReadStream(file)) {
    const chunk = piece as Buffer;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, end + 1)) {
      lines += 1;
      bytes = read + end + 1;
    }
    read += chunk.length;
  }
  return { lines, bytes };
}
