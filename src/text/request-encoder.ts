import { type FieldViolation, RankError } from '../errors.ts';
import type { PromptTemplate } from '../manifest.ts';
import type { EncodedCandidate } from '../schedule/batch.ts';
import { CandidateEncoder, type FittedCandidate } from './candidate-encoder.ts';
import type { EncodeLimits, EncodeOutcome, EncodeTask, RequestEncoder } from './encode.ts';
import { countIds, encodeFixedSpans, fillSpans, writeParts } from './encode-spans.ts';
import { assertTemplate, type Field, prefixSpans } from './template.ts';
import { loadTokenizer, type Tokenizer } from './tokenizer.ts';

export interface RequestEncoderOptions {
  readonly tokenizerPath: string;
  readonly template: PromptTemplate;
  readonly limits: EncodeLimits;
}

/**
 * Loads the tokenizer and encodes the template's own text, once. An absent instruction is the template's; an empty
 * title or context is none.
 *
 * @throws RankError when tokenizer or template is broken, or the limits are below what the template itself takes.
 */
export function createRequestEncoder(options: RequestEncoderOptions): RequestEncoder {
  const { tokenizerPath, template, limits } = options;
  assertTemplate(template);
  const tokenizer = loadTokenizer(tokenizerPath);
  const encodePrefix = createPrefixEncoder(tokenizer, template);
  const candidates = new CandidateEncoder(tokenizer, template);
  const suffix = tokenizer.encodeTemplate(template.suffix);
  // A row must have room for one token of a candidate.
  const mostPrefixTokens = Math.min(limits.prefixTokens, limits.rowTokens - suffix.length - 1);
  assertRoom(encodePrefix({ query: '' }).ids.length, mostPrefixTokens);

  const encode = (task: EncodeTask): EncodeOutcome => {
    const prefix = encodePrefix(task);
    if (prefix.ids.length > mostPrefixTokens) {
      return refuse([describeLongPrefix(prefix, mostPrefixTokens)]);
    }
    const budget = Math.min(
      task.maxCandidateTokens ?? limits.candidateTokens,
      limits.candidateTokens,
      limits.rowTokens - prefix.ids.length - suffix.length,
    );
    const fitted = task.candidates.map((each) => candidates.fit(each, budget, task.truncation));
    if (task.truncation === 'error' && fitted.some(({ truncated }) => truncated)) {
      return refuse(
        task.candidates.flatMap((each, index) =>
          fitted[index]?.truncated === true ? [candidates.describeExcess(each, index, budget)] : [],
        ),
      );
    }
    return { ok: true, encoded: { prefix: prefix.ids, candidates: finish(fitted, suffix) } };
  };
  return { encode, tokenize: (texts) => texts.map((text) => tokenizer.encode(text)) };
}

interface EncodedPrefix {
  readonly ids: Int32Array;
  /** The caller's field with the most tokens. */
  readonly longest: Field;
  readonly longestTokens: number;
}

type PrefixFields = Pick<EncodeTask, 'query'> &
  Partial<Pick<EncodeTask, 'instruction' | 'context'>>;

function createPrefixEncoder(
  tokenizer: Tokenizer,
  template: PromptTemplate,
): (fields: PrefixFields) => EncodedPrefix {
  const plain = encodeFixedSpans(tokenizer, prefixSpans(template, false));
  const withContext = encodeFixedSpans(tokenizer, prefixSpans(template, true));
  return ({ query, instruction, context = '' }) => {
    const spans = context === '' ? plain : withContext;
    const texts = { query, instruction: instruction ?? template.instruction, context };
    const parts = fillSpans(tokenizer, spans, texts);
    const ids = new Int32Array(countIds(parts));
    writeParts(ids, parts, 0);
    let [longest, longestTokens]: [Field, number] = ['query', 0];
    spans.forEach((span, i) => {
      const tokens = parts[i]?.length ?? 0;
      const isCallers =
        span.kind === 'field' && (span.field !== 'instruction' || instruction !== undefined);
      if (isCallers && tokens > longestTokens) {
        [longest, longestTokens] = [span.field, tokens];
      }
    });
    return { ids, longest, longestTokens };
  };
}

function assertRoom(templateTokens: number, mostPrefixTokens: number): void {
  if (templateTokens > mostPrefixTokens) {
    throw new RankError(
      'invalid-argument',
      `the template's prefix has ${templateTokens} tokens without a query; at most ${mostPrefixTokens} fit the limits`,
    );
  }
}

function describeLongPrefix(prefix: EncodedPrefix, allowed: number): FieldViolation {
  return {
    field: prefix.longest,
    description:
      `instruction, query, context and template have ${prefix.ids.length} tokens together ` +
      `(${prefix.longestTokens} of them here); at most ${allowed} are allowed`,
  };
}

function refuse(violations: readonly FieldViolation[]): EncodeOutcome {
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  const message = first === undefined ? '' : `${first.field}: ${first.description}${more}`;
  return { ok: false, message, violations };
}

/**
 * Candidates with the suffix, as views of one buffer: a thousand of them cross to another thread in half the time
 * that separate arrays take.
 */
function finish(fitted: readonly FittedCandidate[], suffix: Int32Array): EncodedCandidate[] {
  const tokens = fitted.map(({ parts }) => countIds(parts));
  const total = tokens.reduce((sum, each) => sum + each + suffix.length, 0);
  const buffer = new Int32Array(total);
  let start = 0;
  return fitted.map(({ parts, truncated }, i) => {
    const kept = tokens[i] ?? 0;
    const ids = buffer.subarray(start, start + kept + suffix.length);
    writeParts(ids, [...parts, suffix], 0);
    start += ids.length;
    return { ids, tokens: kept, truncated };
  });
}
