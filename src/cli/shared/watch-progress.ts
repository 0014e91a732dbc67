import { systemClock } from '../../base/clock.ts';
import { createProgress } from '../../base/progress.ts';

/** Progress of `what` on standard error, from the first call to the one whose `done` is all. */
export function watchProgress(what: string): (done: number, total: number) => void {
  const output = {
    isTerminal: process.stderr.isTTY,
    write: (line: string) => void process.stderr.write(line),
  };
  let progress: ReturnType<typeof createProgress> | undefined;
  return (done, total) => {
    progress ??= createProgress(what, total, output, systemClock);
    progress.update(done);
    if (done === total) {
      progress.end();
    }
  };
}
