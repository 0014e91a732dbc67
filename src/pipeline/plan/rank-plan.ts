import type { Landed } from '../../cache/flight.ts';
import { type ScoreSetting, scoreKeys } from '../../cache/score-keys.ts';
import { ownRuns, type ScoreCall, type ScoreSource } from '../../cache/score-source.ts';
import { depthSizes, type SizeParts } from './depth-sizes.ts';
import type { Candidate, RankRequest } from '../../domain/rank.ts';
import type { Size } from '../../schedule/forecast/forecast.ts';

/** For requests that leave their depth to us. */
export interface DepthChoice {
  /** Most candidates that are worth scoring now. */
  readonly most: number;
  /** How many to score; `sizes[n]` is what the first n take to run. */
  choose(sizes: readonly Size[]): number;
}

export interface PlanParts extends SizeParts {
  /** Kept scores and others' runs; `ownRuns` when the cache is off. */
  readonly scores: ScoreSource;
  readonly setting: ScoreSetting;
  readonly depth: DepthChoice;
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
  readonly toRun: Size;
  /** Places of the candidates with these keys. */
  placesOf(keys: readonly string[]): readonly number[];
}

const nothing = { candidates: 0, packedTokens: 0, prefixTokens: 0 };

export function planRank(request: RankRequest, call: ScoreCall, parts: PlanParts): RankPlan {
  const { scores, setting, depth: choice } = parts;
  const source = request.useCache ? scores : ownRuns;
  const candidates = request.adaptiveDepth
    ? request.candidates.slice(0, choice.most)
    : request.candidates;
  const allKeys =
    source === ownRuns
      ? candidates.map((_, place) => String(place))
      : scoreKeys(request, candidates, setting);
  const found = source.lookUp(allKeys);
  const places = firstPlaces(allKeys);
  const placesOf = (some: readonly string[]) => some.flatMap((key) => places.get(key) ?? []);
  const lacking = [...places.keys()].filter((key) => !found.has(key));
  const toRun = placesOf(source.toRun(lacking, call));
  const cut = cutToDepth(request, candidates, toRun, parts);
  const keys = allKeys.slice(0, cut.depth);
  const isWhole = keys.every((key) => found.has(key));
  return { source, keys, found, placesOf, isWhole, toRun: cut.size };
}

/** What a request would take to run if no score were known. */
export function wholeSize(request: RankRequest, parts: SizeParts & Pick<PlanParts, 'depth'>): Size {
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

/** How many of the candidates are scored, and what that takes to run; `toRun` are places that have to be. */
function cutToDepth(
  request: RankRequest,
  candidates: readonly Candidate[],
  toRun: readonly number[],
  { estimateTokens, tokenBudget, depth: choice }: SizeParts & Pick<PlanParts, 'depth'>,
): { readonly depth: number; readonly size: Size } {
  if (!request.adaptiveDepth) {
    const own = toRun.flatMap((place) => candidates[place] ?? []);
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
  return { depth, size: sizes[depth] ?? nothing };
}
