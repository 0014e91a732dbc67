import type { Clock } from '../base/clock.ts';
import { RankError } from '../base/errors.ts';
import { type FileStamps, type Manifest, readManifest, verifyFiles } from './manifest.ts';
import type { ReadProgress } from '../base/files/regular-file.ts';

/** A built model whose files have the checksums of its manifest. */
export interface VerifiedModel {
  readonly manifest: Manifest;
  /** The stamps of its files when they were read; loading them later compares the stamps. */
  readonly files: FileStamps;
}

interface VerifyLimits {
  /** The longest single read: beyond it the disk counts as unresponsive. */
  readonly stallMs: number;
  /** The longest time for all reads. */
  readonly totalMs: number;
}

const usualLimits: VerifyLimits = { stallMs: 30_000, totalMs: 600_000 };

/**
 * Reads every file of a built model and compares it with the checksum of the manifest. It always
 * ends: a read from an unresponsive disk is abandoned.
 *
 * @throws RankError naming the file that differs, or the folder that does not respond.
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
  /** Rejects when the time is over. */
  readonly late: Promise<never>;
  readonly signal: AbortSignal;
  readonly onRead: () => void;
  readonly #cancels: [total: () => void, stall: () => void];

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
    // It may reject after everyone has stopped waiting.
    this.late.catch(() => undefined);
    this.#cancels = [after(totalMs), after(stallMs)];
    this.onRead = () => {
      this.#cancels[1]();
      this.#cancels[1] = after(stallMs);
    };
  }

  end(): void {
    this.#cancels.forEach((cancel) => cancel());
  }
}
