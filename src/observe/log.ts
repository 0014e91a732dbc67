import { destination, type Logger, pino } from 'pino';
import type { Config } from '../config.ts';

/** Structured log lines. Never give it a query, a candidate or any other text of a caller's. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export interface LeveledLog extends Log {
  /** May be set. */
  level: string;
}

/** JSON lines on standard error, so that standard output holds the ready line alone. */
export function createLog(level: Config['logLevel']): LeveledLog {
  return pino({ level, timestamp: () => `,"time":"${new Date().toISOString()}"` }, destination(2));
}
