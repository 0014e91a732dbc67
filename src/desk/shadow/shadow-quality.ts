import type { RankReply, RankRequest, ServedModel } from '../../domain/rank.ts';
import type { Manifest } from '../../model/manifest.ts';
import { compareOrders, type MarginPair, type OrderDrift } from './compare-orders.ts';

export type ShadowOutcome =
  | { readonly kind: 'compared'; readonly candidates: number; readonly drift: OrderDrift }
  /** Too many were waiting, raw texts or the model were gone, or the raw request failed. */
  | { readonly kind: 'dropped' };

export interface ShadowParts {
  /** Share of the requests with compressed candidates that are scored raw as well, 0 to 1. */
  readonly share: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Whether the server has capacity that no request needs. */
  readonly spare: () => boolean;
  /** The model that is served now. */
  readonly current: () => ServedModel;
  /** The request with raw texts in the place of compressed ones; undefined when one is gone. */
  readonly toRaw: (request: RankRequest) => Promise<RankRequest | undefined>;
  readonly report: (outcome: ShadowOutcome) => void;
}

/** An answered request, and the model that ranked it. */
interface Answered {
  readonly request: RankRequest;
  readonly reply: RankReply;
  readonly manifest: Pick<Manifest, 'fingerprint'>;
}

/** More would hold texts in memory for requests that are answered already. */
const maxWaiting = 4;

/**
 * Scores a share of the answered requests a second time with raw texts, one after another in spare
 * capacity, and reports how far the order of the compressed texts is from the raw one. Clients
 * never wait for it: raw requests are deferrable.
 */
export class ShadowQuality {
  readonly #parts: ShadowParts;
  readonly #waiting: Answered[] = [];
  #isRunning = false;

  constructor(parts: ShadowParts) {
    this.#parts = parts;
  }

  /** Takes an answered request with compressed candidates, or leaves it: its share decides. */
  offer(answered: Answered): void {
    const { share, random, report } = this.#parts;
    if (random() >= share) {
      return;
    }
    if (this.#waiting.length >= maxWaiting) {
      report({ kind: 'dropped' });
      return;
    }
    this.#waiting.push(answered);
  }

  /** Compares one waiting request if there is spare capacity. The caller repeats it. */
  async step(signal: AbortSignal): Promise<void> {
    const { spare, report } = this.#parts;
    if (this.#isRunning || !spare()) {
      return;
    }
    const next = this.#waiting.shift();
    if (next === undefined) {
      return;
    }
    this.#isRunning = true;
    try {
      report(await this.#compare(next, signal));
    } catch {
      report({ kind: 'dropped' });
    } finally {
      this.#isRunning = false;
    }
  }

  async #compare(
    { request, reply, manifest: { fingerprint } }: Answered,
    signal: AbortSignal,
  ): Promise<ShadowOutcome> {
    const raw = await this.#parts.toRaw(request);
    const { manifest, pipeline } = this.#parts.current();
    // Another model's scores would say nothing of the summaries.
    if (raw === undefined || manifest.fingerprint !== fingerprint) {
      return { kind: 'dropped' };
    }
    const rawReply = await pipeline.rank(asShadow(raw), {
      deadlineAtMs: Number.POSITIVE_INFINITY,
      signal,
      client: 'shadow',
      traceparent: undefined,
    });
    const pairs = pairMargins(reply, rawReply);
    return pairs.length === 0
      ? { kind: 'dropped' }
      : { kind: 'compared', candidates: pairs.length, drift: compareOrders(pairs) };
  }
}

/** All candidates, in spare capacity, beside the score cache. */
function asShadow(request: RankRequest): RankRequest {
  return {
    ...request,
    priority: 'deferrable',
    topN: undefined,
    minScore: undefined,
    partialOk: false,
    adaptiveDepth: false,
    useCache: false,
    onBadCandidate: 'skip',
  };
}

/** Of the candidates that both replies scored, in the order of the request. */
function pairMargins(reply: RankReply, raw: RankReply): readonly MarginPair[] {
  const rawOf = new Map(raw.results.map((result) => [result.index, result]));
  return reply.results
    .toSorted((a, b) => a.index - b.index)
    .flatMap(({ index, scored, logit }) => {
      const other = rawOf.get(index);
      return scored && other?.scored === true ? [{ compressed: logit, raw: other.logit }] : [];
    });
}
