import { readdirSync, readFileSync } from 'node:fs';
import type { Log } from '../../observe/log.ts';

/** Open files as the system counts them; each connection is one. */
export interface Descriptors {
  readonly limit: number;
  readonly open: number;
}

/** Descriptors reserved for models that are loaded later, metrics and the admin address. */
const reserved = 64;

/** Undefined where the system does not say (only Linux does), and where there is no limit. */
export function readDescriptors(process = '/proc/self'): Descriptors | undefined {
  try {
    const limits = readFileSync(`${process}/limits`, 'utf8');
    const limit = /^Max open files +(\d+)/m.exec(limits)?.[1];
    const open = readdirSync(`${process}/fd`).length;
    return limit === undefined ? undefined : { limit: Number(limit), open };
  } catch {
    return undefined;
  }
}

/** The connections asked for, or fewer if too few descriptors would be left for other uses. */
export function mostConnections(asked: number, descriptors: Descriptors | undefined): number {
  if (descriptors === undefined) {
    return asked;
  }
  const left = Math.max(0, descriptors.limit - descriptors.open);
  return Math.max(1, Math.min(asked, left - Math.min(reserved, Math.floor(left / 2))));
}

/** The same for this process, with a warning if it is less than asked for. */
export function boundConnections(
  asked: number,
  log: Pick<Log, 'warn'>,
  descriptors = readDescriptors(),
): number {
  const most = mostConnections(asked, descriptors);
  if (most < asked) {
    log.warn(
      { connections: most, asked, openFiles: descriptors?.limit },
      'the limit of open files is too low for SLMRANK_CONNECTIONS; ' +
        'raise it (ulimit -n) or ask for fewer connections',
    );
  }
  return most;
}
