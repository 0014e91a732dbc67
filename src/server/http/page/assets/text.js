/** Parts of a candidate's text. Offsets are in UTF-16 units, as in JavaScript. */

/** The most clauses that are left out one by one: each costs a candidate to rank. */
export const mostClauses = 40;

/** The clauses of a text, as half-open ranges; short ones stay with the one before. */
export function clausesOf(text) {
  const ends = [...text.matchAll(/[.;:!?,\n]+\s+|$/g)].map(
    ({ index, 0: end }) => index + end.length,
  );
  const clauses = [];
  let start = 0;
  for (const end of ends) {
    if (end - start >= 24 || end === text.length) {
      if (end > start) {
        clauses.push({ start, end });
      }
      start = end;
    }
  }
  return merge(clauses);
}

/** Joins neighbours until few enough are left. */
function merge(clauses) {
  const step = Math.ceil(clauses.length / mostClauses);
  return step <= 1
    ? clauses
    : clauses
        .filter((_, place) => place % step === 0)
        .map(({ start }, place) => ({
          start,
          end: clauses[Math.min(clauses.length, (place + 1) * step) - 1].end,
        }));
}

/** The places between words, where a text may have been cut. */
export function cutPlaces(text) {
  return [...[...text.matchAll(/\s+/g)].map(({ index }) => index), text.length];
}

/**
 * The last place at which the text before it has at most `tokens` tokens, found by asking for the
 * tokens of a few starts of the text at a time.
 *
 * @param countTokens texts to their numbers of tokens
 */
export async function findCut(text, tokens, countTokens) {
  const places = cutPlaces(text);
  let low = 0;
  let high = places.length;
  while (high - low > 1) {
    const step = Math.max(1, Math.floor((high - low) / 16));
    const tried = [];
    for (let place = low + step; place < high; place += step) {
      tried.push(place);
    }
    const counts = await countTokens(tried.map((place) => text.slice(0, places[place])));
    const firstLong = counts.findIndex((count) => count > tokens);
    const nextHigh = firstLong < 0 ? high : tried[firstLong];
    low = firstLong < 0 ? (tried.at(-1) ?? low) : firstLong === 0 ? low : tried[firstLong - 1];
    high = nextHigh;
  }
  return places[low] ?? text.length;
}
