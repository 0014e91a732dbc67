import type { StageTimes } from '../../domain/rank.ts';

export const serverTimingKey = 'server-timing';

/** The stages as W3C Server Timing writes them, in milliseconds: `encode;dur=1.2, queue;dur=30, run;dur=61.5, ...` */
export function serverTiming({ encodeMs, queueMs, runMs, totalMs }: StageTimes): string {
  const stages = { encode: encodeMs, queue: queueMs, run: runMs, total: totalMs };
  return Object.entries(stages)
    .map(([name, ms]) => `${name};dur=${Math.round(ms * 100) / 100}`)
    .join(', ');
}
