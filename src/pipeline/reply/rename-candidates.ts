import { RankError } from '../../base/errors.ts';

/**
 * Does work on the candidates at these places of a request. The work counts candidates from 0, so
 * its errors are rewritten to the places in the request, by which the client knows them.
 */
export async function nameCandidates<T>(
  places: readonly number[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RankError ? rename(error, places) : error;
  }
}

function rename(error: RankError, places: readonly number[]): RankError {
  const { violations: found } = error;
  const isSame = places.every((place, index) => place === index);
  if (isSame || ![error.message, ...found.map(({ field }) => field)].some(namesCandidate)) {
    return error;
  }
  const renameIn = (text: string) =>
    text.replace(/^candidates\[(\d+)\]/, (whole, index: string) => {
      const place = places[Number(index)];
      return place === undefined ? whole : `candidates[${place}]`;
    });
  const { kind, message, retryAfterMs, reason, quotaOf, cause } = error;
  const violations = found.map(({ field, description }) => ({
    field: renameIn(field),
    description,
  }));
  return new RankError(kind, renameIn(message), {
    violations,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(reason === undefined ? {} : { reason }),
    ...(quotaOf === undefined ? {} : { quotaOf }),
    cause,
  });
}

function namesCandidate(text: string): boolean {
  return /^candidates\[\d/.test(text);
}
