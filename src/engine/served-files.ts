import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, RankError } from '../base/errors.ts';
import { type Manifest, type Provider, scoreGraph } from '../model/manifest.ts';
import { type FileStamps, mostBytes } from '../model/model-files.ts';
import { assertRegular, openFlags, type FileStamp, stampOf } from '../base/files/regular-file.ts';

/**
 * The two files of a session: the provider's graph, and the weights. They are compared with the
 * verified files at every load and after every run: ONNX Runtime maps the weights into memory, so
 * writing into the file changes the scores of an open session. All calls block, so that a disk that
 * does not answer stops only this thread.
 */
export class ServedFiles {
  /** The folder to load from, with the symbolic links resolved that ONNX Runtime would refuse. */
  readonly dir: string;
  readonly #graph: OpenFile;
  readonly #weights: OpenFile;

  /**
   * `verified` has the stamps of the files when they last had the manifest's digests. A file with
   * another stamp, or with none, is read and hashed now.
   *
   * @throws RankError `unavailable` that names the file with another digest.
   */
  constructor(dir: string, manifest: ServedManifest, provider: Provider, verified: FileStamps) {
    const { weights } = manifest;
    const graph = scoreGraph(manifest, provider);
    this.dir = resolveFolder(dir, graph.file, weights.file);
    this.#graph = new OpenFile(join(this.dir, graph.file), graph.sha256, mostBytes.graph);
    try {
      this.#weights = new OpenFile(join(this.dir, weights.file), weights.sha256, mostBytes.weights);
    } catch (error) {
      this.#graph.close();
      throw error;
    }
    try {
      this.#graph.verify(verified[graph.file]);
      this.#weights.verify(verified[weights.file]);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Called after the session has opened the files by name. @throws RankError when they may be
   * others.
   */
  assertLoaded(): void {
    this.#graph.assertSame();
    this.#weights.assertSame();
    this.#graph.close();
  }

  /**
   * Whether the weights were written to since the last call, but have the same contents again.
   *
   * @throws ChangedFileError when the contents differ.
   */
  wereWritten(): boolean {
    return this.#weights.wasWritten();
  }

  close(): void {
    this.#graph.close();
    this.#weights.close();
  }
}

type ServedManifest = Pick<Manifest, 'name' | 'precision' | 'graphs' | 'weights'>;

/** The graph or the weights differ from the files that were verified. */
export class ChangedFileError extends RankError {}

/** One file, kept open, so that replacing it by another of the same name has no effect. */
class OpenFile {
  readonly #path: string;
  readonly #sha256: string;
  #descriptor: number | undefined;
  #stamp: FileStamp;
  #links: bigint;

  constructor(path: string, sha256: string, mostBytes: number) {
    this.#path = path;
    this.#sha256 = sha256;
    this.#descriptor = openOrRefuse(path);
    const found = fstatSync(this.#descriptor, { bigint: true });
    this.#stamp = stampOf(found);
    this.#links = found.nlink;
    try {
      assertRegular(found, path, mostBytes);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  verify(verified: FileStamp | undefined): void {
    if (this.#stamp !== verified) {
      this.#hash();
    }
  }

  assertSame(): void {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined || stampOf(found) !== this.#stamp) {
      throw new ChangedFileError('unavailable', `${this.#path} changed while it was loaded`);
    }
  }

  wasWritten(): boolean {
    if (this.#descriptor === undefined) {
      return false;
    }
    const found = fstatSync(this.#descriptor, { bigint: true });
    const stamp = stampOf(found);
    if (stamp === this.#stamp) {
      return false;
    }
    // Another file took its name, or it got a second name: the contents are unchanged.
    const isRenamed = found.nlink !== this.#links && isSameContents(stamp, this.#stamp);
    this.#stamp = stamp;
    this.#links = found.nlink;
    if (isRenamed) {
      return false;
    }
    this.#hash();
    return true;
  }

  close(): void {
    if (this.#descriptor !== undefined) {
      closeSync(this.#descriptor);
      this.#descriptor = undefined;
    }
  }

  #hash(): void {
    const found = this.#descriptor === undefined ? '' : hashOf(this.#descriptor);
    if (found !== this.#sha256) {
      throw new ChangedFileError(
        'unavailable',
        `${this.#path} is not the file that was verified: it has SHA-256 ${found}, ` +
          `the manifest says ${this.#sha256}`,
      );
    }
  }
}

/** Compares everything but the time of the inode's last change. */
function isSameContents(a: FileStamp, b: FileStamp): boolean {
  return a.slice(0, a.lastIndexOf(':')) === b.slice(0, b.lastIndexOf(':'));
}

function openOrRefuse(path: string): number {
  try {
    return openSync(path, openFlags);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new ChangedFileError('unavailable', `cannot open ${path}: ${reason}`, { cause });
  }
}

function hashOf(descriptor: number): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1 << 20);
  let offset = 0;
  for (;;) {
    const bytes = readSync(descriptor, buffer, 0, buffer.length, offset);
    if (bytes === 0) {
      return hash.digest('hex');
    }
    hash.update(buffer.subarray(0, bytes));
    offset += bytes;
  }
}

/**
 * ONNX Runtime reads weights only from the graph's folder and follows no link out of it. Links to
 * two files that are in one folder under their own names (mounted volumes) are resolved to that
 * folder.
 */
function resolveFolder(dir: string, graph: string, weights: string): string {
  const [realGraph, realWeights] = [realPathOf(join(dir, graph)), realPathOf(join(dir, weights))];
  if (realWeights === join(realPathOf(dir), weights)) {
    return dir;
  }
  const folder = dirname(realWeights);
  const isWhole = basename(realWeights) === weights && realGraph === join(folder, graph);
  if (!isWhole) {
    throw new RankError(
      'unavailable',
      `${join(dir, weights)} is a symbolic link to ${realWeights}; ` +
        `ONNX Runtime needs ${graph} and ${weights} as files of one folder: copy them there`,
    );
  }
  return folder;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new ChangedFileError('unavailable', `cannot open ${path}: ${reason}`, { cause });
  }
}
