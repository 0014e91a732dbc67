import { at } from '../../base/at.ts';
import { sha256 } from '../../base/files/sha256.ts';
import { joinPhrases, keepAll, keepHead, keepPhrases } from '../compressed-text.ts';
import type { CompressedText, Compressor, ScoreGroups, SourceText } from '../compressor.ts';
import { type CompressorParts, tokensFor, versionOf } from '../compressors.ts';
import { cutPhrases } from '../text/phrases.ts';
import { PhraseCosts, weighPhrases } from '../select.ts';
import type { EffortPlan } from './effort.ts';
import { rewardOf } from './fidelity.ts';
import { fillRoom, growChoice, propose, type Search } from './grow.ts';
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
   * Stops once the judging probes' mean |difference of p(yes)| is at most this, and goes on up to
   * twice the budget while it is more. Undefined fills the budget.
   */
  readonly maxLoss: number | undefined;
}

/**
 * Chooses the phrases whose text the ranker answers most like the original: probe queries are asked
 * on the original once, then on phrases alone, then on growing choices of phrases. Query-free: a
 * text has one result for all queries to come. Of the probes, some choose and others judge, because
 * a search fits the ones that it sees.
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
  const cut = cutPhrases(text, background);
  const { phrases } = cut;
  const costs = new PhraseCosts(phrases, counter);
  const fits = (index: number) => costs.of(index) <= tokens + 1;
  const proposed = propose(weighPhrases(cut, background), { count: plan.proposals, fits });
  if (rawTokens <= tokens || proposed.length === 0) {
    return rawTokens <= tokens ? keepAll(text, counter) : keepHead(text, tokens, counter);
  }
  const probes = parts.probes.choose(cut.counts, plan);
  const ranker = await askRanker({ text, probes, choosing: plan.choosing, score, signal });
  const marks = await ranker.diverge(proposed.map((index) => at(phrases, index).text));
  const alone = new Map(proposed.map((index, i) => [index, at(marks, i)]));
  const asked = { phrases, costs, ranker, plan, alone };
  const indices =
    maxLoss === undefined
      ? (await fillRoom(asked, tokens)).indices
      : await fillToLoss(asked, tokens, maxLoss);
  const result = keepPhrases(text, phrases, { indices, tokens: longest * tokens, counter });
  const { kl, dp } = await ranker.judge(result.text);
  const reward = rewardOf(kl, result, parts.lengthWeight);
  return { ...result, fidelity: { reward, dp } };
}

/** With a wanted loss, a text may have so many times its budget. */
const longest = 2;
/** The lengths, in parts of the budget, at which the loss is looked at. */
const lengths = [0.5, 0.75, 1, 1.5, longest] as const;

async function fillToLoss(asked: Search, tokens: number, maxLoss: number) {
  let found = await fillRoom(asked, Math.floor(lengths[0] * tokens));
  for (const length of lengths.slice(1)) {
    const { dp } = await asked.ranker.judge(joinPhrases(asked.phrases, found.indices));
    if (dp <= maxLoss) {
      break;
    }
    found = await growChoice(asked, found, Math.floor(length * tokens));
  }
  return found.indices;
}
