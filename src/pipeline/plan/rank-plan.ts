import { at } from '../../base/at.ts';
import type { ScoresByKey } from '../../cache/score-cache.ts';
import { type ScoreSetting, scoreKeys } from '../../cache/score-keys.ts';
import { ownRuns, type ScoreCall, type ScoreSource } from '../../cache/score-source.ts';
import { depthSizes, type SizeParts } from './depth-sizes.ts';
import type { Candidate, RankRequest } from '../../domain/rank.ts';
import type { Size } from '../../schedule/forecast/forecast.ts';

/** The depth of requests that leave it to the server. */
export interface DepthChoice {
  /** The most candidates that the load allows. */
  readonly most: number;
  /** How many to score; `sizes[n]` is the cost of the first n. */
  choose(sizes: readonly Size[]): number;
}

export interface PlanParts extends SizeParts {
  readonly depth: DepthChoice;
}

export interface KeyParts {
  /** `ownRuns` when the cache is off. */
  readonly scores: ScoreSource;
  readonly setting: ScoreSetting;
  /** The most candidates that a request with adaptive depth may have scored. */
  readonly mostDepth: number;
}

/** A request with the keys of the candidates that may be scored, which are the first ones. */
export interface KeyedRequest {
  readonly source: ScoreSource;
  readonly candidates: readonly Candidate[];
  /** Of `candidates`. Equal keys mean equal scores. */
  readonly keys: readonly string[];
}

/** A candidate of a request with its key and its place among all candidates. */
export interface KeyedCandidate {
  readonly key: string;
  readonly place: number;
  readonly candidate: Candidate;
}

/** What is known about a request before any work is done for it. */
export interface RankPlan {
  readonly source: ScoreSource;
  /** Of the candidates to score, which are the first ones. Equal keys mean equal scores. */
  readonly keys: readonly string[];
  readonly found: ScoresByKey;
  /** Whether every score is known. */
  readonly isWhole: boolean;
  /** The estimated cost of the candidates whose scores are unknown and that no other call runs. */
  readonly toRun: Size;
  /** The candidates with these keys; the first one where several are equal. */
  candidatesOf(keys: readonly string[]): readonly KeyedCandidate[];
}

const nothing = { candidates: 0, packedTokens: 0, prefixTokens: 0 };

export function keyCandidates(
  request: RankRequest,
  { scores, setting, mostDepth }: KeyParts,
): KeyedRequest {
  const source = request.useCache ? scores : ownRuns;
  const candidates = request.adaptiveDepth
    ? request.candidates.slice(0, mostDepth)
    : request.candidates;
  const keys =
    source === ownRuns
      ? candidates.map((_, place) => String(place))
      : scoreKeys(request, candidates, setting);
  return { source, candidates, keys };
}

export function planRank(
  request: RankRequest,
  { source, candidates, keys: allKeys }: KeyedRequest,
  call: ScoreCall,
  parts: PlanParts,
): RankPlan {
  const found = source.lookUp(allKeys);
  const places = firstPlaces(allKeys);
  const candidatesOf = (some: readonly string[]) =>
    some.flatMap((key) => {
      const place = places.get(key);
      return place === undefined ? [] : [{ key, place, candidate: at(candidates, place) }];
    });
  const missing = [...places.keys()].filter((key) => !found.has(key));
  const toRun = candidatesOf(source.findUnclaimed(missing, call)).map(({ place }) => place);
  const cut = cutToDepth(request, candidates, toRun, parts);
  const keys = allKeys.slice(0, cut.depth);
  const isWhole = keys.every((key) => found.has(key));
  return { source, keys, found, candidatesOf, isWhole, toRun: cut.size };
}

/** The cost of a request if no score were known. */
export function wholeSize(request: RankRequest, parts: PlanParts): Size {
  const candidates = request.adaptiveDepth
    ? request.candidates.slice(0, parts.depth.most)
    : request.candidates;
  return cutToDepth(request, candidates, [...candidates.keys()], parts).size;
}

function firstPlaces(keys: readonly string[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [place, key] of keys.entries()) {
    places.set(key, places.get(key) ?? place);
  }
  return places;
}

/** How many candidates to score, and the cost; `toRun` are the places of those that have to run. */
function cutToDepth(
  request: RankRequest,
  candidates: readonly Candidate[],
  toRun: readonly number[],
  { estimateTokens, tokenBudget, depth: choice }: PlanParts,
): { readonly depth: number; readonly size: Size } {
  if (!request.adaptiveDepth) {
    const own = toRun.map((place) => at(candidates, place));
    const { packedTokens, prefixTokens } =
      own.length === 0 ? nothing : estimateTokens(request, own);
    const size = { candidates: own.length, packedTokens, prefixTokens };
    return { depth: candidates.length, size };
  }
  const own = new Set(toRun);
  const sizes = depthSizes(request, candidates, (place) => own.has(place), {
    estimateTokens,
    tokenBudget,
  });
  const depth = choice.choose(sizes);
  return { depth, size: at(sizes, depth) };
}
