import { at } from '../../base/at.ts';
import { joinPhrases } from '../compressed-text.ts';
import { packPhrases, type PhraseCosts } from '../select.ts';
import type { Phrase } from '../text/phrases.ts';
import type { Ranker } from './ranker.ts';

/** What the search of one text works with. */
export interface Search {
  readonly phrases: readonly Phrase[];
  readonly costs: PhraseCosts;
  readonly ranker: Pick<Ranker, 'diverge'>;
  /** How many choices are tried in each round. */
  readonly rounds: readonly number[];
}

/** Values of the phrases that may be chosen; packing them gives the choice. */
export type Values = ReadonlyMap<number, number>;

interface Tried {
  readonly values: Values;
  /** Best first. */
  readonly indices: readonly number[];
}

/** Phrases that are not chosen and are tried first in their turn. */
const triedFirst = 4;
/** Puts a phrase before all others. */
const firstFactor = 1e6;

/**
 * Climbs from the choice that the values give to one that the ranker answers more like the
 * original. Each round tries choices near the best so far: without one of its phrases, whose room
 * others take, or with another phrase first. Whole choices are compared because they say more for
 * the ranker's time than phrases alone, whose marks do not add up.
 *
 * @returns values that give the best choice tried.
 */
export async function climb(search: Search, values: Values, tokens: number): Promise<Values> {
  const { ranker, phrases, rounds } = search;
  const pack = (tried: Values): Tried => {
    return { values: tried, indices: packPhrases(phrases, tried, { costs: search.costs, tokens }) };
  };
  const seen = new Set<string>();
  let best = pack(values);
  let least = Infinity;
  for (const count of rounds) {
    const near = neighbours(best).map(pack);
    const tried = takeNew(least === Infinity ? [best, ...near] : near, seen, count);
    if (tried.length === 0) {
      break;
    }
    const texts = tried.map(({ indices }) => joinPhrases(phrases, indices));
    (await ranker.diverge(texts)).forEach((kl, i) => {
      [least, best] = kl < least ? [kl, at(tried, i)] : [least, best];
    });
  }
  return best.values;
}

/** Values that leave out a chosen phrase or put another one first, in turns. */
function neighbours({ values, indices }: Tried): readonly Values[] {
  const without = indices.map((index) => {
    const left = new Map(values);
    left.delete(index);
    return left;
  });
  const first = [...values]
    .filter(([index]) => !indices.includes(index))
    .sort(([, a], [, b]) => b - a)
    .slice(0, triedFirst)
    .map(([index, value]) => new Map(values).set(index, value * firstFactor));
  const most = Math.max(without.length, first.length);
  return Array.from({ length: most }, (_, i) => [without[i], first[i]])
    .flat()
    .filter((each) => each !== undefined);
}

/** The first choices that were not tried yet, at most `count`. */
function takeNew(choices: readonly Tried[], seen: Set<string>, count: number): readonly Tried[] {
  const taken: Tried[] = [];
  for (const choice of choices) {
    const key = choice.indices.toSorted((a, b) => a - b).join();
    if (taken.length < count && key !== '' && !seen.has(key)) {
      seen.add(key);
      taken.push(choice);
    }
  }
  return taken;
}
