/** Kinds of soak requests. */
export const kinds = [
  'rank',
  'partial',
  'long',
  'deferrable',
  'stream',
  'cancelled',
  'hurried',
  'bad',
  'tokenize',
  'info',
  'health',
  'estimate',
] as const;
export type Kind = (typeof kinds)[number];

/** How often each kind is drawn, of 1,000 requests. */
const weights: Readonly<Record<Kind, number>> = {
  rank: 480,
  partial: 80,
  long: 60,
  deferrable: 60,
  stream: 60,
  cancelled: 70,
  hurried: 60,
  bad: 40,
  tokenize: 20,
  info: 30,
  health: 20,
  estimate: 20,
};

export function drawKind(random: () => number): Kind {
  let left = random() * 1000;
  for (const kind of kinds) {
    left -= weights[kind];
    if (left < 0) {
      return kind;
    }
  }
  return 'rank';
}

const burstEveryMs = 20_000;
const burstMs = 2_000;

/** The load relative to its mean: a tenth of the time there are bursts of five times the mean. */
export function loadFactor(atMs: number): number {
  return atMs % burstEveryMs >= burstEveryMs - burstMs ? 5 : 0.56;
}
