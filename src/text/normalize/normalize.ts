import type { JsonRecord } from '../../base/files/json-record.ts';
import { removeHtml } from './remove-html.ts';

/**
 * Brings a caller's text to one form before it is encoded. A model's manifest lists the steps, so
 * that it is served what it was trained on: models/training/texts/normalize.py does the same, and
 * test/golden/normalize.json has cases that both are tested with. Every step takes time linear in
 * the text's length, whatever the text.
 */

/** The rules' version, part of a model's score fingerprint. */
export const normalizeRules = 'normalize-1';

/** In the order in which they are applied. */
export const normalizeSteps = ['html', 'nfkc', 'invisible', 'spaces', 'capitals'] as const;
export type NormalizeStep = (typeof normalizeSteps)[number];

/** The allowed lists of steps, for error messages. */
export const allowedSteps = `some of ${normalizeSteps.join(', ')}, each once and in this order,`;

interface Step {
  /** Finds what the step may change in an ASCII text. */
  readonly touches: RegExp;
  readonly apply: (text: string) => string;
}

/**
 * Control and format characters without a glyph. Line breaks, tabs and the joiners U+200C and
 * U+200D are kept, and so are signs such as U+0600, which Unicode also calls format characters.
 */
const invisible =
  /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]+/gu;

/** White space to be replaced: all but a single space or line break. */
const spaces = /\p{White_Space}{2,}|(?![ \n])\p{White_Space}/gu;
const lineBreak = /[\n-\r\x85\u2028\u2029]/;
const line = /[^\n-\r\x85\u2028\u2029]+/g;
const upperCase = /\p{Uppercase}/gu;
const cased = /[\p{Uppercase}\p{Lowercase}]/gu;

/** A line in capitals has so many cased letters (abbreviations have fewer), and such a share. */
const shouted = { letters: 8, percent: 85 } as const;

/** The steps, exported for tests; `createNormalizer` applies them. */
export const stepRules: Readonly<Record<NormalizeStep, Step>> = {
  html: { touches: /<[!/a-zA-Z]|&[#a-zA-Z]/, apply: removeHtml },
  nfkc: { touches: /(?!)/, apply: (text) => text.normalize('NFKC') },
  invisible: { touches: invisible, apply: (text) => text.replace(invisible, '') },
  spaces: { touches: /^[\t-\r ]|[\t-\r ]$|[\t\v-\r]|[\n ][\n ]/, apply: foldSpaces },
  capitals: {
    // Among 8 or more letters with 85 % capitals there are four capitals in a row.
    touches: /(?:[A-Z][^A-Za-z\n-\r]*){4}/,
    apply: (text) => text.replace(line, lowerShouted),
  },
};

/**
 * The steps as one function. A text of ASCII that no step can change, as most are, is returned
 * after one test.
 */
export function createNormalizer(steps: readonly NormalizeStep[]): (text: string) => string {
  if (steps.length === 0) {
    return (text) => text;
  }
  const rules = steps.map((step) => stepRules[step]);
  const touched = new RegExp(
    ['[^\\0-\\x7f]', ...rules.map(({ touches }) => touches.source)].join('|'),
    'u',
  );
  return (text) =>
    touched.test(text) ? rules.reduce((done, { apply }) => apply(done), text) : text;
}

/** The steps with these names; undefined unless all are known, in order and without duplicates. */
export function findSteps(names: readonly string[]): readonly NormalizeStep[] | undefined {
  const found = normalizeSteps.filter((step) => names.includes(step));
  const isSame = found.length === names.length && found.every((step, i) => step === names[i]);
  return isSame ? found : undefined;
}

/** The optional `normalize` of a recipe, manifest or golden. @throws RankError */
export function parseNormalize(json: JsonRecord): readonly NormalizeStep[] | undefined {
  return json.has('normalize')
    ? (findSteps(json.texts('normalize')) ?? json.fail('normalize', `a list of ${allowedSteps}`))
    : undefined;
}

/** Each run of white space becomes a line break if it has one, else a space; ends are trimmed. */
function foldSpaces(text: string): string {
  const folded = text.replace(spaces, (run) => (lineBreak.test(run) ? '\n' : ' '));
  return folded.replace(/^[ \n]|[ \n]$/g, '');
}

/**
 * Capitals take about twice the tokens. An abbreviation, such as `CDL-A`, is too short to change.
 */
function lowerShouted(text: string): string {
  const letters = count(cased, text);
  const isShouted =
    letters >= shouted.letters && 100 * count(upperCase, text) >= shouted.percent * letters;
  return isShouted ? text.toLowerCase() : text;
}

function count(pattern: RegExp, text: string): number {
  let found = 0;
  pattern.lastIndex = 0;
  while (pattern.test(text)) {
    found += 1;
  }
  return found;
}
