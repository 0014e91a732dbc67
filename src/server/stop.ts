import type { Server } from '@grpc/grpc-js';
import type { Clock } from '../base/clock.ts';
import { RankError } from '../base/errors.ts';
import type { Log } from '../observe/log.ts';
import type { Serving } from '../domain/rank.ts';
import type { HttpApi } from './http/api/http-api.ts';
import type { Lifecycle } from '../desk/lifecycle.ts';

export interface StopParts {
  readonly server: Server;
  readonly http: HttpApi | undefined;
  readonly address: string;
  readonly lifecycle: Lifecycle;
  readonly pipeline: Serving;
  readonly log: Log;
  readonly clock: Clock;
  readonly drainMs: number;
  readonly lameDuckMs: number;
  /** Sets health to NOT_SERVING. */
  readonly onBegin: () => void;
  /** Called once every connection is closed. */
  readonly onEnd: () => void;
}

/** The time for the sockets to send answers that are already written. */
const flushMs = 500;

/** See `RunningServer`. */
export function createStop(parts: StopParts): { stop(): Promise<boolean>; isStopping(): boolean } {
  let stopped: Promise<boolean> | undefined;
  return {
    stop: () => {
      stopped ??= stop(parts);
      return stopped;
    },
    isStopping: () => stopped !== undefined,
  };
}

async function stop(parts: StopParts): Promise<boolean> {
  const { lifecycle, pipeline, log, clock } = parts;
  log.info({ openCalls: lifecycle.openCalls }, 'draining');
  parts.onBegin();
  if (lifecycle.beginLameDuck()) {
    await sleep(clock, parts.lameDuckMs);
  }
  lifecycle.beginDraining();
  parts.http?.beginDraining();
  const closed = closeServer(parts);
  const finished = Promise.all([lifecycle.idle(), drain(pipeline, log)]);
  const isClean = await within(clock, parts.drainMs, finished);
  if (!isClean) {
    log.warn({ openCalls: lifecycle.openCalls, drainMs: parts.drainMs }, 'drain cut off');
    lifecycle.endAll(
      new RankError('unavailable', 'the server shut down before the answer was ready'),
    );
  }
  await within(clock, flushMs, closed);
  parts.server.forceShutdown();
  await parts.http?.close();
  parts.onEnd();
  log.info({ isClean }, 'stopped');
  return isClean;
}

/**
 * Stops listening and sends GOAWAY to clients. Resolves when the last connection has closed.
 * Connections that are still open when the drain's time is over are cut off. Only the library's
 * `drain` can do that, called before `tryShutdown`: without channelz `forceShutdown` finds no
 * connections, and `drain` skips those that are already closing (grpc-js 1.14.7).
 */
function closeServer({ server, address, drainMs }: StopParts): Promise<void> {
  server.drain(address, drainMs + flushMs);
  return new Promise((resolve) => server.tryShutdown(() => resolve()));
}

async function drain(pipeline: Serving, log: Log): Promise<void> {
  try {
    await pipeline.drain();
  } catch (error) {
    log.error({ err: error }, 'the pipeline did not drain');
  }
}

async function sleep(clock: Clock, ms: number): Promise<void> {
  if (ms > 0) {
    await new Promise<void>((resolve) => clock.at(clock.nowMs() + ms, resolve));
  }
}

/** Whether the work finished in time. */
async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  return await new Promise((resolve) => {
    const cancelTimer = clock.at(clock.nowMs() + ms, () => resolve(false));
    void work.then(() => {
      cancelTimer();
      resolve(true);
    });
  });
}
