import { at } from '../../base/at.ts';
import { clamp } from '../../base/clamp.ts';
import { RankError } from '../../base/errors.ts';
import type { EncodedRequest } from '../../batch/packed-batch.ts';
import { packedSize } from '../../batch/packed-size.ts';
import type { Candidate, RankRequest } from '../../domain/rank.ts';
import type { EncodeTask } from '../../encode/encode.ts';
import type { EncoderPool } from '../../pool/encoders/encoder-pool.ts';
import { surveyTexts } from '../../text/rates/survey-text.ts';
import { TokenRates } from '../../text/rates/token-rates.ts';
import { tokenSamples } from '../../text/rates/token-samples.ts';
import { type PromptTemplate } from '../../text/template.ts';

export interface TokenEstimate {
  readonly prefixTokens: number;
  /** Of the text after each candidate. */
  readonly suffixTokens: number;
  /** Of each candidate's title and text after truncation. */
  readonly candidateTokens: readonly number[];
  /** All candidates with their suffixes, and the prefix once for each batch that they fill. */
  readonly packedTokens: number;
}

type CandidateTexts = Pick<Candidate, 'title' | 'text' | 'stored'>;
type AskedTexts = Pick<RankRequest, 'query' | 'instruction' | 'context' | 'maxCandidateTokens'>;

/** Estimates the tokens of a request from its texts, without encoding them. */
export type EstimateTokens = (
  request: AskedTexts,
  candidates: readonly CandidateTexts[],
) => TokenEstimate;

export interface EstimateLimits {
  /** Limits of a candidate, and of prefix, candidate and suffix together. */
  readonly candidateTokens: number;
  readonly rowTokens: number;
  /** Packed tokens of a batch. */
  readonly tokenBudget: number;
}

/** Tokens that the template adds to each part, and those of its default instruction. */
type FrameTokens = Readonly<
  Record<'prefix' | 'suffix' | 'context' | 'title' | 'instruction', number>
>;

/**
 * Of how many candidates of one request the characters are counted by kind, and of how many the
 * tokens are learnt from: as few as have so many characters together, between these bounds.
 */
const surveyed: Sampling = { least: 8, most: 16, characters: 4_000 };
const learnt: Sampling = { least: 4, most: 32, characters: 4_000 };

/** Estimates tokens from texts, for admission, EstimateRank and captured traffic. */
export class TokenEstimator {
  readonly #template: PromptTemplate;
  readonly #limits: EstimateLimits;
  readonly #isQueryFirst: boolean;
  readonly #rates = new TokenRates();
  #frame: FrameTokens;

  constructor(template: PromptTemplate, limits: EstimateLimits) {
    this.#template = template;
    this.#limits = limits;
    this.#isQueryFirst = template.order === 'query-first';
    this.#frame = this.#guessFrame();
  }

  readonly estimate: EstimateTokens = (request, candidates) => {
    const { candidateTokens: most, rowTokens, tokenBudget } = this.#limits;
    const { prefixTokens, suffixTokens } = this.#aroundTokens(request);
    const budget = Math.min(request.maxCandidateTokens ?? most, most);
    const room = clamp(rowTokens - prefixTokens - suffixTokens, 0, budget);
    const lengthOf = this.#createLengths(candidates);
    const candidateTokens = candidates.map((each) => Math.min(Math.round(lengthOf(each)), room));
    const size = {
      prefixTokens,
      candidates: candidates.length,
      candidateTokens: candidateTokens.reduce((sum, tokens) => sum + tokens + suffixTokens, 0),
    };
    const packedTokens = packedSize(size, tokenBudget);
    return { prefixTokens, suffixTokens, candidateTokens, packedTokens };
  };

  /**
   * Measures texts of all scripts and the template with the model's tokenizer, so that the first
   * requests are estimated as well as later ones.
   *
   * @throws RankError when the encoders cannot answer.
   */
  async calibrate(encoders: Pick<EncoderPool, 'encode' | 'tokenize'>): Promise<void> {
    const ids = await encoders.tokenize(tokenSamples);
    this.#rates.calibrate(
      tokenSamples,
      ids.map(({ length }) => length),
    );
    this.#frame = (await measureFrame(encoders)) ?? this.#guessFrame();
  }

  /**
   * Learns from the real tokens of these candidates. Truncated ones are skipped: their length is
   * unknown.
   */
  learn(candidates: readonly CandidateTexts[], encoded: EncodedRequest): void {
    const whole = encoded.candidates.flatMap(({ tokens, truncated }, i) => {
      const candidate = at(candidates, i);
      return truncated || knownTokens(candidate) !== undefined ? [] : [{ candidate, tokens }];
    });
    const some = pickSample(whole, ({ candidate }) => charactersOf(candidate), learnt);
    const characters = some.reduce((sum, { candidate }) => sum + charactersOf(candidate), 0);
    const weight = Math.min(1, learnt.characters / Math.max(1, characters));
    for (const { candidate, tokens } of some) {
      const { title, text } = candidate;
      const own = Math.max(0, tokens - (title ? this.#frame.title : 0));
      this.#rates.learn(surveyTexts([title, text]), own, weight);
    }
  }

  #aroundTokens({ query, instruction, context }: AskedTexts) {
    const { prefix, suffix, ...frame } = this.#frame;
    const asked = this.#tokensOf(query) + (context ? this.#tokensOf(context) + frame.context : 0);
    const own = instruction === undefined ? frame.instruction : this.#tokensOf(instruction);
    const [first, last] = this.#isQueryFirst ? [asked, 0] : [0, asked];
    return {
      prefixTokens: Math.round(prefix + own + first),
      suffixTokens: Math.round(suffix + last),
    };
  }

  /**
   * Returns a function for the tokens of one candidate. Those of stored items are known. Of many
   * others only a sample is surveyed, and all are estimated at its tokens per character, because
   * requests that are refused must cost the main thread little.
   */
  #createLengths(candidates: readonly CandidateTexts[]): (candidate: CandidateTexts) => number {
    const unknown = candidates.filter((each) => knownTokens(each) === undefined);
    if (unknown.length <= surveyed.most) {
      return (candidate) => knownTokens(candidate) ?? this.#candidateTokens(candidate);
    }
    const some = pickSample(unknown, charactersOf, surveyed);
    const characters = some.reduce((sum, each) => sum + charactersOf(each), 0);
    const tokens = some.reduce((sum, each) => sum + this.#candidateTokens(each), 0);
    const rate = tokens / Math.max(1, characters);
    return (candidate) => knownTokens(candidate) ?? charactersOf(candidate) * rate;
  }

  #candidateTokens({ title, text }: CandidateTexts): number {
    return this.#rates.estimate(surveyTexts([title, text])) + (title ? this.#frame.title : 0);
  }

  #tokensOf(text: string): number {
    return this.#rates.estimate(surveyTexts([text]));
  }

  #guessFrame(): FrameTokens {
    const own = (text: string) => this.#tokensOf(text.replaceAll(/\{\w+\}/g, ''));
    const { prefix, suffix, context, title, instruction } = this.#template;
    return {
      prefix: own(prefix),
      suffix: own(suffix),
      context: own(context),
      title: own(title),
      instruction: this.#tokensOf(instruction),
    };
  }
}

/** The tokens of a stored item's title and text, when they are known. */
function knownTokens({ stored }: CandidateTexts): number | undefined {
  return stored?.ids?.length;
}

interface Sampling {
  readonly least: number;
  readonly most: number;
  readonly characters: number;
}

/** As few items of a list, evenly spaced, as have so many characters, within the bounds. */
function pickSample<T>(
  list: readonly T[],
  lengthOf: (item: T) => number,
  { least, most, characters }: Sampling,
): readonly T[] {
  const all = list.reduce((sum, item) => sum + lengthOf(item), 0);
  const enough = clamp(Math.ceil((list.length * characters) / Math.max(1, all)), least, most);
  const count = Math.min(list.length, enough);
  return Array.from({ length: count }, (_, i) => at(list, Math.floor((i * list.length) / count)));
}

function charactersOf({ title, text }: CandidateTexts): number {
  return (title?.length ?? 0) + text.length;
}

const nothing: EncodeTask = {
  query: '',
  instruction: '',
  context: undefined,
  candidates: [{ title: undefined, text: '' }],
  truncation: 'end',
  maxCandidateTokens: undefined,
};
/** A text that is one token in any vocabulary. */
const oneToken = 'x';

/** Undefined when the limits leave no room for the template, which is reported elsewhere. */
async function measureFrame(
  encoders: Pick<EncoderPool, 'encode'>,
): Promise<FrameTokens | undefined> {
  try {
    const plain = sizesOf(await encoders.encode(nothing));
    const byDefault = sizesOf(await encoders.encode({ ...nothing, instruction: undefined }));
    const candidates = [{ title: oneToken, text: '' }];
    const full = sizesOf(await encoders.encode({ ...nothing, context: oneToken, candidates }));
    return {
      prefix: plain.prefix,
      suffix: plain.suffix,
      instruction: byDefault.prefix - plain.prefix,
      context: Math.max(0, full.prefix + full.suffix - plain.prefix - plain.suffix - 1),
      title: Math.max(0, full.candidate - 1),
    };
  } catch (error) {
    const { kind } = RankError.from(error);
    if (kind === 'invalid-argument') {
      return undefined;
    }
    throw error;
  }
}

/** The tokens of each part of a request with one candidate. */
function sizesOf({ prefix, candidates }: EncodedRequest) {
  const { ids, tokens } = at(candidates, 0);
  return { prefix: prefix.length, suffix: ids.length - tokens, candidate: tokens };
}
