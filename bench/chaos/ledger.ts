import type { WireRankRequestInput } from '../../src/proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponse } from '../../src/proto/generated/slmrank/v1/RankResponse.ts';
import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';

/** How all requests of a chaos run ended. */
export interface LedgerReport {
  readonly sent: number;
  readonly answered: number;
  /** Requests neither answered nor failed. */
  readonly lost: number;
  /** Answers to requests that had already ended. */
  readonly duplicated: number;
  /**
   * Answers in which a candidate was missing, repeated or unscored, or in which a pair had another
   * score than before.
   */
  readonly wrong: readonly string[];
  /** Requests that failed in the end, by status. */
  readonly failed: Readonly<Record<string, number>>;
  /** Answers by the score fingerprint of the model. */
  readonly models: Readonly<Record<string, number>>;
  /** The longest that a request waited for its answer. */
  readonly longestMs: number;
  /** The longest time between two answers. */
  readonly longestSilenceMs: number;
}

interface Sent {
  readonly kind: number;
  readonly candidates: number;
  readonly sentAtMs: number;
}

const words = 'night shift nurse warehouse driver senior account clerk data engineer welder'.split(
  ' ',
);
/** The number of different requests. Each is sent repeatedly, so that scores can be compared. */
const kinds = 60;
/** A pair's logit differs in its last digits between batches. */
const tolerance = 1e-3;

/** Makes requests, and keeps by id what was sent and what was answered. */
export class Ledger {
  readonly #nowMs: () => number;
  readonly #requests: readonly WireRankRequestInput[];
  readonly #open = new Map<string, Sent>();
  readonly #answeredAtMs: number[] = [];
  readonly #logits = new Map<string, number>();
  readonly #wrong: string[] = [];
  readonly #failed = new Map<string, number>();
  readonly #models = new Map<string, number>();
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

  /** Answers per second between two moments. */
  rate(fromAtMs: number, toAtMs: number): number {
    const count = this.#answeredAtMs.filter((atMs) => atMs >= fromAtMs && atMs < toAtMs).length;
    return (1000 * count) / (toAtMs - fromAtMs);
  }

  next(): WireRankRequestInput {
    const kind = this.#sent % kinds;
    const { candidates = [], ...request } = at(this.#requests, kind);
    const requestId = `r${this.#sent}`;
    this.#sent += 1;
    this.#open.set(requestId, { kind, candidates: candidates.length, sentAtMs: this.#nowMs() });
    const named = candidates.map((candidate, place) => ({
      ...candidate,
      id: `${requestId}c${place}`,
    }));
    return { ...request, requestId, candidates: named };
  }

  answer(reply: WireRankResponse): void {
    const atMs = this.#nowMs();
    const sent = this.#open.get(reply.requestId);
    if (sent === undefined) {
      this.#duplicated += 1;
      return;
    }
    this.#open.delete(reply.requestId);
    this.#answeredAtMs.push(atMs);
    this.#longestMs = Math.max(this.#longestMs, atMs - sent.sentAtMs);
    increment(this.#models, reply.scoreFingerprint);
    const problem = this.#findProblem(sent, reply);
    if (problem !== undefined) {
      this.#wrong.push(`${reply.requestId}: ${problem}`);
    }
  }

  fail({ requestId = '' }: WireRankRequestInput, code: string): void {
    if (this.#open.delete(requestId)) {
      this.#failures += 1;
      increment(this.#failed, code);
    }
  }

  report(): LedgerReport {
    const silences = this.#answeredAtMs.slice(1).map((atMs, i) => atMs - at(this.#answeredAtMs, i));
    const answered = this.#answeredAtMs.length;
    return {
      sent: this.#sent,
      answered,
      lost: this.#sent - answered - this.#failures,
      duplicated: this.#duplicated,
      wrong: this.#wrong,
      failed: Object.fromEntries(this.#failed),
      models: Object.fromEntries(this.#models),
      longestMs: this.#longestMs,
      longestSilenceMs: silences.reduce((longest, ms) => Math.max(longest, ms), 0),
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
        return `${id} has the logit ${logit}; it was ${before} before`;
      }
    }
    return undefined;
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
