import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { CallContext, Candidate, RankingPipeline, RankReply, RankRequest } from '../rank.ts';
import { assertRegular } from '../regular-file.ts';
import { formatShape, type TrafficShape } from '../traffic.ts';
import type { Log } from './log.ts';

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
    const reason = cause instanceof Error ? cause.message : String(cause);
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

/** The pipeline, with the shape of every ranking request captured when it ends, however it ends. */
export function captureTraffic(
  pipeline: RankingPipeline,
  capture: Capture,
  clock: Pick<Clock, 'nowMs'>,
): RankingPipeline {
  const lengths = new TextLengths();
  const add = (atMs: number, request: RankRequest, call: CallContext, reply?: RankReply) => {
    const { deadlineMs } = call;
    capture.add({
      atMs,
      ...lengths.measure(request, reply),
      deadlineMs: Number.isFinite(deadlineMs)
        ? Math.max(1, Math.round(deadlineMs - atMs))
        : undefined,
      class: request.priority,
    });
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
 * Tokens of texts: as counted where a reply says so, else (refused, expired, left out of the reply) from their length
 * and the tokens per character of what was counted so far.
 */
export class TextLengths {
  /** English in a vocabulary of 50,000, until something was counted. */
  #characters = 4.3;
  #tokens = 1;
  #template = 0;
  #suffix: number | undefined;

  measure(
    request: Pick<RankRequest, 'query' | 'instruction' | 'context' | 'candidates'>,
    reply: Pick<RankReply, 'results' | 'usage'> | undefined,
  ): Pick<TrafficShape, 'prefixTokens' | 'candidateTokens' | 'suffixTokens'> {
    const { query, instruction = '', context = '', candidates } = request;
    const counted = new Map(
      reply?.results.flatMap(({ index, scored, tokens }) => (scored ? [[index, tokens]] : [])),
    );
    reply?.results.forEach(({ index, scored, tokens, truncated }) => {
      if (scored && !truncated) {
        this.#learn(candidates[index], tokens);
      }
    });
    const shared = this.#estimate(query.length + instruction.length + context.length);
    const prefixTokens = reply?.usage.prefixTokens ?? 0;
    if (prefixTokens > 0) {
      this.#template = Math.max(0, prefixTokens - shared);
    }
    this.#suffix = (reply && suffixOf(reply.usage)) ?? this.#suffix;
    return {
      suffixTokens: this.#suffix,
      prefixTokens: prefixTokens > 0 ? prefixTokens : this.#template + shared,
      candidateTokens: candidates.map(
        (candidate, index) => counted.get(index) ?? this.#estimate(lengthOf(candidate)),
      ),
    };
  }

  #learn(candidate: Candidate | undefined, tokens: number): void {
    this.#characters += candidate === undefined ? 0 : lengthOf(candidate);
    this.#tokens += candidate === undefined ? 0 : tokens;
  }

  #estimate(characters: number): number {
    return Math.round((characters * this.#tokens) / this.#characters);
  }
}

/** Of what was run for the request, what is neither prefix nor candidate; unknown when some was not run for it. */
function suffixOf(usage: RankReply['usage']): number | undefined {
  const { scored, cached, packedTokens, prefixTokens, batches, candidateTokens } = usage;
  const rest = packedTokens - batches * prefixTokens - candidateTokens;
  return scored > 0 && cached === 0 && rest >= 0 ? Math.round(rest / scored) : undefined;
}

function lengthOf({ title, text }: Candidate): number {
  return (title?.length ?? 0) + text.length;
}
