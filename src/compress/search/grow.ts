import { at } from '../../base/at.ts';
import { joinPhrases } from '../compressed-text.ts';
import { Choice, packPhrases, type PhraseCosts } from '../select.ts';
import type { Phrase } from '../text/phrases.ts';
import type { EffortPlan } from './effort.ts';
import type { Ranker } from './ranker.ts';

/** What the search of one text works with. */
export interface Search {
  readonly phrases: readonly Phrase[];
  readonly costs: PhraseCosts;
  readonly ranker: Ranker;
  readonly plan: EffortPlan;
  /** Phrases that may be chosen, and the KL of each alone. */
  readonly alone: ReadonlyMap<number, number>;
}

export interface Found {
  readonly indices: readonly number[];
  readonly kl: number;
}

/** Phrases proposed of the start of a text, where many texts say what they are about. */
const proposedFirst = 3;

/** The weightiest phrases that fit, and the first ones; `count` in all. */
export function propose(
  weights: readonly number[],
  { count, fits }: { readonly count: number; readonly fits: (index: number) => boolean },
): readonly number[] {
  const open = weights.map((_, index) => index).filter(fits);
  const byWeight = [...open].sort((a, b) => at(weights, b) - at(weights, a) || a - b);
  const first = open.slice(0, Math.min(proposedFirst, count - 1));
  return [...new Set([...byWeight.slice(0, count - first.length), ...first])];
}

/**
 * Grows a choice phrase by phrase while there is room: of the most novel phrases, the one that
 * makes the whole most like the original. Fills the room, because stopping at the least KL would
 * follow the noise of the probes.
 */
export async function growChoice(search: Search, from: Found, tokens: number): Promise<Found> {
  const { phrases, plan, ranker } = search;
  let found = from;
  for (;;) {
    const next = mostNovel(search, found.indices, tokens).slice(0, plan.tries);
    if (next.length === 0) {
      return found;
    }
    const tried = next.map((index) => [...found.indices, index]);
    found = await best(ranker, phrases, tried);
  }
}

/** The choice by the marks of single phrases alone. */
export function packAlone({ phrases, costs, alone }: Search, tokens: number): readonly number[] {
  const most = Math.max(...alone.values());
  const gains = new Map([...alone].map(([index, kl]) => [index, most - kl]));
  return packPhrases(phrases, gains, { costs, tokens });
}

/**
 * Exchanges each chosen phrase, the last one first, where another one brings the answers closer;
 * as many times over as the plan has rounds.
 */
export async function swapPhrases(search: Search, from: Found, tokens: number): Promise<Found> {
  const { phrases, plan, ranker } = search;
  let found = from;
  for (let round = 0; round < plan.swaps; round++) {
    for (const dropped of found.indices.toReversed()) {
      const left = found.indices.filter((index) => index !== dropped);
      const others = mostNovel(search, left, tokens).filter((index) => index !== dropped);
      const tried = others.slice(0, plan.tries).map((index) => [...left, index]);
      const other = await best(ranker, phrases, tried);
      found = other.kl < found.kl ? other : found;
    }
  }
  return found;
}

/** Phrases that fit beside the chosen ones: most worth first. */
function mostNovel(
  { phrases, costs, alone }: Search,
  indices: readonly number[],
  tokens: number,
): readonly number[] {
  const choice = new Choice(phrases, indices);
  const most = Math.max(...alone.values());
  const left = tokens + 1 - indices.reduce((sum, index) => sum + costs.of(index), 0);
  return [...alone]
    .filter(([index]) => !indices.includes(index) && costs.of(index) <= left)
    .map(([index, kl]) => ({ index, worth: choice.worth(index, most - kl) }))
    .sort((a, b) => b.worth - a.worth)
    .map(({ index }) => index);
}

/** The choice whose text the ranker answers most like the original. */
async function best(
  ranker: Ranker,
  phrases: readonly Phrase[],
  tried: readonly (readonly number[])[],
): Promise<Found> {
  const divergences = await ranker.diverge(tried.map((indices) => joinPhrases(phrases, indices)));
  let found: Found = { indices: [], kl: Infinity };
  tried.forEach((indices, i) => {
    const kl = at(divergences, i);
    found = kl < found.kl ? { indices, kl } : found;
  });
  return found;
}

/** Fills the room for `tokens`: by marks alone, or step by step, whichever the ranker prefers. */
export async function fillRoom(search: Search, tokens: number): Promise<Found> {
  const { ranker, phrases, alone, plan } = search;
  const packed = packAlone(search, tokens);
  if (plan.tries === 0) {
    return { indices: packed, kl: Infinity };
  }
  const [single = { index: 0, kl: Infinity }] = [...alone]
    .map(([index, kl]) => ({ index, kl }))
    .sort((a, b) => a.kl - b.kl);
  const from = { indices: [single.index], kl: single.kl };
  const [grown, whole] = await Promise.all([
    growChoice(search, from, tokens),
    best(ranker, phrases, [packed]),
  ]);
  return swapPhrases(search, grown.kl <= whole.kl ? grown : whole, tokens);
}
