import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findWords } from '../../../src/compress/text/words.ts';

/** The words of a text, with | before those that a phrase may not reach over. */
function show(text: string): string {
  return findWords(text)
    .map(({ start, end, breaks }) => `${breaks ? '|' : ''}${text.slice(start, end)}`)
    .join(' ');
}

describe('findWords', () => {
  test.each([
    ['C++ and C#, R&D; non-scheduled U.S. roads', '|C++ and C# |R&D |non-scheduled U.S |roads'],
    ['input/output on site - at night', '|input output on site |at night'],
    ["the ward's 24 beds (all of them)", "|the ward's 24 beds |all of them"],
    ['first line\nsecond line', '|first line |second line'],
    ['Grund- und Behandlungspflege für Ältere', '|Grund und Behandlungspflege für Ältere'],
  ])('keeps words whole and breaks at punctuation: %j', (text, words) => {
    expect(show(text)).toBe(words);
  });

  test.each([
    ['<p>Ward <b>nurse</b></p><br/>nights', '|Ward |nurse |nights'],
    ['one<script>var a = "two";</script>three', '|one |three'],
    ['one <SCRIPT>two', '|one |two'],
    ['one<!-- two -->three <!-- four', '|one |three |four'],
    ['R&amp;D&nbsp;staff &#8226; nights', '|R&amp;D |staff |nights'],
    ['see https://example.com/a?b=c or www.example.com, jobs@example.com now', '|see |or |now'],
    [`key ${'x'.repeat(41)} end`, '|key |end'],
    ['URGENT!!! 😀 nurse ***', '|URGENT |nurse'],
    ['a\u0000b ****', '|a b'],
  ])('leaves out what is no language: %j', (text, words) => {
    expect(show(text)).toBe(words);
  });

  test('segments scripts without spaces', () => {
    expect(show('看護師を募集。夜勤なし')).toBe('|看護 師 を 募集 |夜勤 なし');
    expect(show('使用React和TypeScript编写代码')).toBe('|使用 React 和 TypeScript 编写 代码');
  });

  test('has keys in lower case, in one form of each character', () => {
    expect(findWords('Ｎｕｒｓｅ CAFÉ cafe\u0301').map(({ key }) => key)).toEqual([
      'nurse',
      'café',
      'café',
    ]);
  });

  test('finds words in order, without overlap, in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        let last = 0;
        for (const { start, end } of findWords(text)) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
        }
        expect(last).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  test('ends on long texts of a single kind', () => {
    const texts = ['<script>', 'a@', '<a ', '&amp', '漢字', 'a-', '<!--', 'www.'];
    for (const text of texts) {
      expect(findWords(text.repeat(20_000)).length).toBeLessThanOrEqual(40_000);
    }
  });
});
