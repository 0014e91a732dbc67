/**
 * Counts a text's characters (UTF-16 units) by kind, to estimate its number of tokens. It is cheap
 * enough for the main thread, because long texts are only sampled.
 */

/** Kinds of characters. Characters of one kind yield about equally many tokens. */
export const characterKinds = [
  /** The first ASCII letter of a word. */
  'word',
  /** The other letters of a word. */
  'letter',
  /** A capital after a capital. */
  'capital',
  'digit',
  'sign',
  /** White space other than one space between words. */
  'blank',
  /** Tags, entities, scripts and style sheets, which normalizing may remove. */
  'markup',
  /** Up to U+07FF: accented Latin, Greek, Cyrillic, Hebrew, Arabic. */
  'accented',
  /** Up to U+1FFF: Indic scripts, Thai, Georgian. */
  'indic',
  /** Up to U+2E7F: quotes, dashes, bullets, arrows. */
  'symbol',
  /** All others: Han, kana, Hangul, emoji. */
  'ideograph',
  /**
   * Full-width letters and digits, and no-break spaces, which normalizing may replace by plain
   * ones.
   */
  'wide',
] as const;

export type CharacterKind = (typeof characterKinds)[number];

/** Characters by kind, as a plain list: a typed array this small takes longer to make than fill. */
export type TextSurvey = number[];

const [word, letter, capital, digit, sign, blank, markup] = [0, 1, 2, 3, 4, 5, 6] as const;
const [accented, indic, symbol, ideograph, wide] = [7, 8, 9, 10, 11] as const;
/** The kind of a single space, which tokenizers join to the word after it. */
const none = -1;

/**
 * Texts up to this length are counted whole. Of longer ones, samples are counted, evenly spread.
 */
const wholeLength = 2048;
const samples = { count: 8, length: 256 } as const;

export function emptySurvey(): TextSurvey {
  return characterKinds.map(() => 0);
}

/** The survey of several texts together. */
export function surveyTexts(texts: readonly (string | undefined)[]): TextSurvey {
  const survey = emptySurvey();
  for (const text of texts) {
    if (text !== undefined) {
      addSurvey(survey, text);
    }
  }
  return survey;
}

function addSurvey(survey: TextSurvey, text: string): void {
  if (text.length <= wholeLength) {
    addKinds(survey, text, 1);
    return;
  }
  const step = (text.length - samples.length) / (samples.count - 1);
  const weight = text.length / (samples.count * samples.length);
  for (let sample = 0; sample < samples.count; sample++) {
    const start = Math.floor(sample * step);
    addKinds(survey, text.slice(start, start + samples.length), weight);
  }
}

/** Reused for every text: allocating a typed array takes longer than counting a short text. */
const counts = new Int32Array(characterKinds.length);

/**
 * Adds the characters of a text to the survey, each counted `weight` times. It runs on the main
 * thread, also for requests that are then refused.
 */
function addKinds(survey: TextSurvey, text: string, weight: number): void {
  counts.fill(0);
  let findMarkupEnd: ((at: number) => number) | undefined;
  let before = none;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === lessThan || code === ampersand) {
      findMarkupEnd ??= createMarkupSearch(text);
      const end = findMarkupEnd(at);
      if (end > at) {
        counts[markup] = (counts[markup] ?? 0) + end - at;
        at = end - 1;
        before = none;
        continue;
      }
    }
    const kind = kindOf(code, before);
    if (kind !== none) {
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    before = code;
  }
  for (let kind = 0; kind < counts.length; kind++) {
    survey[kind] = (survey[kind] ?? 0) + weight * (counts[kind] ?? 0);
  }
}

const lessThan = 0x3c;
const ampersand = 0x26;
const space = 0x20;

/** The kind of a code unit. `before` is the code unit before it, or `none`. */
function kindOf(code: number, before: number): number {
  if (code >= 0x80) {
    return kindOfWide(code);
  }
  if (isLetter(code)) {
    const isCapital = code < 0x60;
    return !isLetter(before) ? word : isCapital && before < 0x60 ? capital : letter;
  }
  if (code === space) {
    return before === space ? blank : none;
  }
  if (code < space) {
    return blank;
  }
  return code >= 0x30 && code <= 0x39 ? digit : sign;
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function kindOfWide(code: number): number {
  if (code === 0xa0 || (code >= 0xff10 && code <= 0xff5a)) {
    return wide;
  }
  if (code < 0x800) {
    return accented;
  }
  return code < 0x2000 ? indic : code < 0x2e80 ? symbol : ideograph;
}

const tag = /<[!/a-z][^<>]*>/iy;
const entity = /&#?[a-z0-9]{2,10};/iy;
/** The start of markup that ends at its closing, and all of it. */
const opening = /<(?:!--|script\b|style\b)/iy;
const enclosed = /<(?:!--[^]*?--|(script|style)\b[^]*?<\/\1)>/iy;

/**
 * Finds the end of the tag or entity that begins at a place, or the place itself when none does.
 */
function createMarkupSearch(text: string): (at: number) => number {
  // A search that reached the end of the text is not repeated, so the cost stays linear.
  let mayBeEnclosed = true;
  return (at) => {
    if (text.charCodeAt(at) === ampersand) {
      return matchEnd(entity, text, at);
    }
    if (mayBeEnclosed && matchEnd(opening, text, at) > at) {
      const end = matchEnd(enclosed, text, at);
      mayBeEnclosed = end > at;
      if (mayBeEnclosed) {
        return end;
      }
    }
    return matchEnd(tag, text, at);
  };
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
