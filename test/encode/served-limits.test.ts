import { describe, expect, it } from '@jest/globals';
import { findLoweredLimits, servedLimits } from '../../src/encode/served-limits.ts';
import { testManifest } from '../support/serving/test-server.ts';

const model = {
  blueprint: { ...testManifest.blueprint, rowTokens: 2048 },
  templateTokens: { asked: 60, fixed: 10 },
};

describe('the limits that are served', () => {
  it.each([
    ['are the configured ones if a row has room for them', [1024, 512], [1024, 512]],
    ['are reduced to what fits in a row beside the template', [9000, 4096], [2037, 1978]],
    ['may use a whole row', [2037, 1978], [2037, 1978]],
  ])('%s', (_what, [prefixTokens = 0, candidateTokens = 0], [prefix = 0, candidate = 0]) => {
    const asked = { prefixTokens, candidateTokens };
    const served = { prefixTokens: prefix, candidateTokens: candidate, rowTokens: 2048 };
    expect(servedLimits(asked, model)).toEqual(served);
    const lowered = Number(prefix < prefixTokens) + Number(candidate < candidateTokens);
    expect(findLoweredLimits(asked, model)).toHaveLength(lowered);
  });

  it('are those of a row for models built before template tokens were counted', () => {
    const old = { blueprint: model.blueprint };
    expect(servedLimits({ prefixTokens: 9000, candidateTokens: 4096 }, old)).toEqual({
      prefixTokens: 2047,
      candidateTokens: 2048,
      rowTokens: 2048,
    });
  });

  it('are reported with the setting, the configured value and the limit in force', () => {
    expect(findLoweredLimits({ prefixTokens: 1024, candidateTokens: 4096 }, model)).toEqual([
      "--candidate-tokens (SLMRANK_CANDIDATE_TOKENS) is 4096, but the model's rows of 2048 tokens have room " +
        "for 1978 beside the template, so that is the limit; 'slmrank model build --row-tokens' makes longer rows",
    ]);
  });
});
