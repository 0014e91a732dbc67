import type { Landed } from '../cache/flight.ts';
import { type ScoreSetting, scoreKeys } from '../cache/score-keys.ts';
import { ownRuns, type ScoreCall, type ScoreSource } from '../cache/score-source.ts';
import type { EstimateTokens } from './estimate-tokens.ts';
import type { RankRequest } from '../rank.ts';

export interface PlanParts {
  /** Kept scores and others' runs; `ownRuns` when the cache is off. */
  readonly scores: ScoreSource;
  readonly setting: ScoreSetting;
  readonly estimateTokens: EstimateTokens;
  /** Candidates that are worth scoring now, if the request leaves that to us. */
  readonly depth: number;
}

/** What is known of a request before anything is spent on it. */
export interface RankPlan {
  readonly source: ScoreSource;
  /** One for each candidate that is to be scored: the first ones. Equal keys, equal scores. */
  readonly keys: readonly string[];
  readonly found: Landed;
  /** Whether every score is known. */
  readonly isWhole: boolean;
  /** What it has to run itself, the tokens as estimated: nothing when others are running all that it lacks. */
  readonly toRun: {
    readonly candidates: number;
    readonly tokens: number;
    /** Of the tokens, the prefix. */
    readonly prefixTokens: number;
  };
  /** Places of the candidates with these keys. */
  placesOf(keys: readonly string[]): readonly number[];
}

export function planRank(request: RankRequest, call: ScoreCall, parts: PlanParts): RankPlan {
  const { scores, setting, estimateTokens, depth } = parts;
  const source = request.useCache ? scores : ownRuns;
  const candidates = request.adaptiveDepth
    ? request.candidates.slice(0, depth)
    : request.candidates;
  const keys =
    source === ownRuns
      ? candidates.map((_, place) => String(place))
      : scoreKeys(request, candidates, setting);
  const found = source.lookUp(keys);
  const places = new Map(keys.map((key, place) => [key, place]));
  const placesOf = (some: readonly string[]) => some.flatMap((key) => places.get(key) ?? []);
  const lacking = [...places.keys()].filter((key) => !found.has(key));
  const toRun = placesOf(source.toRun(lacking, call)).flatMap((place) => candidates[place] ?? []);
  const { packedTokens: tokens, prefixTokens } =
    toRun.length === 0 ? { packedTokens: 0, prefixTokens: 0 } : estimateTokens(request, toRun);
  return {
    ...{ source, keys, found, placesOf },
    isWhole: lacking.length === 0,
    toRun: { candidates: toRun.length, tokens, prefixTokens },
  };
}
