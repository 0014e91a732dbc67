import { ownRuns, type ScoreSource } from '../cache/score-source.ts';
import { type Fleet, SharedScores } from '../cache/shared-scores.ts';
import type { ScoreCache } from '../cache/score-cache.ts';
import type { Clock } from '../base/clock.ts';
import { type Config, providerOf } from '../config/config.ts';
import type { Call } from '../domain/call.ts';
import type { RankRequest } from '../domain/rank.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Admission, Permit } from '../schedule/admission.ts';
import { type DepthController, prudentDeadlineAtMs } from '../schedule/forecast/depth.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import type { EstimateTokens } from './plan/estimate-tokens.ts';
import {
  type DepthChoice,
  keyCandidates,
  type KeyedRequest,
  planRank,
  type RankPlan,
} from './plan/rank-plan.ts';
import { assertNoneBad } from './reply/bad-candidates.ts';

export interface ArrivalParts {
  readonly config: Pick<Config, 'candidateTokens' | 'devices' | 'tokenBudget'>;
  readonly manifest: Pick<Manifest, 'fingerprint'>;
  readonly clock: Clock;
  readonly cache: ScoreCache | undefined;
  /** The scores of the other servers of the fleet, for a server with a cache. */
  readonly fleet?: Fleet | undefined;
  readonly depth: DepthController;
  readonly admission: Admission;
  readonly scheduler: Pick<Scheduler, 'estimateMs' | 'judge'>;
}

/** A request that is planned, and admitted if something of it has to run. */
export interface Begun {
  readonly plan: RankPlan;
  /** Undefined when every score is known, since no permit is needed then. */
  readonly permit: Permit | undefined;
}

/** What happens to a request from its arrival to its admission. */
export class Arrivals {
  readonly #parts: ArrivalParts;
  readonly #scores: ScoreSource;
  readonly #estimateTokens: EstimateTokens;

  /** @param estimateTokens estimates the tokens that a request has to compute. */
  constructor(parts: ArrivalParts, estimateTokens: EstimateTokens) {
    const { cache, clock, fleet } = parts;
    this.#parts = parts;
    this.#scores = cache === undefined ? ownRuns : new SharedScores(cache, clock, fleet);
    this.#estimateTokens = estimateTokens;
  }

  /**
   * Returns at once if other servers need not be asked for scores.
   *
   * @throws RankError when the request is refused.
   */
  begin(request: RankRequest, call: Call): Begun | Promise<Begun> {
    const keyed = this.#keyCandidates(request, call);
    const fetched = keyed.source.fetch(keyed.keys, call);
    return fetched === undefined
      ? this.#admit(request, keyed, call)
      : this.#admitAfter(fetched, request, keyed, call);
  }

  /**
   * As deep as load and deadline allow. All chosen candidates have to be scored in time, even if
   * `partialOk`.
   */
  depthFor(call: Call): DepthChoice {
    const { clock, depth, scheduler, admission } = this.#parts;
    return {
      most: depth.depth,
      choose: (sizes) => {
        const byAtMs = prudentDeadlineAtMs(clock.nowMs(), call.deadlineAtMs);
        const judge = scheduler.judge(call, byAtMs, admission.unscheduledTokens);
        return depth.choose(sizes, judge);
      },
    };
  }

  #keyCandidates(request: RankRequest, { client }: Call): KeyedRequest {
    const { config, manifest, depth, scheduler, admission, fleet } = this.#parts;
    depth.sample(scheduler.estimateMs(admission.held.tokens));
    const { candidateTokens, devices } = config;
    // Scores of CPU and CUDA differ, though a model may have graphs for both.
    const salt = fleet === undefined ? undefined : `${fleet.salt} ${providerOf(devices)}`;
    return keyCandidates(request, {
      scores: this.#scores,
      setting: { fingerprint: manifest.fingerprint, candidateTokens, client, fleet: salt },
      mostDepth: depth.depth,
    });
  }

  /** A request that waits for scores of other servers delays a drain, as an admitted one does. */
  async #admitAfter(
    fetched: Promise<void>,
    request: RankRequest,
    keyed: KeyedRequest,
    call: Call,
  ): Promise<Begun> {
    const waiting = this.#parts.admission.follow(call);
    try {
      await fetched;
      return this.#admit(request, keyed, call);
    } finally {
      waiting.release();
    }
  }

  /** Looks up before admission, so that an overloaded server still returns known scores. */
  #admit(request: RankRequest, keyed: KeyedRequest, call: Call): Begun {
    const { admission, config } = this.#parts;
    const plan = planRank(request, keyed, call, {
      estimateTokens: this.#estimateTokens,
      tokenBudget: config.tokenBudget,
      depth: this.depthFor(call),
    });
    assertNoneBad(request, plan.keys, plan.found);
    if (plan.isWhole) {
      return { plan, permit: undefined };
    }
    const isFollower = plan.toRun.candidates === 0;
    return {
      plan,
      permit: isFollower ? admission.follow(call) : admission.admit(plan.toRun, call),
    };
  }
}
