import { at } from '../../base/at.ts';
import { sha256 } from '../../base/files/sha256.ts';
import { keepAll, keepHead, keepPhrases } from '../compressed-text.ts';
import type { CompressedText, Compressor, ScoreGroups, SourceText } from '../compressor.ts';
import { type CompressorParts, tokensFor, versionOf } from '../compressors.ts';
import { cutPhrases } from '../text/phrases.ts';
import { packPhrases, PhraseCosts, weighPhrases } from '../select.ts';
import { climb, type Values } from './climb.ts';
import type { EffortPlan } from './effort.ts';
import { rewardOf } from './fidelity.ts';
import type { ProbeBank } from './probes.ts';
import { askRanker } from './ranker.ts';

export interface SearchParts extends CompressorParts {
  readonly score: ScoreGroups;
  readonly probes: ProbeBank;
  /** The ranker's score fingerprint. */
  readonly fingerprint: string;
  readonly plan: EffortPlan;
  /** Of the reward's length penalty. */
  readonly lengthWeight: number;
  /**
   * The shortest text, from half to twice the budget, whose mean |difference of p(yes)| is at most
   * this on the judging probes; the longest where there is none. Undefined fills the budget.
   */
  readonly maxLoss: number | undefined;
}

/**
 * Chooses the phrases whose text the ranker answers most like the original: probe queries are asked
 * on the original once, then on a few choices of phrases. Query-free: a text has one result for all
 * queries to come. Of the probes, some choose and others judge, because a search fits the ones that
 * it sees.
 */
export function createSearchCompressor(parts: SearchParts): Compressor {
  const { background, probes, fingerprint, plan, lengthWeight, maxLoss } = parts;
  const decides = [background.id, probes.id, fingerprint, lengthWeight, maxLoss ?? -1];
  const version = versionOf('search', parts, [...decides, sha256(JSON.stringify(plan))]);
  return {
    method: 'search',
    version,
    compress: (source, signal) => search(source, parts, signal),
  };
}

async function search(
  source: SourceText,
  parts: SearchParts,
  signal: AbortSignal | undefined,
): Promise<CompressedText> {
  const { counter, background, plan, score, maxLoss } = parts;
  const { text } = source;
  const tokens = tokensFor(source, parts.budget);
  const rawTokens = counter.count(text);
  if (rawTokens <= tokens) {
    return keepAll(text, counter);
  }
  const cut = cutPhrases(text, background);
  const { phrases } = cut;
  const costs = new PhraseCosts(phrases, counter);
  const weights = new Map(weighPhrases(cut, background).entries());
  const keep = (values: Values, most: number) => {
    const indices = packPhrases(phrases, values, { costs, tokens: most });
    return keepPhrases(text, phrases, { indices, tokens: most, counter });
  };
  if (keep(weights, tokens).text === '') {
    return keepHead(text, tokens, counter);
  }
  const probes = parts.probes.choose(cut.counts, plan);
  const ranker = await askRanker({ text, probes, choosing: plan.choosing, score, signal });
  const values = await climb({ phrases, costs, ranker, rounds: plan.rounds }, weights, tokens);
  const lengths = maxLoss === undefined ? [1] : lossLengths;
  const results = lengths.map((length) => keep(values, Math.round(length * tokens)));
  const losses = await ranker.judge(results.map((result) => result.text));
  const fitting = losses.findIndex(({ dp }) => dp <= (maxLoss ?? Infinity));
  const chosen = fitting < 0 ? results.length - 1 : fitting;
  const [result, { kl, dp }] = [at(results, chosen), at(losses, chosen)];
  return { ...result, fidelity: { reward: rewardOf(kl, result, parts.lengthWeight), dp } };
}

/** The lengths that are tried where a loss is wanted, in budgets. */
const lossLengths = [0.5, 0.75, 1, 1.5, 2] as const;
