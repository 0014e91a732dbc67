import { systemClock } from '../../base/clock.ts';
import { createProgress } from '../../base/progress.ts';

export interface Watched<T> {
  readonly result: T;
  readonly seconds: number;
}

/** As shells report a process that Control-C ended. */
export const interruptedStatus = 130;

/** Shows how many of `total` candidates are scored, stops at Control-C, and takes the time. */
export async function watchScoring<T>(
  total: number | undefined,
  work: (signal: AbortSignal, onProgress: (candidates: number) => void) => Promise<T>,
): Promise<Watched<T>> {
  const output = {
    isTerminal: process.stderr.isTTY,
    write: (text: string) => process.stderr.write(text),
  };
  const progress = createProgress('candidates', total, output, systemClock);
  const stop = new AbortController();
  const onInterrupt = () => {
    process.stderr.write('\nStopping; a second Control-C ends at once\n');
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
