import type { Score } from '../cache/score-cache.ts';
import type { Clock } from '../clock.ts';
import { RankError } from '../errors.ts';
import type { EncoderPool } from '../pool/encoder-pool.ts';
import type { Candidate, RankRequest } from '../rank.ts';
import type { EncodedRequest } from '../schedule/batch.ts';
import type { ScheduleCall } from '../schedule/request.ts';
import type { Scheduler } from '../schedule/scheduler.ts';

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

/** What was spent on one request. */
export interface Spent {
  readonly prefixTokens: number;
  readonly packedTokens: number;
  readonly batches: number;
  readonly encodeMs: number;
  readonly queueMs: number;
  readonly runMs: number;
}

/**
 * The runs made for one request: usually one, none when every score was known, more when it had to take over what
 * another request did not finish.
 */
export class RequestRun {
  readonly #request: RankRequest;
  readonly #parts: RunParts;
  #spent: Spent = {
    ...{ prefixTokens: 0, packedTokens: 0, batches: 0 },
    ...{ encodeMs: 0, queueMs: 0, runMs: 0 },
  };

  constructor(request: RankRequest, parts: RunParts) {
    this.#request = request;
    this.#parts = parts;
  }

  get spent(): Spent {
    return this.#spent;
  }

  /**
   * Encodes the candidates of these places and has them scored; undefined for those that the deadline left out.
   *
   * @throws RankError naming candidates by their places in the request.
   */
  async score(
    places: readonly number[],
    call: ScheduleCall,
  ): Promise<readonly (Score | undefined)[]> {
    const { clock, encoders, scheduler, onEncoded } = this.#parts;
    const startedMs = clock.nowMs();
    try {
      const candidates = places.flatMap((place) => this.#request.candidates[place] ?? []);
      const encoded = await encoders.encode(this.#taskOf(candidates), call);
      const encodeMs = clock.nowMs() - startedMs;
      onEncoded(encoded, { candidates, encodeMs });
      const result = await scheduler.schedule(encoded, call);
      this.#add({ ...result, encodeMs, prefixTokens: encoded.prefix.length });
      return encoded.candidates.map(({ tokens, truncated }, index) => {
        const [yes = 0, no = 0] = result.logits.subarray(2 * index, 2 * index + 2);
        return result.scored[index] === 1 ? { yes, no, tokens, truncated } : undefined;
      });
    } catch (error) {
      throw inRequest(RankError.from(error), places);
    }
  }

  #taskOf(candidates: readonly Candidate[]) {
    const { query, instruction, context, truncation, maxCandidateTokens } = this.#request;
    const texts = candidates.map(({ title, text }) => ({ title, text }));
    return { query, instruction, context, truncation, maxCandidateTokens, candidates: texts };
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

/** Encoder and scheduler count only the candidates they are given; the caller knows all of them. */
function inRequest(error: RankError, places: readonly number[]): RankError {
  if (places.every((place, index) => place === index)) {
    return error;
  }
  const rename = (text: string) =>
    text.replace(/^candidates\[(\d+)\]/, (whole, index: string) => {
      const place = places[Number(index)];
      return place === undefined ? whole : `candidates[${place}]`;
    });
  const { kind, message, retryAfterMs, reason, cause } = error;
  const violations = error.violations.map(({ field, description }) => ({
    field: rename(field),
    description,
  }));
  return new RankError(kind, rename(message), {
    violations,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(reason === undefined ? {} : { reason }),
    cause,
  });
}
