import type { WireRankRequestInput } from '../../src/proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponse } from '../../src/proto/generated/slmrank/v1/RankResponse.ts';
import { createRandom } from '../../src/base/random.ts';

/** Every request by its id, what was sent in it, and what came back. */
export interface LedgerReport {
  readonly sent: number;
  readonly answered: number;
  /** Sent and neither answered nor failed. */
  readonly lost: number;
  /** Answers to what had been answered. */
  readonly duplicated: number;
  /** Answers with a candidate missing, twice, unscored, or with another score than the same pair had before. */
  readonly wrong: readonly string[];
  /** Requests that failed in the end, by status. */
  readonly failed: Readonly<Record<string, number>>;
  /** Models that answered, by fingerprint. */
  readonly models: Readonly<Record<string, number>>;
  readonly longestMs: number;
  /** Longest time in which nothing was answered. */
  readonly longestSilenceMs: number;
}

interface Sent {
  readonly kind: number;
  readonly candidates: number;
  readonly atMs: number;
}

const words = 'night shift nurse warehouse driver senior account clerk data engineer welder'.split(
  ' ',
);
/** Different requests; each is sent many times under another id, so that its scores can be compared. */
const kinds = 60;
/** Packed into other batches, a pair's logit moves in the last digits. */
const tolerance = 1e-3;

export class Ledger {
  readonly #nowMs: () => number;
  readonly #requests: readonly WireRankRequestInput[];
  readonly #open = new Map<string, Sent>();
  readonly #answeredAtMs: number[] = [];
  readonly #logits = new Map<string, number>();
  readonly #wrong: string[] = [];
  readonly #failed: Record<string, number> = {};
  readonly #models: Record<string, number> = {};
  #sent = 0;
  #duplicated = 0;
  #failures = 0;
  #longestMs = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    const random = createRandom(1);
    const pick = (most: number) => Math.floor(random() * most);
    const text = (most: number) =>
      Array.from({ length: 1 + pick(most) }, () => words[pick(words.length)]).join(' ');
    this.#requests = Array.from({ length: kinds }, () => ({
      query: text(4),
      candidates: Array.from({ length: 2 + pick(14) }, () => ({ text: text(12) })),
      noCache: true,
    }));
  }

  /** Answers a second over the given span of time. */
  rate(fromMs: number, toMs: number): number {
    const count = this.#answeredAtMs.filter((atMs) => atMs >= fromMs && atMs < toMs).length;
    return (1000 * count) / (toMs - fromMs);
  }

  next(): WireRankRequestInput {
    const kind = this.#sent % kinds;
    const { candidates = [], ...request } = this.#requests[kind] ?? {};
    const requestId = `r${this.#sent}`;
    this.#sent += 1;
    this.#open.set(requestId, { kind, candidates: candidates.length, atMs: this.#nowMs() });
    const named = candidates.map((candidate, place) => ({
      ...candidate,
      id: `${requestId}c${place}`,
    }));
    return { ...request, requestId, candidates: named };
  }

  answer(reply: WireRankResponse): void {
    const nowMs = this.#nowMs();
    const sent = this.#open.get(reply.requestId);
    if (sent === undefined) {
      this.#duplicated += 1;
      return;
    }
    this.#open.delete(reply.requestId);
    this.#answeredAtMs.push(nowMs);
    this.#longestMs = Math.max(this.#longestMs, nowMs - sent.atMs);
    this.#models[reply.scoreFingerprint] = (this.#models[reply.scoreFingerprint] ?? 0) + 1;
    const problem = this.#findProblem(sent, reply);
    if (problem !== undefined) {
      this.#wrong.push(`${reply.requestId}: ${problem}`);
    }
  }

  fail({ requestId = '' }: WireRankRequestInput, code: string): void {
    if (this.#open.delete(requestId)) {
      this.#failures += 1;
      this.#failed[code] = (this.#failed[code] ?? 0) + 1;
    }
  }

  report(): LedgerReport {
    const silences = this.#answeredAtMs.map((atMs, i, all) => atMs - (all[i - 1] ?? atMs));
    const answered = this.#answeredAtMs.length;
    return {
      sent: this.#sent,
      answered,
      lost: this.#sent - answered - this.#failures,
      duplicated: this.#duplicated,
      wrong: this.#wrong,
      failed: this.#failed,
      models: this.#models,
      longestMs: this.#longestMs,
      longestSilenceMs: silences.reduce((a, b) => Math.max(a, b), 0),
    };
  }

  #findProblem({ kind, candidates }: Sent, reply: WireRankResponse): string | undefined {
    const ids = new Set(reply.results.map(({ id }) => id));
    if (ids.size !== candidates || reply.results.length !== candidates || !reply.complete) {
      return `${ids.size} of ${candidates} candidates in ${reply.results.length} results`;
    }
    for (const { index, id, scored, logit } of reply.results) {
      if (!scored || id !== `${reply.requestId}c${index}`) {
        return `${id} at ${index}, scored ${scored}`;
      }
      const key = `${reply.scoreFingerprint} ${kind} ${index}`;
      const before = this.#logits.get(key) ?? logit;
      this.#logits.set(key, before);
      if (Math.abs(before - logit) > tolerance) {
        return `${id} has the logit ${logit}, before ${before}`;
      }
    }
    return undefined;
  }
}
