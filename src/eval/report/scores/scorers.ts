import { at } from '../../../base/at.ts';
import { parseConfig } from '../../../config/config.ts';
import type { Manifest } from '../../../model/manifest.ts';
import { openPairEngine } from '../../rank/open-pair-engine.ts';
import type { Pair, PairData } from '../../rank/pair-batches.ts';
import { scorePairs } from '../../rank/score-pairs.ts';
import type { View } from '../input/views.ts';

/** The folder of a built model, and its manifest. */
export interface BuiltModel {
  readonly dir: string;
  readonly manifest: Manifest;
}

export interface ScorerOptions {
  /** The largest text budget of all calls, in tokens of a candidate. */
  readonly candidateTokens: number;
  /** Most packed tokens of a batch. */
  readonly tokenBudget: number;
  /** In the format of SLMRANK_DEVICES. */
  readonly devices: string;
}

/** Scores (query, candidate) pairs with one model in this process. */
export interface PairScorer {
  /** Logits (yes - no) in the order of the pairs. Encoding the texts is part of the call. */
  score(pairs: readonly Pair[], data: PairData, view: View): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Opens a scorer for a model; tests replace it. */
export type OpenScorer = (model: BuiltModel, options: ScorerOptions) => Promise<PairScorer>;

/**
 * Opens a built model without queue and cache. SLMRANK_* environment variables are not read: the
 * report records the settings it used.
 */
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
      return pairs.map((_, i) => at(logits, 2 * i) - at(logits, 2 * i + 1));
    },
    close: () => engine.close(),
  };
};

/** The scorers of the report's models, by row name. Each is opened on first use. */
export interface Scorers {
  get(name: string): Promise<PairScorer>;
  /** Closes the open ones; a later `get` opens them again. */
  closeAll(): Promise<void>;
}

export function createScorers(
  models: ReadonlyMap<string, BuiltModel>,
  open: OpenScorer,
  options: ScorerOptions,
): Scorers {
  const opened = new Map<string, PairScorer>();
  return {
    async get(name) {
      const known = opened.get(name);
      const model = models.get(name);
      if (known !== undefined) {
        return known;
      }
      if (model === undefined) {
        throw new RangeError(`this is a bug: row '${name}' has no prepared model`);
      }
      const scorer = await open(model, options);
      opened.set(name, scorer);
      return scorer;
    },
    async closeAll() {
      const scorers = [...opened.values()];
      opened.clear();
      await Promise.all(scorers.map((scorer) => scorer.close()));
    },
  };
}
