import { systemClock } from '../../base/clock.ts';
import { openProgress } from './standard-error.ts';

export interface Watched<T> {
  readonly result: T;
  readonly seconds: number;
}

/** The status that shells give a process ended by Control-C. */
export const interruptedStatus = 130;

/**
 * Shows how many of `total` candidates, or of what `what` names, are done, aborts the work at
 * Control-C, and measures its time.
 */
export async function watchScoring<T>(
  total: number | undefined,
  work: (signal: AbortSignal, onProgress: (candidates: number) => void) => Promise<T>,
  what = 'candidates',
): Promise<Watched<T>> {
  const progress = openProgress(what, total);
  const stop = new AbortController();
  const onInterrupt = () => {
    process.stderr.write('\nStopping; press Control-C again to end at once\n');
    stop.abort();
  };
  process.once('SIGINT', onInterrupt);
  const startedAtMs = systemClock.nowMs();
  try {
    const result = await work(stop.signal, (candidates) => progress.update(candidates));
    return { result, seconds: (systemClock.nowMs() - startedAtMs) / 1000 };
  } finally {
    process.off('SIGINT', onInterrupt);
    progress.end();
  }
}
