import { appendFile, stat } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { CallContext, Candidate, RankingPipeline, RankReply, RankRequest } from '../rank.ts';
import { formatShape, type TrafficShape } from '../traffic.ts';
import type { Log } from './log.ts';

/** Past this the file grows no more: about two million requests of 50 candidates. */
export const mostCaptureBytes = 512 * 2 ** 20;
const flushBytes = 2 ** 16;
const flushMs = 1000;

export interface CaptureOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly mostBytes?: number;
}

/** Appends shapes to a file; never throws, never makes a request wait. */
export interface Capture {
  add(shape: TrafficShape): void;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

/** @throws Error when the file cannot be appended to. */
export async function openCapture(options: CaptureOptions): Promise<Capture> {
  await appendFile(options.file, '', { mode: 0o600 });
  return new FileCapture(options, (await stat(options.file)).size);
}

class FileCapture implements Capture {
  readonly #options: CaptureOptions;
  /** Written, being written, and waiting. */
  #bytes: number;
  #waiting = '';
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
    if (this.#isFull || this.#bytes + line.length > mostBytes) {
      if (!this.#isFull) {
        log.warn({ file, bytes: this.#bytes }, 'the capture is full; no more is written');
      }
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
    this.#flush();
    await this.#writes;
  }

  #flush(): void {
    this.#callOffFlush?.();
    this.#callOffFlush = undefined;
    const { file, log } = this.#options;
    const lines = this.#waiting;
    this.#waiting = '';
    this.#writes = this.#writes
      .then(() => (this.#isFull && lines === '' ? undefined : appendFile(file, lines)))
      .catch((error: unknown) => {
        this.#isFull = true;
        log.warn({ err: error, file }, 'the capture cannot be written; no more is');
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
    const shape = lengths.measure(request, reply);
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
 * Tokens of texts: as counted where a reply says so, else (refused, expired, left out of the reply) from their length
 * and the tokens per character of what was counted so far. Without the candidates that were skipped.
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
    const skipped = new Set(
      reply?.results.flatMap((result) => (result.skipped === undefined ? [] : [result.index])),
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
      candidateTokens: candidates.flatMap((candidate, index) =>
        skipped.has(index) ? [] : (counted.get(index) ?? this.#estimate(lengthOf(candidate))),
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
