import type { Config } from '../config.ts';
import { type FieldViolation, RankError } from '../errors.ts';
import type { PriorityClass } from '../events.ts';
import type { Candidate, RankRequest, ScoreKind, Truncation } from '../rank.ts';
import type { WireCandidate } from './generated/slmrank/v1/Candidate.ts';
import type { WireRankRequest } from './generated/slmrank/v1/RankRequest.ts';
import type { WireTokenizeRequest } from './generated/slmrank/v1/TokenizeRequest.ts';
import { cutText } from './cut-text.ts';
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

/** UTF-8 bytes of an item's version. */
const versionBytes = 256;

/**
 * The domain's request; an empty optional text counts as absent.
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
    instruction: check.optionalText('instruction', wire.instruction),
    context: check.optionalText('context', wire.context),
    candidates: check.candidates(wire.candidates, rules.limits.candidates, cut),
    topN: check.positive('top_n', wire.topN),
    minScore: check.number('min_score', wire.minScore),
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
    if (text.trim() === '') {
      this.#add('query', 'is empty');
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

  candidates(
    wire: readonly WireCandidate[],
    most: number,
    cut: Truncation | undefined,
  ): Candidate[] {
    this.count('candidates', wire.length, most);
    return wire.map(({ id, text, title, version }, index) => {
      const field = `candidates[${index}]`;
      if (text === '' && (title === undefined || title === '')) {
        this.#add(`${field}.text`, 'is empty, and there is no title');
      }
      return {
        id: this.text(`${field}.id`, id),
        title: this.optionalText(`${field}.title`, title),
        ...this.candidateText(`${field}.text`, text, cut),
        version: this.optionalText(`${field}.version`, version, versionBytes),
      };
    });
  }

  /** Hardly any of a text that is too long would be read: it is cut as one with too many tokens is. */
  candidateText(
    field: string,
    text: string,
    cut: Truncation | undefined,
  ): Pick<Candidate, 'text' | 'isCut'> {
    const isCut = cut !== undefined && cut !== 'error' && Buffer.byteLength(text) > this.#textBytes;
    return isCut
      ? { text: cutText(text, this.#textBytes, cut), isCut }
      : { text: this.text(field, text) };
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

  number(field: string, found: number | undefined): number | undefined {
    if (Number.isNaN(found)) {
      this.#add(field, 'is not a number');
    }
    return found;
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

  #add(field: string, description: string): void {
    this.#found.push({ field, description });
  }
}
