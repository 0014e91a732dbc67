import { writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';

/** Structured log lines. Never give it a query, a candidate or any other text of a caller's. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export interface LeveledLog extends Log {
  /** May be set. */
  level: string;
}

/** Attempts at a pipe that is full, and the pause between them: a reader that is slow, not one that is gone. */
const mostAttempts = 10;
const pauseMs = 10;

export type Write = (bytes: Uint8Array) => number;

/**
 * Where log lines go. Serving matters more than they do: what cannot be written (a full disk, a reader that is gone) is
 * dropped and counted. Not pino's own destination: it ends the process at such an error, or tries again for ever.
 */
export class LineWriter {
  readonly #write: Write;
  #dropped = 0;
  #untold = 0;
  #isTorn = false;

  constructor(write: Write = writeToStandardError) {
    this.#write = write;
  }

  /** Lines that were lost, a line cut short included. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    // The rest of a line that was cut short would make one line of two.
    const isWhole = this.#tryLine(this.#isTorn ? `\n${line}` : line);
    if (!isWhole) {
      this.#dropped += 1;
      this.#untold += 1;
    } else if (this.#untold > 0) {
      this.#tellDropped();
    }
  }

  #tellDropped(): void {
    const time = new Date().toISOString();
    const told = { level: 40, time, dropped: this.#untold, msg: 'log lines could not be written' };
    if (this.#tryLine(`${JSON.stringify(told)}\n`)) {
      this.#untold = 0;
    }
  }

  #tryLine(line: string): boolean {
    let rest: Uint8Array = Buffer.from(line);
    const { length } = rest;
    for (let attempts = 1; rest.length > 0; attempts++) {
      try {
        rest = rest.subarray(this.#write(rest));
      } catch (error) {
        if (attempts >= mostAttempts || !isFullPipe(error)) {
          this.#isTorn ||= rest.length < length;
          return false;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
      }
    }
    this.#isTorn = false;
    return true;
  }
}

/** JSON lines on standard error, so that standard output holds the ready line alone. */
export function createLog(level: Config['logLevel'], lines = new LineWriter()): LeveledLog {
  return pino({ level, timestamp: () => `,"time":"${new Date().toISOString()}"` }, lines);
}

function writeToStandardError(bytes: Uint8Array): number {
  return writeSync(2, bytes);
}

function isFullPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
