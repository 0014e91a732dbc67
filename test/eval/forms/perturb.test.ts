import { describe, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { boilerplate } from '../../../src/eval/forms/boilerplate.ts';
import {
  perturb,
  perturbCorpus,
  type PerturbationName,
  perturbationNames,
} from '../../../src/eval/forms/perturb.ts';
import { normalizeSteps, createNormalizer } from '../../../src/text/normalize/normalize.ts';

const nurse = { id: 'a', title: 'Nurse & "Carer"', text: 'Night shift. Lifts > 20 kg.' };

const changed: readonly (readonly [PerturbationName, string, string])[] = [
  ['upper', 'NURSE & "CARER"', 'NIGHT SHIFT. LIFTS > 20 KG.'],
  ['lower', 'nurse & "carer"', 'night shift. lifts > 20 kg.'],
  [
    'entities',
    'Nurse&nbsp;&amp;&nbsp;&quot;Carer&quot;',
    'Night&nbsp;shift.&nbsp;Lifts&nbsp;&gt;&nbsp;20&nbsp;kg.',
  ],
  [
    'html',
    '<b>Nurse &amp; &quot;Carer&quot;</b>',
    '<div class="job-description"><p>Night shift.</p><ul class="list">' +
      '<li><span class="text">Lifts &gt; 20 kg.</span></li></ul></div>',
  ],
  ['nbsp', 'Nurse\u00a0&\u00a0"Carer"', 'Night\u00a0shift.\u00a0Lifts\u00a0>\u00a020\u00a0kg.'],
  [
    'fullwidth',
    'Ｎｕｒｓｅ　＆　＂Ｃａｒｅｒ＂',
    'Ｎｉｇｈｔ　ｓｈｉｆｔ．　Ｌｉｆｔｓ　＞　２０　ｋｇ．',
  ],
  ['markdown', '**Nurse & "Carer"**', '**Night shift.**\n\n* Lifts > 20 kg.'],
];

/** Two hundred words. */
const long = { id: 'b', title: '', text: 'Drives trucks across borders. '.repeat(50).trim() };

describe('perturbing a text', () => {
  test.each(changed)('by %s', (name, title, text) => {
    expect(perturb(nurse, name)).toEqual({ id: 'a', title, text });
  });

  test.each(perturbationNames)(
    'by %s leaves an absent title absent, and depends on the id alone',
    (name) => {
      const once = perturb(long, name);
      expect(once.title).toBe('');
      expect(once.text).not.toBe(long.text);
      expect(perturb({ ...long }, name)).toEqual(once);
    },
  );

  test('uses lines where a text has several', () => {
    const lines = { ...nurse, text: 'Duties. Many.\n\nLift\nCarry' };
    expect(perturb(lines, 'markdown').text).toBe('**Duties. Many.**\n\n* Lift\n* Carry');
    expect(perturb({ ...nurse, text: '' }, 'markdown').text).toBe('****');
  });

  test('inserts a zero-width character into about a fifth of the longer words', () => {
    const { text } = perturb(long, 'zero-width');
    const inserted = text.match(/\p{L}[\u200b\u2060\u00ad]\p{L}/gu) ?? [];
    expect(inserted.length).toBeGreaterThan(20);
    expect(inserted.length).toBeLessThan(60);
    expect(text.replace(/[\u200b\u2060\u00ad]/g, '')).toBe(long.text);
  });

  test('changes only white space for `spaces`', () => {
    const { text } = perturb(long, 'spaces');
    expect(text).toMatch(/\t/);
    expect(text).toMatch(/ {2}/);
    expect(text).toMatch(/\n/);
    expect(text.split(/\s+/)).toEqual(long.text.split(' '));
  });

  test('by typos swaps two neighbours in about three words of a hundred, never the first', () => {
    const { text } = perturb({ ...long, text: long.text.repeat(10) }, 'typos');
    const words = long.text.repeat(10).split(' ');
    const typed = text.split(' ');
    const wrong = words.flatMap((word, i) => (word === typed[i] ? [] : [[word, at(typed, i)]]));
    expect(wrong.length).toBeGreaterThan(words.length * 0.015);
    expect(wrong.length).toBeLessThan(words.length * 0.05);
    for (const [word = '', typo = ''] of wrong) {
      expect(typo[0]).toBe(word[0]);
      expect(Array.from(typo).sort()).toEqual(Array.from(word).sort());
    }
  });

  test('by boilerplate adds one of six paragraphs to the text, and nothing to the title', () => {
    const passages = Array.from({ length: 60 }, (_, i) => ({ ...nurse, id: String(i) }));
    const before = passages.map((each) => perturb(each, 'boilerplate-before'));
    expect(new Set(before.map(({ text }) => text))).toEqual(
      new Set(boilerplate.map((paragraph) => `${paragraph}\n\n${nurse.text}`)),
    );
    expect(new Set(before.map(({ title }) => title))).toEqual(new Set([nurse.title]));
    const after = perturb(nurse, 'boilerplate-after').text;
    expect(boilerplate.map((paragraph) => `${nurse.text}\n\n${paragraph}`)).toContain(after);
  });

  test('by what all steps of the normalizer undo gives the same text after them', () => {
    const normalize = createNormalizer(normalizeSteps);
    const text = `${nurse.text} ${long.text}`;
    for (const name of ['entities', 'nbsp', 'zero-width', 'fullwidth'] as const) {
      expect(normalize(perturb({ ...nurse, text }, name).text)).toBe(text);
    }
    expect(normalize(perturb({ ...nurse, text }, 'upper').text)).toBe(text.toLowerCase());
  });
});

test('boilerplate has six paragraphs of 60 to 90 words', () => {
  expect(boilerplate).toHaveLength(6);
  for (const paragraph of boilerplate) {
    const words = paragraph.split(' ').length;
    expect([words >= 60, words <= 90]).toEqual([true, true]);
  }
});

test('a corpus is perturbed text by text', () => {
  const corpus = new Map([nurse, long].map((each) => [each.id, each] as const));
  expect([...perturbCorpus(corpus, 'upper')]).toEqual([
    ['a', perturb(nurse, 'upper')],
    ['b', perturb(long, 'upper')],
  ]);
});
