import { systemClock } from '../../base/clock.ts';
import { createProgress, type Progress } from '../../base/progress.ts';

/** Progress goes to standard error, so that standard output can be piped. */
export function printLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Shows progress on standard error; `total` is undefined where it is not known. */
export function openProgress(what: string, total: number | undefined): Progress {
  const output = {
    isTerminal: process.stderr.isTTY,
    write: (text: string) => void process.stderr.write(text),
  };
  return createProgress(what, total, output, systemClock);
}

/** Shows progress from the first call, which brings the total, until all is done. */
export function watchProgress(what: string): (done: number, total: number) => void {
  let progress: Progress | undefined;
  return (done, total) => {
    progress ??= openProgress(what, total);
    progress.update(done);
    if (done === total) {
      progress.end();
    }
  };
}
