import { at } from '../../src/base/at.ts';
import { kendallTau } from '../../src/eval/measures/kendall.ts';
import { mean, ndcg } from '../../src/eval/measures/metrics.ts';
import { quantiles } from '../load/summary.ts';
import type { Round } from './adapter-process.ts';
import type { LeftOut, System } from './systems.ts';
import type { JudgedRequest } from './work.ts';

/** What was measured of one system. */
export interface Measured {
  readonly system: Pick<System, 'name' | 'class' | 'isOwn'>;
  readonly about: string;
  readonly peakMb: number;
  readonly rounds: readonly Round[];
}

export interface SystemFigures extends Omit<Measured, 'rounds'> {
  readonly msOfRounds: readonly number[];
  /** Of the fastest round, as all speeds here: see `timesAsFast`. */
  readonly candidatesPerSecond: number;
  readonly tokensPerSecond: number;
  /** Of one request. */
  readonly p95Ms: number;
  /** Undefined without judgements. */
  readonly ndcg10: number | undefined;
  /** How its scores compare with those of slmrank in fp32; undefined for other methods. */
  readonly agreement: Agreement | undefined;
}

export interface Agreement {
  /** Of p(yes), over all candidates. */
  readonly largest: number;
  readonly mean: number;
  /** Kendall's tau of the order, the mean over requests. */
  readonly tau: number;
}

export interface PeersReport {
  readonly systems: readonly SystemFigures[];
  readonly ratios: readonly Ratio[];
  readonly leftOut: readonly LeftOut[];
}

/** How many times as fast slmrank is as the best peer of a class. */
export interface Ratio {
  readonly own: string;
  readonly against: string;
  readonly peer: string;
  readonly times: number;
}

/** The system whose scores are the reference. */
export const referenceName = 'slmrank fp32';

export interface Work {
  readonly requests: readonly JudgedRequest[];
  readonly candidates: number;
  readonly tokens: number;
}

export function describeSystems(
  measured: readonly Measured[],
  work: Work,
): readonly SystemFigures[] {
  const reference = measured.find(({ system }) => system.name === referenceName);
  return measured.map((each): SystemFigures => {
    const { rounds, ...rest } = each;
    const msOfRounds = rounds.map((round) => round.reduce((sum, { ms }) => sum + ms, 0));
    const fastest = Math.min(...msOfRounds);
    const seconds = fastest / 1000;
    const scores = scoresOf(each);
    return {
      ...rest,
      msOfRounds,
      candidatesPerSecond: work.candidates / seconds,
      tokensPerSecond: work.tokens / seconds,
      p95Ms: quantiles(at(rounds, msOfRounds.indexOf(fastest)).map(({ ms }) => ms)).p95,
      ndcg10: meanNdcg(work.requests, scores),
      agreement:
        reference === undefined || each.system.class === 'another method'
          ? undefined
          : compareScores(scoresOf(reference), scores),
    };
  });
}

/** Scores of each request, from the last round. */
function scoresOf({ rounds }: Measured): readonly (readonly number[])[] {
  return at(rounds, rounds.length - 1).map(({ scores }) => scores);
}

export function compareScores(
  reference: readonly (readonly number[])[],
  scores: readonly (readonly number[])[],
): Agreement {
  const differences = reference.flatMap((row, request) =>
    row.map((score, i) => Math.abs(score - at(at(scores, request), i))),
  );
  return {
    largest: Math.max(...differences),
    mean: mean(differences),
    tau: mean(reference.map((row, request) => kendallTau(row, at(scores, request)))),
  };
}

function meanNdcg(
  requests: readonly JudgedRequest[],
  scores: readonly (readonly number[])[],
): number | undefined {
  const values = requests.flatMap(({ grades }, request) => {
    if (grades === undefined) {
      return [];
    }
    const own = at(scores, request);
    const order = own.map((_, i) => i).sort((a, b) => at(own, b) - at(own, a));
    const ranked = order.map((i) => at(grades.candidates, i));
    return [ndcg(ranked, grades.judged, 10)];
  });
  return values.length === 0 ? undefined : mean(values);
}

/**
 * Scores count as equal when p(yes) differs by no more than this on average. Rounding of weights
 * and activations to bf16 or to 8 bits stays below it.
 */
export const equalWithin = 0.02;

export function hasEqualScores({ agreement }: Pick<SystemFigures, 'agreement'>): boolean {
  return agreement !== undefined && agreement.mean <= equalWithin;
}

/**
 * slmrank in each precision against the fastest peer of the same class, and against the fastest of
 * all. Only systems with equal scores count.
 */
export function findRatios(systems: readonly SystemFigures[]): readonly Ratio[] {
  const peers = systems.filter((each) => !each.system.isOwn && hasEqualScores(each));
  return systems
    .filter((each) => each.system.isOwn && hasEqualScores(each))
    .flatMap((own) => {
      const same = peers.filter(({ system }) => system.class === own.system.class);
      return [
        ...ratioTo(own, same, `the fastest peer with equal scores in ${own.system.class}`),
        ...ratioTo(own, peers, 'the fastest of all peers with equal scores'),
      ];
    });
}

function ratioTo(own: SystemFigures, peers: readonly SystemFigures[], against: string): Ratio[] {
  const [best] = peers.toSorted((a, b) => b.candidatesPerSecond - a.candidatesPerSecond);
  return best === undefined
    ? []
    : [{ own: own.system.name, against, peer: best.system.name, times: timesAsFast(own, best) }];
}

/**
 * Compares the fastest rounds. Other work on the machine slows a round, and slows engines whose
 * threads spin until all have arrived far more than others, so a median would be unfair to them.
 */
export function timesAsFast(
  a: Pick<SystemFigures, 'msOfRounds'>,
  b: Pick<SystemFigures, 'msOfRounds'>,
): number {
  return Math.min(...b.msOfRounds) / Math.min(...a.msOfRounds);
}
