import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  createNormalizer,
  findSteps,
  normalizeRules,
  type NormalizeStep,
  normalizeSteps,
  stepRules,
} from '../../../src/text/normalize/normalize.ts';

interface Case {
  readonly steps: readonly NormalizeStep[];
  readonly input: string;
  readonly output: string;
}

/** Written by hand; models/training/tests/test_normalize.py uses the same cases. */
const { rules, cases } = JSON.parse(
  readFileSync(new URL('../../golden/normalize.json', import.meta.url), 'utf8'),
) as { rules: string; cases: readonly Case[] };

function normalize(text: string, ...steps: readonly NormalizeStep[]): string {
  return createNormalizer(steps)(text);
}

describe('a normalizer', () => {
  it.each(cases.map(({ steps, input, output }) => [steps, input, output] as const))(
    'with %j turns %j into %j',
    (steps, input, output) => {
      expect(normalize(input, ...steps)).toBe(output);
    },
  );

  it('has the version of the rules that the cases were written for', () => {
    expect(normalizeRules).toBe(rules);
  });

  it.each(normalizeSteps)('has cases that show %s', (step) => {
    const own = cases.filter(({ steps }) => steps.join() === step);
    expect(own.filter(({ input, output }) => input !== output).length).toBeGreaterThanOrEqual(5);
    expect(own.some(({ input, output }) => input === output)).toBe(true);
  });
});

/** Texts made of what the rules are about, and of anything else. */
const pieces = [
  ...'<p> </p> <b <!-- --> <script> </script> &lt; &amp; &#60 <'.split(' '),
  ...'RN word İ ẞ Σ ﬁ Ａ ① é e\u0301 ǅ \u{1d400}'.split(' '),
  ...Array.from(' \n\t\u00a0\u2028\u200b\u200d\0\u{e0041}'),
  '  ',
  '\r\n',
  'NURSES WANTED',
];
const texts = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 20,
  })
  .map((parts) => parts.join(''));

describe('for every text', () => {
  it('no step changes nothing', () => {
    fc.assert(fc.property(texts, (text) => normalize(text) === text));
  });

  // Twice the html step is another result for a text that was escaped three times, and the steps
  // together may leave full-width brackets as ASCII ones.
  it.each([
    [['nfkc']],
    [['invisible']],
    [['spaces']],
    [['capitals']],
    [['invisible', 'spaces', 'capitals']],
  ] as const)('%j applied twice is the same as once', (steps) => {
    fc.assert(
      fc.property(texts, (text) => {
        const once = normalize(text, ...steps);
        expect(normalize(once, ...steps)).toBe(once);
      }),
    );
  });

  it('html changes nothing where there is neither < nor &', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const plain = text.replace(/[<&]/g, '');
        expect(normalize(plain, 'html')).toBe(plain);
      }),
    );
  });

  it('all steps leave no white space at the ends, in runs, or other than spaces and breaks', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(normalize(text, ...normalizeSteps)).toMatch(
          /^(?:\P{White_Space}+(?:[ \n](?!$))?)*$/u,
        );
      }),
    );
  });

  it.each(normalizeSteps)('%s changes no ASCII text without what it looks for', (step) => {
    const { touches, apply } = stepRules[step];
    const found = new RegExp(touches.source, 'u');
    const ascii = texts.map((text) => text.replace(/[^ -~\n\t\r\0]/g, 'x'));
    let untouched = 0;
    fc.assert(
      fc.property(ascii, (text) => {
        if (!found.test(text)) {
          untouched += 1;
          expect(apply(text)).toBe(text);
        }
      }),
      { numRuns: 500 },
    );
    expect(untouched).toBeGreaterThan(10);
  });
});

describe('a plain text', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is returned after one test', () => {
    const all = createNormalizer(normalizeSteps);
    const test = jest.spyOn(RegExp.prototype, 'test');
    const replace = jest.spyOn(String.prototype, 'replace');
    const text = 'Drives a truck (CDL) for R & D, 5 < 6.\nNights only.';
    expect(all(text)).toBe(text);
    expect([test.mock.calls.length, replace.mock.calls.length]).toEqual([1, 0]);
  });
});

describe('a hostile text', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const hostile = [
    ...'< </ <!-- & &#1 &a <script> <!--<script> A \u00a0 e\u0301 \u200b'.split(' '),
    '<a ',
    '<p a="',
    '<p a=\'"',
    '<style a>',
    '<p   ',
    '<p a',
    'A1 ',
    ' \n',
  ];

  it.each(hostile)('that repeats %j is searched to its end only a few times', (piece) => {
    const [some, twice] = [1_000, 2_000].map((times) => countFailedSearches(piece.repeat(times)));
    expect(twice).toBe(some);
    expect(some).toBeLessThanOrEqual(12);
  });

  // With a quadratic pattern this would take minutes.
  it.each(hostile)('that repeats %j 200,000 times is normalized', (piece) => {
    for (const before of ['', '<p a ']) {
      normalize(before + piece.repeat(200_000), ...normalizeSteps);
    }
  });

  it.each(['<p a', '<p a="'])(
    'with a tag of 16 MB that begins with %j does not overflow the stack',
    (start) => {
      const text = start + 'x'.repeat(16_000_000);
      expect(normalize(text, 'html') === text).toBe(true);
    },
  );
});

/** Searches that read a text to its end and found nothing. */
function countFailedSearches(text: string): number {
  const exec = jest.spyOn(RegExp.prototype, 'exec');
  const indexOf = jest.spyOn(String.prototype, 'indexOf');
  normalize(text, 'html');
  const failed = [
    ...exec.mock.results.filter(({ value }) => value === null),
    ...indexOf.mock.results.filter(({ value }) => value === -1),
  ];
  jest.restoreAllMocks();
  return failed.length;
}

describe('a list of steps', () => {
  it.each([
    [['html', 'capitals'], true],
    [[], true],
    [[...normalizeSteps], true],
    [['capitals', 'html'], false],
    [['html', 'html'], false],
    [['html', 'HTML'], false],
    [[''], false],
  ])('%j is one: %s', (names, isList) => {
    expect(findSteps(names)).toEqual(isList ? names : undefined);
  });
});
