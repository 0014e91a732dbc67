import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { EstimateTokens } from '../pipeline/plan/estimate-tokens.ts';
import type { CallContext, Rank, RankReply, RankRequest } from '../domain/rank.ts';
import { assertRegular } from '../base/files/regular-file.ts';
import { formatShape, type TrafficShape } from '../domain/traffic.ts';
import type { Log } from './log.ts';
import { messageOf } from '../base/errors.ts';

/** The largest size of the file: enough for about two million requests of 50 candidates. */
export const mostCaptureBytes = 512 * 2 ** 20;
const flushBytes = 2 ** 16;
const flushMs = 1000;
/** The most bytes that may wait for a slow disk, and the longest time that `close` waits for it. */
const waiting = { mostBytes: 16 * 2 ** 20, closeMs: 5000 };
/** With O_NONBLOCK, a pipe in place of the file is an error. Otherwise opening it would hang. */
const appendFlags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

export interface CaptureOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly mostBytes?: number;
  /** Appends to the file by default. */
  readonly append?: (file: string, lines: string) => Promise<void>;
}

/** Appends shapes to a file. Never throws, and requests never wait for it. */
export interface Capture {
  add(shape: TrafficShape): void;
  /** Resolves when everything is written, or after five seconds. */
  close(): Promise<void>;
}

/** @throws Error when the path is not a regular file or cannot be appended to. */
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
  /** Bytes that are written, being written or waiting. */
  #bytes: number;
  #waiting = '';
  /** Bytes that are being written. */
  #unwritten = 0;
  #isFull = false;
  #writes: Promise<void> = Promise.resolve();
  #cancelFlush: (() => void) | undefined;

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
      log.warn(
        { file, bytes: this.#unwritten },
        'the disk is too slow for the capture; no more is written',
      );
      this.#isFull = true;
      return;
    }
    this.#bytes += line.length;
    this.#waiting += line;
    if (this.#waiting.length >= flushBytes) {
      this.#flush();
    } else {
      this.#cancelFlush ??= clock.at(clock.nowMs() + flushMs, () => this.#flush());
    }
  }

  async close(): Promise<void> {
    const { clock, file, log } = this.#options;
    this.#flush();
    await new Promise<void>((resolve) => {
      const cancel = clock.at(clock.nowMs() + waiting.closeMs, () => {
        log.warn({ file, bytes: this.#unwritten }, 'the end of the capture was not written');
        resolve();
      });
      void this.#writes.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const { file, log, append = appendTo } = this.#options;
    const lines = this.#waiting;
    this.#waiting = '';
    this.#unwritten += lines.length;
    this.#writes = this.#writes
      .then(() => (this.#isFull && lines === '' ? undefined : append(file, lines)))
      .catch((error: unknown) => {
        this.#isFull = true;
        log.warn({ err: error, file }, 'the capture cannot be written; it stops');
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

/** Ranks as `rank` does, and captures the shape of every request when it ends, in any outcome. */
export function captureTraffic(
  rank: Rank,
  capture: Capture,
  { clock, estimate }: CapturedParts,
): Rank {
  const add = (atMs: number, request: RankRequest, call: CallContext, reply?: RankReply) => {
    const { deadlineAtMs } = call;
    const shape = measureLengths(request, reply, estimate);
    // A request whose candidates were all skipped has nothing to replay.
    if (shape.candidateTokens.length > 0) {
      const left = Math.max(1, Math.round(deadlineAtMs - atMs));
      const deadline = Number.isFinite(deadlineAtMs) ? left : undefined;
      capture.add({ atMs, ...shape, deadlineMs: deadline, class: request.priority });
    }
  };
  return async (request, call) => {
    const atMs = clock.nowMs();
    try {
      const reply = await rank(request, call);
      add(atMs, request, call, reply);
      return reply;
    } catch (error) {
      add(atMs, request, call);
      throw error;
    }
  };
}

/**
 * The lengths of a request: counted tokens where the reply has them, estimated ones otherwise
 * (refused, expired, cut off by top_n). Skipped candidates are left out.
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

/**
 * Tokens of the suffix: the packed tokens that are neither prefix nor candidates. Undefined when
 * scores came from the cache.
 */
function suffixOf(usage: RankReply['usage']): number | undefined {
  const { scored, cached, packedTokens, prefixTokens, batches, candidateTokens } = usage;
  const rest = packedTokens - batches * prefixTokens - candidateTokens;
  return scored > 0 && cached === 0 && rest >= 0 ? Math.round(rest / scored) : undefined;
}
