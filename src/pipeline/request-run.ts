import type { Spent } from './reply/compose-reply.ts';
import type { Score } from '../cache/score-cache.ts';
import type { Clock } from '../base/clock.ts';
import type { EncoderPool } from '../pool/encoders/encoder-pool.ts';
import type { Candidate, RankRequest } from '../domain/rank.ts';
import type { EncodedRequest } from '../batch/packed-batch.ts';
import type { Call } from '../domain/call.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import type { EncodedTask } from '../encode/encode.ts';
import type { BadCandidate } from '../domain/rank.ts';
import { nameCandidates } from './reply/rename-candidates.ts';

export interface RunParts {
  readonly clock: Clock;
  readonly encoders: EncoderPool;
  readonly scheduler: Pick<Scheduler, 'schedule'>;
  /** Told before scheduling. */
  readonly onEncoded: (encoded: EncodedRequest, encoding: Encoding) => void;
}

export interface Encoding {
  /** Those that were encoded. */
  readonly candidates: readonly Candidate[];
  readonly encodeMs: number;
}

const nothingSpent: Spent = {
  ...{ prefixTokens: 0, packedTokens: 0, batches: 0 },
  ...{ encodeMs: 0, queueMs: 0, runMs: 0 },
};
const noScore: Score = { yes: 0, no: 0, tokens: 0, truncated: false };

/**
 * The runs made for one request: usually one, none when every score was known, more when it had to take over what
 * another request did not finish.
 */
export class RequestRun {
  readonly #request: RankRequest;
  readonly #parts: RunParts;
  #spent = nothingSpent;

  constructor(request: RankRequest, parts: RunParts) {
    this.#request = request;
    this.#parts = parts;
  }

  get spent(): Spent {
    return this.#spent;
  }

  /**
   * Encodes the candidates of these places and has them scored; undefined for those that the deadline left out. Bad ones
   * say so in place of a score.
   *
   * @throws RankError naming candidates by their places in the request.
   */
  async score(places: readonly number[], call: Call): Promise<readonly (Score | undefined)[]> {
    if (places.length === 0) {
      return [];
    }
    const { skipped = new Map<number, BadCandidate>(), ...encoded } = await this.#encode(
      places,
      call,
    );
    const isKept = (_: unknown, index: number) => !skipped.has(index);
    const scores = (await this.#schedule(encoded, places.filter(isKept), call)).values();
    return places.map((_, index) => {
      const bad = skipped.get(index);
      return bad === undefined ? scores.next().value : { ...noScore, bad };
    });
  }

  async #encode(places: readonly number[], call: Call): Promise<EncodedTask> {
    const { clock, encoders, onEncoded } = this.#parts;
    const startedMs = clock.nowMs();
    const asked = places.flatMap((place) => this.#request.candidates[place] ?? []);
    const task = this.#taskOf(asked);
    const encoded = await nameCandidates(places, () => encoders.encode(task, call));
    const encodeMs = clock.nowMs() - startedMs;
    this.#add({ ...nothingSpent, encodeMs });
    const candidates = asked.filter((_, index) => encoded.skipped?.has(index) !== true);
    onEncoded(encoded, { candidates, encodeMs });
    return encoded;
  }

  /** Of all candidates that were encoded, in their order. */
  async #schedule(
    encoded: EncodedRequest,
    places: readonly number[],
    call: Call,
  ): Promise<readonly (Score | undefined)[]> {
    if (encoded.candidates.length === 0) {
      return [];
    }
    const result = await nameCandidates(places, () =>
      this.#parts.scheduler.schedule(encoded, call),
    );
    this.#add({ ...result, encodeMs: 0, prefixTokens: encoded.prefix.length });
    return encoded.candidates.map(({ tokens, truncated }, index) => {
      const [yes = 0, no = 0] = result.logits.subarray(2 * index, 2 * index + 2);
      return result.scored[index] === 1 ? { yes, no, tokens, truncated } : undefined;
    });
  }

  #taskOf(candidates: readonly Candidate[]) {
    const { query, instruction, context, truncation, maxCandidateTokens, onBadCandidate } =
      this.#request;
    const texts = candidates.map(({ title, text }) => ({ title, text }));
    return {
      ...{ query, instruction, context, truncation, maxCandidateTokens, candidates: texts },
      ...(onBadCandidate === undefined ? {} : { onBadCandidate }),
    };
  }

  #add({ prefixTokens, packedTokens, batches, encodeMs, queueMs, runMs }: Spent): void {
    const before = this.#spent;
    this.#spent = {
      prefixTokens: Math.max(before.prefixTokens, prefixTokens),
      packedTokens: before.packedTokens + packedTokens,
      batches: before.batches + batches,
      encodeMs: before.encodeMs + encodeMs,
      queueMs: before.queueMs + queueMs,
      runMs: before.runMs + runMs,
    };
  }
}
