import type { Clock } from './clock.ts';

export interface ProgressOutput {
  /** On a terminal one line is rewritten; other outputs get a new line every ten seconds. */
  readonly isTerminal: boolean;
  write(text: string): void;
}

/** Reports how far a long run is and how long the rest will take. */
export interface Progress {
  update(done: number): void;
  /** Ends the rewritten line. */
  end(): void;
}

const terminalEveryMs = 200;
const otherwiseEveryMs = 10_000;

/** `total` is undefined when it is unknown, such as for lines from a pipe. */
export function createProgress(
  what: string,
  total: number | undefined,
  output: ProgressOutput,
  clock: Pick<Clock, 'nowMs'>,
): Progress {
  const startedAtMs = clock.nowMs();
  const everyMs = output.isTerminal ? terminalEveryMs : otherwiseEveryMs;
  let shownAtMs = startedAtMs;
  let isShown = false;
  return {
    update: (done) => {
      const nowMs = clock.nowMs();
      if (nowMs - shownAtMs < everyMs && (total === undefined || done < total)) {
        return;
      }
      shownAtMs = nowMs;
      isShown = true;
      const line = formatProgress(what, { done, total, elapsedMs: nowMs - startedAtMs });
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
