export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether the token includes the white space before it, and after it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Whether it is not recognised inside a longer word. */
  readonly singleWord: boolean;
  /** A control token of the model, such as `<|im_start|>`. */
  readonly special: boolean;
}

/** The place of an added token in a text, with the white space that it includes. */
export interface AddedTokenPlace {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** `\w` of the reference. JavaScript's `\w` is ASCII only. */
const wordBefore = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const wordAfter = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const spacesBefore = /\p{White_Space}*$/u;
const spacesAfter = /^\p{White_Space}*/u;

/** Finds added tokens in a template's own text, by the rules of the reference. */
export class AddedTokens {
  readonly #byContent: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp | undefined;

  constructor(tokens: readonly AddedToken[]) {
    this.#byContent = new Map(tokens.map((token) => [token.content, token]));
    this.#pattern = alternation([...this.#byContent.keys()]);
  }

  /** In order, without overlaps. */
  *find(text: string): Generator<AddedTokenPlace> {
    let least = 0;
    for (const { 0: content, index } of this.#pattern ? text.matchAll(this.#pattern) : []) {
      const token = this.#byContent.get(content);
      const place = token && placeToken(text, index, least, token);
      if (place !== undefined) {
        yield place;
        least = place.end;
      }
    }
  }
}

/**
 * The place of a token that is spelled at `at`. `least` is the end of the token before it.
 * Undefined when the token is inside a word and must not be.
 */
function placeToken(
  text: string,
  at: number,
  least: number,
  { id, content, lstrip, rstrip, singleWord }: AddedToken,
): AddedTokenPlace | undefined {
  const [before, after] = [text.slice(0, at), text.slice(at + content.length)];
  if (singleWord && (wordBefore.test(before) || wordAfter.test(after))) {
    return undefined;
  }
  const spaces = (pattern: RegExp, of: string) => pattern.exec(of)?.[0].length ?? 0;
  return {
    id,
    start: lstrip ? Math.max(least, at - spaces(spacesBefore, before)) : at,
    end: at + content.length + (rstrip ? spaces(spacesAfter, after) : 0),
  };
}

/** A pattern that takes the longest token at each place, as the reference does. */
function alternation(contents: readonly string[]): RegExp | undefined {
  if (contents.length === 0) {
    return undefined;
  }
  const longestFirst = contents.toSorted((a, b) => b.length - a.length);
  const escaped = longestFirst.map((each) => each.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(escaped.join('|'), 'gu');
}
