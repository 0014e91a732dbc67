import { at } from '../../src/base/at.ts';
import { type Quantiles, quantiles } from '../load/summary.ts';

/** How a request of the load ended. */
export interface Sent {
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** `OK`, or the status of its error. */
  readonly code: string;
}

/**
 * Answers per second of a closed loop with so many requests in flight. The first answers, for which
 * the server was filled, and the last ones, for which it ran empty, are left out.
 *
 * @param answeredAtMs ascending; more than three times `inFlight`.
 */
export function rateOf(answeredAtMs: readonly number[], inFlight: number): number {
  const [from, to] = [inFlight - 1, answeredAtMs.length - inFlight];
  if (to - from < inFlight) {
    throw new Error(
      `${answeredAtMs.length} answers with ${inFlight} in flight are too few for a rate`,
    );
  }
  return (1000 * (to - from)) / (at(answeredAtMs, to) - at(answeredAtMs, from));
}

export interface WindowFigures {
  readonly requests: number;
  readonly answered: number;
  /** Requests that failed, by status. */
  readonly failed: Readonly<Record<string, number>>;
  /** Of those answered; absent when none was. */
  readonly latencyMs?: Quantiles;
}

export function describeWindow(sent: readonly Sent[]): WindowFigures {
  const failed = new Map<string, number>();
  const latencies: number[] = [];
  for (const { sentAtMs, endedAtMs, code } of sent) {
    if (code === 'OK') {
      latencies.push(endedAtMs - sentAtMs);
    } else {
      failed.set(code, (failed.get(code) ?? 0) + 1);
    }
  }
  return {
    requests: sent.length,
    answered: latencies.length,
    failed: Object.fromEntries(failed),
    ...(latencies.length === 0 ? {} : { latencyMs: quantiles(latencies) }),
  };
}

/** An item that was acknowledged, or that is listed. */
export interface ItemName {
  readonly id: string;
  readonly version: string;
}

/** Acknowledged items that the list lacks, or has in a lower version. */
export function findLost(acknowledged: readonly ItemName[], listed: readonly ItemName[]): string[] {
  const versions = new Map(listed.map(({ id, version }) => [id, BigInt(version)]));
  return acknowledged.flatMap(({ id, version }) => {
    const found = versions.get(id);
    return found === undefined || found < BigInt(version) ? [id] : [];
  });
}

/** The scores that two answers gave to the same candidates. */
export interface ScoreMatch {
  readonly candidates: number;
  /** Of equal scores, to the last digit. */
  readonly equal: number;
  readonly largest: number;
  /** Candidates that only one of the two has scored. */
  readonly missing: number;
}

/** Scores by the candidate's place in the request; unscored candidates are absent. */
export type Scores = ReadonlyMap<number, number>;

export function compareScores(one: Scores, other: Scores): ScoreMatch {
  const places = [...new Set([...one.keys(), ...other.keys()])];
  const drifts = places.flatMap((place) => {
    const [a, b] = [one.get(place), other.get(place)];
    return a === undefined || b === undefined ? [] : [Math.abs(a - b)];
  });
  return {
    candidates: places.length,
    equal: drifts.filter((drift) => drift === 0).length,
    largest: Math.max(0, ...drifts),
    missing: places.length - drifts.length,
  };
}

/** How far p(yes) may differ between packed shapes (ARCHITECTURE.md, "The packed graph"). */
export function toleranceOf(precision: string): number {
  return precision === 'fp32' ? 1e-5 : 2e-3;
}

export interface Checked {
  /** Of the items acknowledged before the kill, after the restart; and of all, at the end. */
  readonly lost: { readonly afterRestart: readonly string[]; readonly atEnd: readonly string[] };
  /** Items of which another text came back than was put. */
  readonly changed: readonly string[];
  readonly match: ScoreMatch;
  readonly tolerance: number;
}

/** What must not be; empty when all is well. */
export function findFaults({ lost, changed, match, tolerance }: Checked): readonly string[] {
  const missing = new Set([...lost.afterRestart, ...lost.atEnd]);
  return [
    ...(missing.size > 0 ? [`${missing.size} acknowledged items are lost`] : []),
    ...(changed.length > 0 ? [`${changed.length} items came back with other texts`] : []),
    ...(match.missing > 0 ? [`${match.missing} candidates were scored by id or by text only`] : []),
    ...(match.largest > tolerance
      ? [`scores by id and by text differ by ${match.largest}; at most ${tolerance} is allowed`]
      : []),
  ];
}
