import { parseConfig } from '../../src/config/config.ts';
import { openPairEngine } from '../../src/eval/rank/open-pair-engine.ts';
import { scorePairs } from '../../src/eval/rank/score-pairs.ts';
import type { OpenScorer } from './pair-scorer.ts';

/** Opens a built model without queue or cache. The surroundings' SLMRANK_* settings have no say: the report names its own. */
export const openScorer: OpenScorer = async ({ dir, manifest }, options) => {
  const config = parseConfig(
    {
      SLMRANK_MODEL: dir,
      SLMRANK_DEVICES: options.devices,
      SLMRANK_CANDIDATE_TOKENS: String(options.candidateTokens),
      SLMRANK_TOKEN_BUDGET: String(options.tokenBudget),
    },
    [],
  );
  const engine = await openPairEngine({ ...config, model: dir }, manifest);
  return {
    async score(pairs, data, { candidateTokens, variant }) {
      const { logits } = await scorePairs(engine, pairs, data, {
        titles: variant === 'titles',
        instruction: undefined,
        maxCandidateTokens: candidateTokens,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      });
      return pairs.map((_, i) => (logits[2 * i] ?? NaN) - (logits[2 * i + 1] ?? NaN));
    },
    close: () => engine.close(),
  };
};
