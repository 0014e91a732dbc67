import { at } from '../base/at.ts';
import { type FieldViolation, RankError } from '../base/errors.ts';
import type { TemplateTokens } from '../model/manifest.ts';
import type { PromptTemplate } from '../text/template.ts';
import type { EncodedCandidate } from '../batch/packed-batch.ts';
import { CandidateEncoder, type FittedCandidate } from './candidate-encoder.ts';
import type {
  CandidateText,
  EncodeLimits,
  EncodeOutcome,
  EncodeTask,
  RequestEncoder,
} from './encode.ts';
import type { BadCandidate } from '../domain/rank.ts';
import { isBlank } from '../text/normalize/is-blank.ts';
import { createNormalizer, type NormalizeStep } from '../text/normalize/normalize.ts';
import { countIds, encodeFixedSpans, fillSpans, writeParts } from './encode-spans.ts';
import { type Field, prefixSpans, type Span, suffixSpans } from '../text/template.ts';
import {
  type ExpectedTokenizer,
  loadTokenizer,
  type Tokenizer,
} from '../text/tokenizer/tokenizer.ts';

export interface RequestEncoderOptions {
  readonly tokenizerPath: string;
  /** Not checked when undefined. */
  readonly expected?: ExpectedTokenizer;
  readonly template: PromptTemplate;
  /** Applied to clients' texts before they are encoded; nothing when undefined. */
  readonly normalize: readonly NormalizeStep[] | undefined;
  readonly limits: EncodeLimits;
}

/**
 * Loads the tokenizer and encodes the template's own text, once. Clients' texts are normalized
 * first. The template's instruction replaces an absent one; an empty title or context counts as
 * absent.
 *
 * @throws RankError when the tokenizer or the template is broken, or the template alone exceeds the
 * limits.
 */
export function createRequestEncoder(options: RequestEncoderOptions): RequestEncoder {
  const { tokenizerPath, template, limits } = options;
  const tokenizer = loadTokenizer(tokenizerPath, options.expected);
  const normalize = createNormalizer(options.normalize ?? []);
  const encodeFrame = createFrameEncoder(tokenizer, template);
  const candidates = new CandidateEncoder(tokenizer, template);
  const empty = encodeFrame({ query: '' });
  // Leaves room for one token of a candidate.
  const mostAsked = Math.min(limits.prefixTokens, limits.rowTokens - empty.fixedTokens - 1);
  assertRoom(empty, limits, template);

  const encode = (given: EncodeTask): EncodeOutcome => {
    const asked = normalizeAsked(given, normalize);
    const frame = encodeFrame(asked);
    const { prefix, suffix } = frame;
    if (given.onBadCandidate !== undefined && isBlank(asked.query)) {
      return refuse([{ field: 'query', description: blankOnceNormalized }]);
    }
    if (frame.askedTokens > mostAsked) {
      return refuse([describeLongFrame(frame, mostAsked)]);
    }
    const budget = Math.min(
      given.maxCandidateTokens ?? limits.candidateTokens,
      limits.candidateTokens,
      limits.rowTokens - prefix.length - suffix.length,
    );
    const task = { ...given, candidates: readyCandidates(given, normalize, budget) };
    const fitted = task.candidates.map((each) => candidates.fit(each, budget, task.truncation));
    const skipped = findBad(task, fitted, (each) => candidates.describeExcess(each, budget));
    if (skipped.size === 0) {
      return { ok: true, encoded: { prefix, candidates: finish(fitted, suffix) } };
    }
    if (task.onBadCandidate !== 'skip') {
      return refuse([...skipped].map(toViolation));
    }
    const kept = fitted.filter((_, index) => !skipped.has(index));
    return { ok: true, encoded: { prefix, candidates: finish(kept, suffix), skipped } };
  };
  return { encode, tokenize: (texts) => texts.map((text) => tokenizer.encode(normalize(text))) };
}

const blankOnceNormalized = 'has nothing to read once markup and invisible characters are removed';
const blank: BadCandidate = { reason: 'BLANK', field: 'text', description: blankOnceNormalized };

/** The candidates that cannot be scored, by place. */
function findBad(
  { candidates, truncation, onBadCandidate }: EncodeTask,
  fitted: readonly FittedCandidate[],
  describeExcess: (candidate: CandidateText) => BadCandidate,
): ReadonlyMap<number, BadCandidate> {
  const found = new Map<number, BadCandidate>();
  candidates.forEach((each, index) => {
    if (onBadCandidate !== undefined && isBlank(each.text) && isBlank(each.title)) {
      found.set(index, blank);
    } else if (truncation === 'error' && at(fitted, index).truncated) {
      found.set(index, describeExcess(each));
    }
  });
  return found;
}

function toViolation([index, { field, description }]: [number, BadCandidate]): FieldViolation {
  return { field: `candidates[${index}].${field}`, description };
}

function normalizeAsked(
  { query, instruction, context }: EncodeTask,
  normalize: (text: string) => string,
): FrameFields {
  const ifGiven = (text: string | undefined) => (text === undefined ? undefined : normalize(text));
  return {
    query: normalize(query),
    instruction: ifGiven(instruction),
    context: ifGiven(context),
  };
}

/**
 * Normalized texts; candidates whose token ids are known and fit stay as they are. Known ids that
 * do not fit are dropped and the text is encoded: ids do not show where the title ends.
 */
function readyCandidates(
  { candidates }: EncodeTask,
  normalize: (text: string) => string,
  budget: number,
): readonly CandidateText[] {
  return candidates.map((candidate) => {
    const { title, text, ids } = candidate;
    return ids !== undefined && ids.length <= budget
      ? candidate
      : { title: title === undefined ? undefined : normalize(title), text: normalize(text) };
  });
}

/** The texts around every candidate of a request, encoded. */
interface Frame {
  readonly prefix: Int32Array;
  readonly suffix: Int32Array;
  /**
   * Tokens of the parts with client's texts: the prefix, and a candidate-first template's suffix.
   */
  readonly askedTokens: number;
  /** Tokens of the other parts. */
  readonly fixedTokens: number;
  /** The client's field with the most tokens. */
  readonly longest: Field;
  readonly longestTokens: number;
}

type FrameFields = Pick<EncodeTask, 'query'> & Partial<Pick<EncodeTask, 'instruction' | 'context'>>;

function createFrameEncoder(
  tokenizer: Tokenizer,
  template: PromptTemplate,
): (fields: FrameFields) => Frame {
  const isQueryFirst = template.order === 'query-first';
  const encodePrefix = createPartEncoder(tokenizer, template, prefixSpans);
  const encodeSuffix = createPartEncoder(tokenizer, template, suffixSpans);
  return (fields) => {
    const [prefix, suffix] = [encodePrefix(fields), encodeSuffix(fields)];
    const { field, tokens } =
      suffix.longest.tokens > prefix.longest.tokens ? suffix.longest : prefix.longest;
    const fixedTokens = isQueryFirst ? suffix.ids.length : 0;
    return {
      prefix: prefix.ids,
      suffix: suffix.ids,
      askedTokens: prefix.ids.length + suffix.ids.length - fixedTokens,
      fixedTokens,
      longest: field,
      longestTokens: tokens,
    };
  };
}

interface EncodedPart {
  readonly ids: Int32Array;
  readonly longest: { readonly field: Field; readonly tokens: number };
}

function createPartEncoder(
  tokenizer: Tokenizer,
  template: PromptTemplate,
  spansOf: (template: PromptTemplate, hasContext: boolean) => readonly Span[],
): (fields: FrameFields) => EncodedPart {
  const plain = encodeFixedSpans(tokenizer, spansOf(template, false));
  const withContext = encodeFixedSpans(tokenizer, spansOf(template, true));
  return ({ query, instruction, context = '' }) => {
    const spans = context === '' ? plain : withContext;
    const texts = { query, instruction: instruction ?? template.instruction, context };
    const parts = fillSpans(tokenizer, spans, texts);
    const ids = new Int32Array(countIds(parts));
    writeParts(ids, parts, 0);
    let longest: EncodedPart['longest'] = { field: 'query', tokens: 0 };
    spans.forEach((span, i) => {
      const tokens = at(parts, i).length;
      const isCallers =
        span.kind === 'field' && (span.field !== 'instruction' || instruction !== undefined);
      if (isCallers && tokens > longest.tokens) {
        longest = { field: span.field, tokens };
      }
    });
    return { ids, longest };
  };
}

/** Counts the tokens of a template's own text. */
export function countTemplateTokens(
  tokenizer: Tokenizer,
  template: PromptTemplate,
): TemplateTokens {
  const { askedTokens: asked, fixedTokens: fixed } = createFrameEncoder(
    tokenizer,
    template,
  )({
    query: '',
  });
  return { asked, fixed };
}

function assertRoom(
  { askedTokens, fixedTokens }: Frame,
  { prefixTokens, rowTokens }: EncodeLimits,
  template: PromptTemplate,
): void {
  const inRow = rowTokens - fixedTokens - 1;
  if (askedTokens <= Math.min(prefixTokens, inRow)) {
    return;
  }
  const parts = template.order === 'query-first' ? 'prefix has' : 'two parts have';
  const others = fixedTokens === 0 ? 'a candidate' : 'the suffix and a candidate';
  const room =
    inRow <= prefixTokens
      ? `at most ${inRow} fit a row beside ${others}: a row of the model has ${rowTokens} ` +
        "(its positions, or --row-tokens of 'slmrank model build')"
      : `at most ${prefixTokens} are allowed by --prefix-tokens (SLMRANK_PREFIX_TOKENS)`;
  throw new RankError(
    'invalid-argument',
    `the template's ${parts} ${askedTokens} tokens without a query; ${room}`,
  );
}

function describeLongFrame(frame: Frame, allowed: number): FieldViolation {
  return {
    field: frame.longest,
    description:
      `instruction, query, context and template have ${frame.askedTokens} tokens together ` +
      `(${frame.longestTokens} of them here); at most ${allowed} are allowed`,
  };
}

function refuse(violations: readonly FieldViolation[]): EncodeOutcome {
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  const message = first === undefined ? '' : `${first.field}: ${first.description}${more}`;
  return { ok: false, message, violations };
}

/**
 * Appends the suffix to each candidate. All ids are views of one buffer, which takes half the time
 * of separate arrays to reach another thread (a thousand candidates).
 */
function finish(fitted: readonly FittedCandidate[], suffix: Int32Array): EncodedCandidate[] {
  const tokens = fitted.map(({ parts }) => countIds(parts));
  const total = tokens.reduce((sum, each) => sum + each + suffix.length, 0);
  const buffer = new Int32Array(total);
  let start = 0;
  return fitted.map(({ parts, truncated }, i) => {
    const kept = at(tokens, i);
    const ids = buffer.subarray(start, start + kept + suffix.length);
    writeParts(ids, [...parts, suffix], 0);
    start += ids.length;
    return { ids, tokens: kept, truncated };
  });
}
