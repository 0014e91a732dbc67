import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { EstimateTokens } from '../pipeline/plan/estimate-tokens.ts';
import type { CallContext, RankingPipeline, RankReply, RankRequest } from '../domain/rank.ts';
import { assertRegular } from '../base/files/regular-file.ts';
import { formatShape, type TrafficShape } from '../domain/traffic.ts';
import type { Log } from './log.ts';
import { messageOf } from '../base/errors.ts';

/** Past this the file grows no more: about two million requests of 50 candidates. */
export const mostCaptureBytes = 512 * 2 ** 20;
const flushBytes = 2 ** 16;
const flushMs = 1000;
/** Lines that wait for a disk which does not take them, and longest that the end of the process waits for it. */
const waiting = { mostBytes: 16 * 2 ** 20, endMs: 5000 };
/** A pipe that takes the file's place is an error, not something to wait for. */
const appendFlags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

export interface CaptureOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly mostBytes?: number;
  /** By default to the file's end. */
  readonly append?: (file: string, lines: string) => Promise<void>;
}

/** Appends shapes to a file; never throws, never makes a request wait. */
export interface Capture {
  add(shape: TrafficShape): void;
  /** Resolves when all is written, or the disk has not taken it in five seconds. */
  close(): Promise<void>;
}

/** @throws Error when the file cannot be appended to, or is none. */
export async function openCapture(options: CaptureOptions): Promise<Capture> {
  const { file } = options;
  try {
    const handle = await open(file, appendFlags, 0o600);
    try {
      const found = await handle.stat({ bigint: true });
      assertRegular(found, file, Number.MAX_SAFE_INTEGER);
      return new FileCapture(options, Number(found.size));
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const reason = messageOf(cause);
    throw new Error(`SLMRANK_CAPTURE: '${file}' cannot be appended to: ${reason}`, { cause });
  }
}

async function appendTo(file: string, lines: string): Promise<void> {
  const handle = await open(file, appendFlags, 0o600);
  try {
    await handle.appendFile(lines);
  } finally {
    await handle.close();
  }
}

class FileCapture implements Capture {
  readonly #options: CaptureOptions;
  /** Written, being written, and waiting. */
  #bytes: number;
  #waiting = '';
  /** Given to the disk, and not taken by it yet. */
  #unwritten = 0;
  #isFull = false;
  #writes: Promise<void> = Promise.resolve();
  #callOffFlush: (() => void) | undefined;

  constructor(options: CaptureOptions, bytes: number) {
    this.#options = options;
    this.#bytes = bytes;
  }

  add(shape: TrafficShape): void {
    const line = formatShape(shape);
    const { mostBytes = mostCaptureBytes, clock, log, file } = this.#options;
    if (this.#isFull) {
      return;
    }
    if (this.#bytes + line.length > mostBytes) {
      log.warn({ file, bytes: this.#bytes }, 'the capture is full; no more is written');
      this.#isFull = true;
      return;
    }
    if (this.#unwritten > waiting.mostBytes) {
      log.warn({ file, bytes: this.#unwritten }, 'the capture is not taken by its disk; it stops');
      this.#isFull = true;
      return;
    }
    this.#bytes += line.length;
    this.#waiting += line;
    if (this.#waiting.length >= flushBytes) {
      this.#flush();
    } else {
      this.#callOffFlush ??= clock.at(clock.nowMs() + flushMs, () => this.#flush());
    }
  }

  async close(): Promise<void> {
    const { clock, file, log } = this.#options;
    this.#flush();
    await new Promise<void>((resolve) => {
      const callOff = clock.at(clock.nowMs() + waiting.endMs, () => {
        log.warn({ file, bytes: this.#unwritten }, 'the end of the capture was not written');
        resolve();
      });
      void this.#writes.then(() => {
        callOff();
        resolve();
      });
    });
  }

  #flush(): void {
    this.#callOffFlush?.();
    this.#callOffFlush = undefined;
    const { file, log, append = appendTo } = this.#options;
    const lines = this.#waiting;
    this.#waiting = '';
    this.#unwritten += lines.length;
    this.#writes = this.#writes
      .then(() => (this.#isFull && lines === '' ? undefined : append(file, lines)))
      .catch((error: unknown) => {
        this.#isFull = true;
        log.warn({ err: error, file }, 'the capture cannot be written; no more is');
      })
      .then(() => {
        this.#unwritten -= lines.length;
      });
  }
}

export interface CapturedParts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly estimate: EstimateTokens;
}

/** The pipeline, with the shape of every ranking request captured when it ends, however it ends. */
export function captureTraffic(
  pipeline: RankingPipeline,
  capture: Capture,
  { clock, estimate }: CapturedParts,
): RankingPipeline {
  const add = (atMs: number, request: RankRequest, call: CallContext, reply?: RankReply) => {
    const { deadlineMs } = call;
    const shape = measureLengths(request, reply, estimate);
    // When all were skipped there is nothing to replay.
    if (shape.candidateTokens.length > 0) {
      const left = Math.max(1, Math.round(deadlineMs - atMs));
      const deadline = Number.isFinite(deadlineMs) ? left : undefined;
      capture.add({ atMs, ...shape, deadlineMs: deadline, class: request.priority });
    }
  };
  return {
    rank: async (request, call) => {
      const atMs = clock.nowMs();
      try {
        const reply = await pipeline.rank(request, call);
        add(atMs, request, call, reply);
        return reply;
      } catch (error) {
        add(atMs, request, call);
        throw error;
      }
    },
    estimate: (request, call) => pipeline.estimate(request, call),
    tokenize: (texts, call) => pipeline.tokenize(texts, call),
    replicas: () => pipeline.replicas(),
    buckets: () => pipeline.buckets(),
    warm: () => pipeline.warm(),
    drain: () => pipeline.drain(),
  };
}

/**
 * Tokens as counted where a reply says so, else (refused, expired, left out of the reply) as estimated. Without the
 * candidates that were skipped.
 */
export function measureLengths(
  request: RankRequest,
  reply: Pick<RankReply, 'results' | 'usage'> | undefined,
  estimate: EstimateTokens,
): Pick<TrafficShape, 'prefixTokens' | 'candidateTokens' | 'suffixTokens'> {
  const results = new Map(reply?.results.map((result) => [result.index, result]));
  const estimated = estimate(request, request.candidates);
  return {
    suffixTokens: (reply && suffixOf(reply.usage)) ?? estimated.suffixTokens,
    prefixTokens: reply?.usage.prefixTokens || estimated.prefixTokens,
    candidateTokens: estimated.candidateTokens.flatMap((tokens, index) => {
      const result = results.get(index);
      return result?.skipped === undefined ? [result?.scored ? result.tokens : tokens] : [];
    }),
  };
}

/** Of what was run for the request, what is neither prefix nor candidate; unknown when some was not run for it. */
function suffixOf(usage: RankReply['usage']): number | undefined {
  const { scored, cached, packedTokens, prefixTokens, batches, candidateTokens } = usage;
  const rest = packedTokens - batches * prefixTokens - candidateTokens;
  return scored > 0 && cached === 0 && rest >= 0 ? Math.round(rest / scored) : undefined;
}
