import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutPhrases } from '../../../src/compress/text/phrases.ts';
import { english } from '../fake-parts.ts';

function phrasesOf(text: string): readonly string[] {
  return cutPhrases(text, english).phrases.map((phrase) => phrase.text);
}

describe('cutPhrases', () => {
  test('cuts at punctuation and before connecting words, and strips function words', () => {
    const text =
      'Reads charts, and the reports. Maintains the data of patients in systems of the wide program for managers';
    expect(phrasesOf(text)).toEqual([
      'Reads charts',
      'reports',
      'Maintains the data of patients',
      'systems',
      'wide program',
      'managers',
    ]);
  });

  test('has each wording once, and none that says nothing', () => {
    expect(phrasesOf('Repairs trucks; 12; as needed; repairs trucks; trucks')).toEqual([
      'Repairs trucks',
      'trucks',
    ]);
  });

  test('cuts long lists without punctuation evenly, and folds white space', () => {
    const words =
      'care budgets  charts engines managers nurses patients plans reports shop systems tools';
    expect(phrasesOf(words)).toEqual([
      'care budgets charts engines managers nurses',
      'patients plans reports shop systems tools',
    ]);
  });

  test('numbers may end a phrase but not begin one', () => {
    expect(phrasesOf('24 beds of ward 9')).toEqual(['beds of ward 9']);
  });

  test('takes short words of unknown languages as function words', () => {
    const german =
      'Wir suchen eine examinierte Pflegefachkraft für die Dokumentation der Pflegeleistungen mit der Software Vivendi und eine SAP Beraterin';
    expect(phrasesOf(german)).toEqual([
      'suchen',
      'examinierte Pflegefachkraft',
      'Dokumentation',
      'Pflegeleistungen',
      'Software Vivendi',
      'SAP Beraterin',
    ]);
    const spanish =
      'Se requiere la revisión de los motores y el diagnóstico de averías en los equipos';
    expect(phrasesOf(spanish)).toEqual([
      'requiere',
      'revisión',
      'motores',
      'diagnóstico',
      'averías',
      'equipos',
    ]);
    expect(cutPhrases(spanish, english).isForeign).toBe(true);
    expect(cutPhrases('Reads charts and plans the care', english).isForeign).toBe(false);
  });

  test('cuts Japanese and Chinese at particles', () => {
    expect(phrasesOf('高齢者の入浴介助や食事の準備、服薬の確認などです。')).toEqual([
      '高齢者',
      '入浴介助',
      '食事',
      '準備',
      '服薬の確認',
    ]);
    expect(phrasesOf('负责前端系统的开发和维护，保证质量')).toEqual([
      '负责前端系统',
      '开发',
      '维护',
      '保证质量',
    ]);
  });

  test('is empty for texts without words', () => {
    expect(phrasesOf('')).toEqual([]);
    expect(phrasesOf('*** --- 42 ... \u0000 of the')).toEqual([]);
  });

  test('places its phrases exactly in any text', () => {
    const pieces = fc.constantFrom(
      'charts ',
      '😀',
      'of ',
      ', ',
      '\n',
      '看護師',
      'für',
      '<b>',
      ' ',
      '9',
      '.',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        const { phrases, counts } = cutPhrases(text, english);
        let last = 0;
        for (const { start, end, text: words, content } of phrases) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(text.slice(start, end).split(/\s+/)).toEqual(words.split(' '));
          expect(content.length).toBeGreaterThan(0);
          content.forEach((key) => expect(counts.get(key)).toBeGreaterThan(0));
          last = end;
        }
      }),
    );
  });
});
