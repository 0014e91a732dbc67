/** The padded length that a candidate of this length is counted as; past the ladder, its own length. */
export function findBucket(buckets: readonly number[], length: number): number {
  for (const bucket of buckets) {
    if (length <= bucket) {
      return bucket;
    }
  }
  return length;
}
