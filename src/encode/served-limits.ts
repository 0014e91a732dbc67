import type { Manifest } from '../model/manifest.ts';
import type { EncodeLimits } from './encode.ts';

type AskedLimits = Pick<EncodeLimits, 'prefixTokens' | 'candidateTokens'>;
type LimitedModel = Pick<Manifest, 'blueprint' | 'templateTokens'>;

/**
 * The limits in force: those of the configuration, or less where a row of the model has no room.
 */
export function servedLimits(
  { prefixTokens, candidateTokens }: AskedLimits,
  { blueprint: { rowTokens }, templateTokens = { asked: 0, fixed: 0 } }: LimitedModel,
): EncodeLimits {
  const { asked, fixed } = templateTokens;
  return {
    // Leaves room for one token of a candidate.
    prefixTokens: Math.min(prefixTokens, rowTokens - fixed - 1),
    candidateTokens: Math.min(candidateTokens, rowTokens - asked - fixed),
    rowTokens,
  };
}

const names = {
  prefixTokens: '--prefix-tokens (SLMRANK_PREFIX_TOKENS)',
  candidateTokens: '--candidate-tokens (SLMRANK_CANDIDATE_TOKENS)',
} as const;

/** Describes the configured limits that a row of the model has no room for. */
export function findLoweredLimits(asked: AskedLimits, model: LimitedModel): readonly string[] {
  const served = servedLimits(asked, model);
  return (['prefixTokens', 'candidateTokens'] as const)
    .filter((name) => served[name] < asked[name])
    .map(
      (name) =>
        `${names[name]} is ${asked[name]}, but the model's rows of ${served.rowTokens} tokens ` +
        `have room for ${served[name]} beside the template, so that is the limit; ` +
        "'slmrank model build --row-tokens' makes longer rows",
    );
}
