import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, RankError } from '../base/errors.ts';
import { type FilesOfModel, type FileStamps, mostBytes } from '../model/model-files.ts';
import { assertRegular, openFlags, type FileStamp, stampOf } from '../base/files/regular-file.ts';

/**
 * The two files of a session, held against what was verified when the model was: at every load and after every run, for
 * ONNX Runtime maps the weights, so that whoever writes into the file changes the scores of a session that is open.
 * Everything here blocks: a disk that does not answer must hold up this thread and no other.
 */
export class ServedFiles {
  /** The folder to load from: symbolic links that ONNX Runtime would refuse are resolved. */
  readonly dir: string;
  readonly #graph: OpenFile;
  readonly #weights: OpenFile;

  /**
   * `verified` are the files' stamps when they were last known to be the manifest's; a file with another stamp, or with
   * none, is read and compared now.
   *
   * @throws RankError `unavailable` naming the file that is another.
   */
  constructor(dir: string, { graph, weights }: ServedManifest, verified: FileStamps) {
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

  /** After the session has opened them by name. @throws RankError when it may have opened others. */
  assertLoaded(): void {
    this.#graph.assertSame();
    this.#weights.assertSame();
    this.#graph.close();
  }

  /**
   * Whether the weights were written to since this was last asked, by what is the same contents in the end.
   *
   * @throws ChangedFileError when they are others.
   */
  wereWritten(): boolean {
    return this.#weights.wasWritten();
  }

  close(): void {
    this.#graph.close();
    this.#weights.close();
  }
}

type ServedManifest = Pick<FilesOfModel, 'graph' | 'weights'>;

/** The files on which every run depends are others than those that were verified. */
export class ChangedFileError extends RankError {}

/** One file, kept open: replaced by another of its name, it stays what it was. */
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
    // Its name was given to another file, or a second name to it: the contents are what they were.
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
        `${this.#path} is not the file that was verified: it has SHA-256 ${found}, the manifest says ${this.#sha256}`,
      );
    }
  }
}

/** All but the moment of the entry's last change. */
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
  let place = 0;
  for (;;) {
    const bytes = readSync(descriptor, buffer, 0, buffer.length, place);
    if (bytes === 0) {
      return hash.digest('hex');
    }
    hash.update(buffer.subarray(0, bytes));
    place += bytes;
  }
}

/**
 * ONNX Runtime reads weights only from the graph's own folder, and follows no link out of it. Links to two files that
 * stand beside each other under their own names (mounted volumes) are as good as those.
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
      `${join(dir, weights)} is a symbolic link to ${realWeights}; ONNX Runtime needs ${graph} and ${weights} as files of one folder: copy them there`,
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
