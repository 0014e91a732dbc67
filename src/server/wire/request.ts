import type { Config } from '../../config/config.ts';
import { type FieldViolation, RankError } from '../../base/errors.ts';
import type { PriorityClass } from '../../domain/events.ts';
import type {
  BadCandidatePolicy,
  Candidate,
  RankRequest,
  ScoreKind,
  Truncation,
} from '../../domain/rank.ts';
import type { SkipReason } from '../../domain/events.ts';
import { isBlank } from '../../text/normalize/is-blank.ts';
import { findBadTexts, nothingToRead } from './bad-texts.ts';
import type { WireCandidate } from '../../proto/generated/slmrank/v1/Candidate.ts';
import type { WireRankRequest } from '../../proto/generated/slmrank/v1/RankRequest.ts';
import type { WireTokenizeRequest } from '../../proto/generated/slmrank/v1/TokenizeRequest.ts';
import { cutText } from './cut-text.ts';
import { defaultReplyBytes, describeReply, mostReplyBytes } from './reply-bytes.ts';
import { isUsable, requestIdBytes } from './request-id.ts';

/** What a request is held against; GetInfo publishes it. */
export interface RequestRules {
  readonly limits: Pick<Config, 'candidates' | 'textBytes'>;
  /** The served model's name. */
  readonly model: string;
}

/** The loader gives known values by name and unknown ones as numbers, which these tables do not have. */
const scoreKinds: Readonly<Record<string, ScoreKind>> = {
  SCORE_KIND_UNSPECIFIED: 'probability',
  SCORE_KIND_PROBABILITY: 'probability',
  SCORE_KIND_LOGIT: 'logit',
};
const truncations: Readonly<Record<string, Truncation>> = {
  TRUNCATION_UNSPECIFIED: 'end',
  TRUNCATION_END: 'end',
  TRUNCATION_START: 'start',
  TRUNCATION_ERROR: 'error',
};
const priorities: Readonly<Record<string, PriorityClass>> = {
  PRIORITY_UNSPECIFIED: 'interactive',
  PRIORITY_INTERACTIVE: 'interactive',
  PRIORITY_DEFERRABLE: 'deferrable',
};

const badCandidatePolicies: Readonly<Record<string, BadCandidatePolicy>> = {
  ON_BAD_CANDIDATE_UNSPECIFIED: 'refuse',
  ON_BAD_CANDIDATE_REFUSE: 'refuse',
  ON_BAD_CANDIDATE_SKIP: 'skip',
};

/** UTF-8 bytes of an item's version. */
const versionBytes = 256;
/** The longest that a call may be let to take (SLMRANK_MAX_CALL_MS). */
const mostTimeoutMs = 3_600_000;

/** A request's own time; undefined when it has none, or one that `parseRankRequest` refuses. */
export function timeoutOf({ timeoutMs }: Pick<WireRankRequest, 'timeoutMs'>): number | undefined {
  return timeoutMs === undefined || timeoutMs === 0 || timeoutMs > mostTimeoutMs
    ? undefined
    : timeoutMs;
}

/**
 * The domain's request; an optional text that is empty, or one to be read that is blank, counts as absent.
 *
 * @throws RankError `invalid-argument` with every violation, or `not-found` for a model that is not served here.
 */
export function parseRankRequest(
  wire: WireRankRequest,
  requestId: string,
  rules: RequestRules,
): RankRequest {
  const check = new Violations(rules.limits.textBytes);
  const cut = truncations[wire.truncation];
  const request: RankRequest = {
    requestId,
    query: check.query(wire.query),
    instruction: check.readText('instruction', wire.instruction),
    context: check.readText('context', wire.context),
    ...check.candidates(wire, rules.limits.candidates, cut),
    topN: check.positive('top_n', wire.topN),
    minScore: check.score('min_score', wire.minScore, scoreKinds[wire.scoreKind]),
    returnText: wire.returnText,
    scoreKind: check.choice('score_kind', wire.scoreKind, scoreKinds) ?? 'probability',
    truncation: check.choice('truncation', wire.truncation, truncations) ?? 'end',
    maxCandidateTokens: check.positive('max_candidate_tokens', wire.maxCandidateTokens),
    model: check.optionalText('model', wire.model),
    partialOk: wire.partialOk,
    priority: check.choice('priority', wire.priority, priorities) ?? 'interactive',
    adaptiveDepth: wire.adaptiveDepth,
    useCache: !wire.noCache,
  };
  check.requestId(wire.requestId);
  check.timeout(wire.timeoutMs);
  check.replyBytes(request, check.positive('max_reply_bytes', wire.maxReplyBytes));
  check.throwIfAny();
  assertServed(request.model, rules.model);
  return request;
}

/** @throws RankError `invalid-argument` with every violation. */
export function parseTokenizeRequest(
  wire: WireTokenizeRequest,
  { limits }: RequestRules,
): readonly string[] {
  const check = new Violations(limits.textBytes);
  check.count('texts', wire.texts.length, limits.candidates);
  for (const [index, text] of wire.texts.entries()) {
    check.text(`texts[${index}]`, text);
  }
  check.positive('max_reply_bytes', wire.maxReplyBytes);
  check.throwIfAny();
  return wire.texts;
}

/** A refusal before decoding, or all that is wrong with a decoded request. */
export function invalidRequest(violations: readonly FieldViolation[]): RankError {
  const [first] = violations;
  const where = first === undefined || first.field === '' ? '' : `${first.field} `;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return new RankError('invalid-argument', `${where}${first?.description ?? ''}${more}`, {
    violations,
  });
}

function assertServed(asked: string | undefined, served: string): void {
  if (asked !== undefined && asked !== served) {
    throw new RankError(
      'not-found',
      `model '${asked.slice(0, 100)}' is not served here; '${served}' is`,
      {
        reason: 'MODEL_NOT_FOUND',
      },
    );
  }
}

/** Collects everything that is wrong, so that a caller repairs a request once. Fields are named as in the proto. */
class Violations {
  readonly #found: FieldViolation[] = [];
  readonly #textBytes: number;

  constructor(textBytes: number) {
    this.#textBytes = textBytes;
  }

  throwIfAny(): void {
    if (this.#found.length > 0) {
      throw invalidRequest(this.#found);
    }
  }

  query(text: string): string {
    if (isBlank(text)) {
      this.#add('query', text === '' ? 'is empty' : nothingToRead);
    }
    return this.text('query', text);
  }

  text(field: string, text: string, most = this.#textBytes): string {
    const bytes = Buffer.byteLength(text);
    if (bytes > most) {
      this.#add(field, `has ${bytes} bytes of UTF-8; at most ${most}`);
    }
    return text;
  }

  optionalText(field: string, text: string | undefined, most?: number): string | undefined {
    return text === undefined || text === '' ? undefined : this.text(field, text, most);
  }

  /** A text for people; undefined when there is nothing to read in it. */
  readText(field: string, text: string | undefined): string | undefined {
    return isBlank(text) ? undefined : this.optionalText(field, text);
  }

  candidates(
    { candidates, onBadCandidate }: Pick<WireRankRequest, 'candidates' | 'onBadCandidate'>,
    most: number,
    cut: Truncation | undefined,
  ): Pick<RankRequest, 'candidates' | 'onBadCandidate' | 'skips'> {
    this.count('candidates', candidates.length, most);
    const policy = this.choice('on_bad_candidate', onBadCandidate, badCandidatePolicies);
    const skips = new Map<number, SkipReason>();
    const checked = candidates.map((given, index): Candidate => {
      const { isCut, ...candidate } = this.#cutText(given, cut);
      const field = `candidates[${index}]`;
      for (const { reason, field: part, description } of findBadTexts(candidate, this.#textBytes)) {
        if (policy === 'skip') {
          skips.set(index, reason);
        } else {
          this.#add(`${field}.${part}`, description);
        }
      }
      const { id, title, text, version } = candidate;
      return {
        id: this.text(`${field}.id`, id),
        title: isBlank(title) ? undefined : title,
        text,
        ...(isCut ? { isCut } : {}),
        version: this.optionalText(`${field}.version`, version, versionBytes),
      };
    });
    return {
      ...{ candidates: checked, onBadCandidate: policy ?? 'refuse' },
      ...(skips.size === 0 ? {} : { skips }),
    };
  }

  /** Hardly any of a text that is too long would be read: it is cut as one with too many tokens is. */
  #cutText(candidate: WireCandidate, cut: Truncation | undefined) {
    const isCut =
      cut !== undefined && cut !== 'error' && Buffer.byteLength(candidate.text) > this.#textBytes;
    const text = isCut ? cutText(candidate.text, this.#textBytes, cut) : candidate.text;
    return { ...candidate, text, isCut };
  }

  count(field: string, found: number, most: number): void {
    if (found < 1 || found > most) {
      this.#add(field, `has ${found} entries; allowed 1 to ${most}`);
    }
  }

  positive(field: string, found: number | undefined): number | undefined {
    if (found === 0) {
      this.#add(field, 'is 0; at least 1, or leave it out');
    }
    return found;
  }

  /** `kind` is undefined where it is itself in question. */
  score(field: string, found: number | undefined, kind: ScoreKind | undefined) {
    if (Number.isNaN(found)) {
      this.#add(field, 'is not a number');
    } else if (kind === 'probability' && found !== undefined && !(found >= 0 && found <= 1)) {
      this.#add(field, `is ${found}, and scores are probabilities; allowed 0 to 1`);
    } else if (found !== undefined && !Number.isFinite(found)) {
      this.#add(field, `is ${found}; allowed any finite number`);
    }
    return found;
  }

  replyBytes(request: RankRequest, given: number | undefined): void {
    if (given === 0) {
      return;
    }
    const most = given ?? defaultReplyBytes;
    const bytes = mostReplyBytes(request, most);
    if (bytes > most) {
      const field = request.returnText ? 'return_text' : 'candidates';
      this.#add(given === undefined ? field : 'max_reply_bytes', describeReply(bytes, given));
    }
  }

  choice<T>(field: string, found: string | number, known: Readonly<Record<string, T>>) {
    const choice = known[found];
    if (choice === undefined) {
      this.#add(field, `is ${found}, which is unknown; allowed: ${Object.keys(known).join(', ')}`);
    }
    return choice;
  }

  requestId(found: string | undefined): void {
    if (found !== undefined && found !== '' && !isUsable(found)) {
      const bytes = Buffer.byteLength(found);
      this.#add('request_id', `has ${bytes} bytes of UTF-8; at most ${requestIdBytes}`);
    }
  }

  timeout(found: number | undefined): void {
    if (found !== undefined && found > mostTimeoutMs) {
      this.#add('timeout_ms', `is ${found}; at most ${mostTimeoutMs}, or 0 for none`);
    }
  }

  #add(field: string, description: string): void {
    this.#found.push({ field, description });
  }
}
