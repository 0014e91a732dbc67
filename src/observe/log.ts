import { writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';

/** Structured log lines. Callers' texts, such as queries and candidates, must never be logged. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export interface LeveledLog extends Log {
  /** The lowest level that is written. May be changed. */
  level: string;
}

/** The attempts to write to a full pipe and the pause between them, enough for a slow reader. */
const maxAttempts = 10;
const pauseMs = 10;

export type Write = (bytes: Uint8Array) => number;

/**
 * Writes log lines. A line that cannot be written, because the disk is full or the pipe has no
 * reader, is dropped and counted, since serving matters more. Pino's own destination would end the
 * process at such an error, or retry for ever.
 */
export class LineWriter {
  readonly #write: Write;
  #dropped = 0;
  #unreported = 0;
  #isTorn = false;

  constructor(write: Write = writeToStandardError) {
    this.#write = write;
  }

  /** The number of lost lines, including lines that were only written in part. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    // After a partial line, a line break keeps the next line apart from it.
    const isWhole = this.#tryLine(this.#isTorn ? `\n${line}` : line);
    if (!isWhole) {
      this.#dropped += 1;
      this.#unreported += 1;
    } else if (this.#unreported > 0) {
      this.#reportDropped();
    }
  }

  #reportDropped(): void {
    const time = new Date().toISOString();
    const report = {
      level: 40,
      time,
      dropped: this.#unreported,
      msg: 'log lines could not be written',
    };
    if (this.#tryLine(`${JSON.stringify(report)}\n`)) {
      this.#unreported = 0;
    }
  }

  #tryLine(line: string): boolean {
    let rest: Uint8Array = Buffer.from(line);
    const { length } = rest;
    for (let attempts = 1; rest.length > 0; attempts++) {
      try {
        rest = rest.subarray(this.#write(rest));
      } catch (error) {
        if (attempts >= maxAttempts || !isFullPipe(error)) {
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

/**
 * JSON lines on standard error. Standard output has only the line that says the server is ready.
 */
export function createLog(level: Config['logLevel'], lines = new LineWriter()): LeveledLog {
  return pino({ level, timestamp: () => `,"time":"${new Date().toISOString()}"` }, lines);
}

function writeToStandardError(bytes: Uint8Array): number {
  return writeSync(2, bytes);
}

function isFullPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
