/** What a row costs and gives; more quality is better. */
export interface Offer {
  readonly name: string;
  readonly cost: number;
  readonly quality: number;
}

/**
 * The offers that none beats: no other costs as little and gives as much, with one of the two better. By cost,
 * ascending; of equal offers all stay. Where more is better, as of candidates/s, hand in its negative.
 */
export function paretoFront<T extends Offer>(offers: readonly T[]): readonly T[] {
  return offers
    .filter((offer) => !offers.some((other) => beats(other, offer)))
    .toSorted((a, b) => a.cost - b.cost || a.quality - b.quality);
}

function beats(a: Offer, b: Offer): boolean {
  return a.cost <= b.cost && a.quality >= b.quality && (a.cost < b.cost || a.quality > b.quality);
}
