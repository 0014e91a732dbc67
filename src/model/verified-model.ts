import type { Clock } from '../base/clock.ts';
import { RankError } from '../base/errors.ts';
import { type FileStamps, type Manifest, readManifest, verifyFiles } from './manifest.ts';
import type { ReadProgress } from '../base/files/regular-file.ts';

/** A built model whose files were read and are those of its manifest. */
export interface VerifiedModel {
  readonly manifest: Manifest;
  /** Of its files when they were read: whoever loads them later compares. */
  readonly files: FileStamps;
}

export interface VerifyLimits {
  /** Longest that one read may take: past it the disk counts as one that does not answer. */
  readonly stallMs: number;
  /** Longest for all of them. */
  readonly totalMs: number;
}

const usualLimits: VerifyLimits = { stallMs: 30_000, totalMs: 600_000 };

/**
 * Reads every file of a built model and compares it with the manifest's checksum. It ends in any case: a read that a
 * dead disk never answers is left behind.
 *
 * @throws RankError naming the file that differs, or the folder that does not answer.
 */
export async function verifyModel(
  folder: string,
  clock: Clock,
  limits: VerifyLimits = usualLimits,
  read: typeof readVerified = readVerified,
): Promise<VerifiedModel> {
  const limit = new TimeLimit(folder, clock, limits);
  try {
    return await Promise.race([read(folder, limit), limit.late]);
  } finally {
    limit.end();
  }
}

async function readVerified(folder: string, progress: ReadProgress): Promise<VerifiedModel> {
  const manifest = await readManifest(folder, progress);
  return { manifest, files: await verifyFiles(folder, manifest, progress) };
}

class TimeLimit implements ReadProgress {
  /** Rejects when time is up. */
  readonly late: Promise<never>;
  readonly signal: AbortSignal;
  readonly onRead: () => void;
  readonly #callOffs: [total: () => void, stall: () => void];

  constructor(folder: string, clock: Clock, { stallMs, totalMs }: VerifyLimits) {
    const abort = new AbortController();
    this.signal = abort.signal;
    const after = (ms: number) =>
      clock.at(clock.nowMs() + ms, () => {
        const message = `${folder} did not answer within ${ms} ms`;
        abort.abort(new RankError('unavailable', message, { reason: 'FOLDER_HANGS' }));
      });
    this.late = new Promise((_resolve, reject) => {
      abort.signal.addEventListener('abort', () => reject(RankError.from(abort.signal.reason)));
    });
    // Nobody may be waiting for it any more.
    this.late.catch(() => undefined);
    this.#callOffs = [after(totalMs), after(stallMs)];
    this.onRead = () => {
      this.#callOffs[1]();
      this.#callOffs[1] = after(stallMs);
    };
  }

  end(): void {
    this.#callOffs.forEach((callOff) => callOff());
  }
}
