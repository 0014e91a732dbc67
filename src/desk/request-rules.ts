import { type FieldViolation, RankError } from '../base/errors.ts';
import type { Config } from '../config/config.ts';
import type { PriorityClass, SkipReason } from '../domain/events.ts';
import type {
  BadCandidatePolicy,
  Candidate,
  RankRequest,
  ScoreKind,
  Truncation,
} from '../domain/rank.ts';
import { isBlank } from '../text/normalize/is-blank.ts';
import { cutText, findBadTexts } from './candidate-texts.ts';
import { describeUnknown, type ResolvedCandidate } from './resolve-items.ts';
import { type Choice, Violations } from './violations.ts';

/** The rules that requests are checked against; GetInfo publishes them. */
export interface RequestRules {
  readonly limits: Pick<Config, 'candidates' | 'textBytes'>;
  /** The served model's name. */
  readonly model: string;
}

/** A rank request as read from the protocol, not checked yet. Absent fields are undefined. */
export interface RankForm {
  readonly query: string;
  readonly instruction: string | undefined;
  readonly context: string | undefined;
  readonly candidates: readonly ResolvedCandidate[];
  readonly topN: number | undefined;
  readonly minScore: number | undefined;
  readonly returnText: boolean;
  readonly scoreKind: Choice<ScoreKind>;
  readonly truncation: Choice<Truncation>;
  readonly maxCandidateTokens: number | undefined;
  readonly model: string | undefined;
  /** The only score fingerprint that may rank it; checked by `assertPin`. */
  readonly scoreFingerprint: string | undefined;
  readonly partialOk: boolean;
  readonly priority: Choice<PriorityClass>;
  readonly adaptiveDepth: boolean;
  readonly useCache: boolean;
  readonly onBadCandidate: Choice<BadCandidatePolicy>;
  readonly requestId: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly maxReplyBytes: number | undefined;
  /** The violation of the protocol's limits by the largest possible reply, if there is one. */
  readonly findReplyFault: (request: RankRequest) => FieldViolation | undefined;
}

/** A tokenize request as read from the protocol, not checked yet. */
export interface TokenizeForm {
  readonly texts: readonly string[];
  readonly maxReplyBytes: number | undefined;
}

/** The longest version of an item, in bytes of UTF-8. */
const maxVersionBytes = 256;
/** The largest value that SLMRANK_MAX_CALL_MS may have. */
const maxTimeoutMs = 3_600_000;

/** A request's own time limit; Infinity if it has none, or one that `checkRankRequest` refuses. */
export function timeLimitOf(timeoutMs: number | undefined): number {
  return timeoutMs === undefined || timeoutMs === 0 || timeoutMs > maxTimeoutMs
    ? Number.POSITIVE_INFINITY
    : timeoutMs;
}

/**
 * Checks a request. An optional text that is empty counts as absent, and so does one that is blank
 * if the model would read it.
 *
 * @throws RankError `invalid-argument` with every violation, or `not-found` for a model that is not
 *   served here.
 */
export function checkRankRequest(
  form: RankForm,
  requestId: string,
  rules: RequestRules,
): RankRequest {
  const check = new Violations(rules.limits.textBytes);
  const request: RankRequest = {
    requestId,
    query: check.query(form.query),
    instruction: check.readText('instruction', form.instruction),
    context: check.readText('context', form.context),
    ...checkCandidates(form, rules.limits, check),
    topN: check.positive('top_n', form.topN),
    minScore: check.score('min_score', form.minScore, knownChoice(form.scoreKind)),
    returnText: form.returnText,
    scoreKind: check.choice('score_kind', form.scoreKind) ?? 'probability',
    truncation: check.choice('truncation', form.truncation) ?? 'end',
    maxCandidateTokens: check.positive('max_candidate_tokens', form.maxCandidateTokens),
    model: check.optionalText('model', form.model),
    partialOk: form.partialOk,
    priority: check.choice('priority', form.priority) ?? 'interactive',
    adaptiveDepth: form.adaptiveDepth,
    useCache: form.useCache,
  };
  check.requestId(form.requestId);
  check.most('timeout_ms', form.timeoutMs, maxTimeoutMs);
  check.positive('max_reply_bytes', form.maxReplyBytes);
  check.add(form.findReplyFault(request));
  check.throwIfAny();
  assertServed(request.model, rules.model);
  return request;
}

/** @throws RankError `invalid-argument` with every violation. */
export function checkTexts(form: TokenizeForm, { limits }: RequestRules): readonly string[] {
  const check = new Violations(limits.textBytes);
  check.count('texts', form.texts.length, limits.candidates);
  for (const [index, text] of form.texts.entries()) {
    check.text(`texts[${index}]`, text);
  }
  check.positive('max_reply_bytes', form.maxReplyBytes);
  check.throwIfAny();
  return form.texts;
}

interface CheckedCandidates {
  readonly candidates: readonly Candidate[];
  readonly onBadCandidate: BadCandidatePolicy;
  readonly skips?: ReadonlyMap<number, SkipReason>;
}

function checkCandidates(
  form: RankForm,
  { candidates: maxCandidates, textBytes }: RequestRules['limits'],
  check: Violations,
): CheckedCandidates {
  check.count('candidates', form.candidates.length, maxCandidates);
  const policy = check.choice('on_bad_candidate', form.onBadCandidate);
  const cut = knownChoice(form.truncation);
  const skips = new Map<number, SkipReason>();
  const candidates = form.candidates.map((given, index): Candidate => {
    const { id, title, version, stored } = given;
    const field = `candidates[${index}]`;
    const text = cutToFit(given.text, textBytes, cut);
    const faults =
      given.isUnknown === true ? [describeUnknown(id)] : findBadTexts({ title, text }, textBytes);
    for (const { reason, field: part, description } of faults) {
      if (policy === 'skip') {
        skips.set(index, reason);
      } else {
        check.add({ field: `${field}.${part}`, description });
      }
    }
    return {
      id: check.text(`${field}.id`, id),
      title: isBlank(title) ? undefined : title,
      text,
      ...(text === given.text ? {} : { isCut: true }),
      version: check.optionalText(`${field}.version`, version, maxVersionBytes),
      ...(stored === undefined ? {} : { stored }),
    };
  });
  const checked = { candidates, onBadCandidate: policy ?? 'refuse' };
  return skips.size === 0 ? checked : { ...checked, skips };
}

/**
 * Cuts a text that is too long. Truncation to tokens would discard most of it anyway, from the same
 * side. The text stays whole if the request forbids truncation or asks for an unknown kind.
 */
function cutToFit(text: string, maxBytes: number, cut: Truncation | undefined): string {
  return cut === undefined || cut === 'error' || Buffer.byteLength(text) <= maxBytes
    ? text
    : cutText(text, maxBytes, cut);
}

function knownChoice<T extends string>(choice: Choice<T>): T | undefined {
  return typeof choice === 'string' ? choice : undefined;
}

function assertServed(asked: string | undefined, served: string): void {
  if (asked !== undefined && asked !== served) {
    const message = `model '${asked.slice(0, 100)}' is not served here; '${served}' is`;
    throw new RankError('not-found', message, { reason: 'MODEL_NOT_FOUND' });
  }
}
