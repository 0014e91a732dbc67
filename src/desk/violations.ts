import { type FieldViolation, RankError } from '../base/errors.ts';
import type { ScoreKind } from '../domain/rank.ts';
import { isBlank } from '../text/normalize/is-blank.ts';
import { describeBytes, nothingToRead } from './candidate-texts.ts';

/** A value from a closed set, or an unknown one with the names that the protocol allows. */
export type Choice<T extends string> =
  | T
  | { readonly given: string | number; readonly allowed: readonly string[] };

/** The longest request id in bytes of UTF-8. Ids are sent in headers, often limited to 8 KB. */
export const maxRequestIdBytes = 256;

export function isUsableRequestId(requestId: string | undefined): requestId is string {
  return (
    requestId !== undefined && requestId !== '' && Buffer.byteLength(requestId) <= maxRequestIdBytes
  );
}

/** The error for a request with these violations, the first of them in the message. */
export function invalidRequest(violations: readonly FieldViolation[]): RankError {
  const [first] = violations;
  const where = first === undefined || first.field === '' ? '' : `${first.field} `;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  const message = `${where}${first?.description ?? ''}${more}`;
  return new RankError('invalid-argument', message, { violations });
}

/**
 * Collects every violation of a request, so that its author can repair all of them at once. Each
 * check returns the value that it was given. Fields are named as in the proto.
 */
export class Violations {
  readonly #found: FieldViolation[] = [];
  readonly #textBytes: number;

  /** `textBytes` is the longest text in bytes of UTF-8. */
  constructor(textBytes: number) {
    this.#textBytes = textBytes;
  }

  add(violation: FieldViolation | undefined): void {
    if (violation !== undefined) {
      this.#found.push(violation);
    }
  }

  /** @throws RankError `invalid-argument` */
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

  text(field: string, text: string, maxBytes = this.#textBytes): string {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) {
      this.#add(field, describeBytes(bytes, maxBytes));
    }
    return text;
  }

  optionalText(field: string, text: string | undefined, maxBytes?: number): string | undefined {
    return text === undefined || text === '' ? undefined : this.text(field, text, maxBytes);
  }

  /** An optional text for the model to read; undefined when it is blank. */
  readText(field: string, text: string | undefined): string | undefined {
    return isBlank(text) ? undefined : this.optionalText(field, text);
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

  /** Checks an optional number whose 0 means none. */
  most(field: string, found: number | undefined, most: number): void {
    if (found !== undefined && found > most) {
      this.#add(field, `is ${found}; at most ${most}, or 0 for none`);
    }
  }

  /** `kind` is undefined when the request asks for an unknown one. */
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

  /** The chosen value; undefined when it is unknown. */
  choice<T extends string>(field: string, choice: Choice<T>): T | undefined {
    if (typeof choice === 'string') {
      return choice;
    }
    const { given, allowed } = choice;
    this.#add(field, `is ${given}, which is unknown; allowed: ${allowed.join(', ')}`);
    return undefined;
  }

  requestId(found: string | undefined): void {
    if (found !== undefined && found !== '' && !isUsableRequestId(found)) {
      this.#add('request_id', describeBytes(Buffer.byteLength(found), maxRequestIdBytes));
    }
  }

  #add(field: string, description: string): void {
    this.#found.push({ field, description });
  }
}
