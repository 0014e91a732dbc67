import type { JsonRecord } from '../base/files/json-record.ts';
import { mostRowTokens } from './prompt-facts.ts';

export const families = ['llama', 'qwen2', 'qwen3'] as const;
export type Family = (typeof families)[number];

/** The least a prompt needs: with fewer positions there is no room for a candidate. */
export const leastRowTokens = 32;

/** The architecture's dimensions. */
export interface Blueprint {
  readonly family: Family;
  readonly layers: number;
  readonly width: number;
  readonly mlpWidth: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
  readonly ropeTheta: number;
  /** Undefined when positions are not scaled. */
  readonly ropeScaling?: RopeScaling | undefined;
  readonly normEpsilon: number;
  /** RMS norm over each head's query and key (Qwen3). */
  readonly qkNorm: boolean;
  /** Biases on q, k and v (Qwen2). */
  readonly qkvBias: boolean;
  readonly tiedHead: boolean;
  /**
   * The classes of a sequence classifier, by row of its head; it has no logits of the vocabulary.
   */
  readonly classes?: readonly string[] | undefined;
  /** The most tokens in one row: prefix, candidate and suffix. */
  readonly rowTokens: number;
}

/** Changes the rotary frequencies `ropeTheta ** (-2 i / headDim)` for longer contexts. */
export interface RopeScaling {
  /** The divisor of each frequency. [headDim / 2] */
  readonly divisors: readonly number[];
  /** The factor of cosines and sines, for queries and keys. */
  readonly attentionFactor: number;
}

/** @throws RankError naming field, found and allowed. */
function parseRopeScaling(json: JsonRecord, headDim: number): RopeScaling {
  const divisors = json.numbers('divisors');
  if (divisors.length !== headDim / 2 || divisors.some((each) => each <= 0)) {
    json.fail('divisors', `a list of ${headDim / 2} numbers above 0`);
  }
  return { divisors, attentionFactor: json.amount('attentionFactor') };
}

const count = { min: 1, max: 1 << 20 };

/** Reads the blueprint of a manifest. @throws RankError naming field, found and allowed. */
export function parseBlueprint(json: JsonRecord): Blueprint {
  const blueprint: Blueprint = {
    family: json.oneOf('family', families),
    layers: json.count('layers', count),
    width: json.count('width', count),
    mlpWidth: json.count('mlpWidth', count),
    heads: json.count('heads', count),
    kvHeads: json.count('kvHeads', count),
    headDim: json.count('headDim', count),
    vocabulary: json.count('vocabulary', { min: 2, max: 1 << 24 }),
    ropeTheta: json.amount('ropeTheta'),
    ...(json.has('ropeScaling') && {
      ropeScaling: parseRopeScaling(json.record('ropeScaling'), json.count('headDim', count)),
    }),
    normEpsilon: json.amount('normEpsilon'),
    qkNorm: json.flag('qkNorm'),
    qkvBias: json.flag('qkvBias'),
    tiedHead: json.flag('tiedHead'),
    ...(json.has('classes') && { classes: json.texts('classes') }),
    rowTokens: json.count('rowTokens', { min: leastRowTokens, max: mostRowTokens }),
  };
  if (blueprint.heads % blueprint.kvHeads !== 0) {
    json.fail('kvHeads', `a divisor of ${blueprint.heads} heads`);
  }
  return blueprint;
}
