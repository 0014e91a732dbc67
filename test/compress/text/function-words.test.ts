import { expect, test } from '@jest/globals';
import { findFunctionWords } from '../../../src/compress/text/function-words.ts';
import { findWords } from '../../../src/compress/text/words.ts';
import { backgroundOf, english } from '../fake-parts.ts';

function functionsOf(text: string, background = english): readonly string[] {
  const words = findWords(text);
  const { isFunction } = findFunctionWords(text, words, background);
  return words.filter(isFunction).map(({ start, end }) => text.slice(start, end));
}

test('knows English function words and words that say nothing about work', () => {
  expect(functionsOf('Responsible for the charts of various patients')).toEqual([
    'Responsible',
    'for',
    'the',
    'of',
    'various',
  ]);
});

test('takes what most texts of the background have, the longer the more of them', () => {
  const german = backgroundOf([
    'Aufgaben: Pflege und Betreuung',
    'Aufgaben: Verkauf und Beratung',
    'Aufgaben: Montage und Wartung',
  ]);
  expect(functionsOf('Aufgaben Pflege und Wartung', german)).toEqual(['Aufgaben', 'und']);
});

test('takes short and repeated short words of an unknown language, but no abbreviations', () => {
  const text = 'Elle gère les stocks pour le magasin, pour SAP et CNC';
  expect(functionsOf(text)).toEqual(['les', 'pour', 'le', 'pour', 'et']);
});

test('takes particles of scripts without spaces', () => {
  expect(functionsOf('食事の準備をします')).toEqual(['の', 'を', 'し', 'ます']);
  expect(functionsOf('开发和维护')).toEqual(['和']);
});

test('connects at fewer words than it strips, in English', () => {
  const text = 'charts of the ward and of patients';
  const words = findWords(text);
  const { isConnector } = findFunctionWords(text, words, english);
  expect(words.flatMap((word, i) => (isConnector(word, words[i + 1]) ? [i] : []))).toEqual([1, 4]);
});
