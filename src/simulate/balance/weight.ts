/**
 * The weight of a server in `weighted_round_robin`: gRFC A58, with the settings of
 * deploy/client-service-config.json, and otherwise gRPC's defaults.
 */

import type { Load } from '../../observe/load-meter.ts';

export interface WeightRules {
  /** How long a server reports before its weight counts. */
  readonly blackoutMs: number;
  /** The age at which a weight is forgotten. */
  readonly expiryMs: number;
  /** How often a channel turns weights into a new order of servers. */
  readonly updateMs: number;
  /** How much utilization an error rate equal to the request rate counts for. */
  readonly errorPenalty: number;
}

export const defaultWeightRules: WeightRules = {
  blackoutMs: 1_000,
  expiryMs: 180_000,
  updateMs: 1_000,
  errorPenalty: 1,
};

/** What a channel has heard from one server since it connected. */
export interface HeardWeight {
  /** Requests per second at full utilization. */
  readonly weight: number;
  /** When the reports began. */
  readonly sinceAtMs: number;
  readonly heardAtMs: number;
}

/** A report without requests or utilization changes nothing. */
export function hear(
  heard: HeardWeight | undefined,
  { utilization, requestsPerSecond, errorsPerSecond }: Load,
  rules: WeightRules,
  nowMs: number,
): HeardWeight | undefined {
  if (!(utilization > 0 && requestsPerSecond > 0)) {
    return heard;
  }
  const errors = (errorsPerSecond / requestsPerSecond) * rules.errorPenalty;
  const isExpired = heard === undefined || nowMs - heard.heardAtMs >= rules.expiryMs;
  return {
    weight: requestsPerSecond / (utilization + errors),
    sinceAtMs: isExpired ? nowMs : heard.sinceAtMs,
    heardAtMs: nowMs,
  };
}

/** 0 while the weight is unknown. */
export function weightAt(
  heard: HeardWeight | undefined,
  { expiryMs, blackoutMs }: WeightRules,
  nowMs: number,
): number {
  return heard === undefined ||
    nowMs - heard.heardAtMs >= expiryMs ||
    nowMs - heard.sinceAtMs < blackoutMs
    ? 0
    : heard.weight;
}
