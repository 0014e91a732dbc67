import type { Clock } from './clock.ts';

export interface ProgressOutput {
  /** A terminal's line is rewritten in place; anything else gets a line now and then. */
  readonly isTerminal: boolean;
  write(text: string): void;
}

/** Says how far a long run is and how long it will still take. */
export interface Progress {
  update(done: number): void;
  /** Ends the line that is being rewritten. */
  end(): void;
}

const terminalEveryMs = 200;
const otherwiseEveryMs = 10_000;

/** `total` is undefined where nobody knows it, as of what comes through a pipe. */
export function createProgress(
  what: string,
  total: number | undefined,
  output: ProgressOutput,
  clock: Pick<Clock, 'nowMs'>,
): Progress {
  const startedMs = clock.nowMs();
  const everyMs = output.isTerminal ? terminalEveryMs : otherwiseEveryMs;
  let shownMs = startedMs;
  let isShown = false;
  return {
    update: (done) => {
      const nowMs = clock.nowMs();
      if (nowMs - shownMs < everyMs && (total === undefined || done < total)) {
        return;
      }
      shownMs = nowMs;
      isShown = true;
      const line = formatProgress(what, { done, total, elapsedMs: nowMs - startedMs });
      output.write(output.isTerminal ? `\r\u001B[K${line}` : `${line}\n`);
    },
    end: () => {
      if (isShown && output.isTerminal) {
        output.write('\n');
      }
    },
  };
}

/**
 * "1,200 of 12,505 candidates, 9 %, 43.1/s, 4 min 22 s left", or "1,200 candidates, 43.1/s" of an
 * unknown total
 */
export function formatProgress(
  what: string,
  { done, total, elapsedMs }: { done: number; total: number | undefined; elapsedMs: number },
): string {
  const perMs = done / elapsedMs;
  const count = (value: number) => value.toLocaleString('en-US');
  const rate = `${(1000 * perMs || 0).toFixed(1)}/s`;
  if (total === undefined) {
    return `${count(done)} ${what}, ${rate}`;
  }
  const left = perMs > 0 ? `${formatDuration((total - done) / perMs)} left` : 'just begun';
  const percent = Math.floor((100 * done) / total);
  return `${count(done)} of ${count(total)} ${what}, ${percent} %, ${rate}, ${left}`;
}

export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) {
    return `${seconds} s`;
  }
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
