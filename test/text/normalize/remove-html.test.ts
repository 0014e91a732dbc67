import { expect, test } from '@jest/globals';
import { removeHtml } from '../../../src/text/normalize/remove-html.ts';

test.each([
  ['tags within a word', 'n<b>ur</b>se', 'nurse'],
  ['elements that start a line', 'a<p>b<br/>c', 'a\nb\nc'],
  ['table cells', '<td>a</td><td>b</td>', ' a  b '],
  ['comments', 'a<!-- b > c -->d<!-->e', 'ade'],
  ['scripts and style sheets', 'a<script>b < c</script >d<style>e</style>f', 'adf'],
  ['entities', 'R&amp;D &#65;&#x42;&eacute;', 'R&D ABé'],
  ['texts that were escaped twice', '&amp;lt;b&amp;gt;a&amp;lt;/b&amp;gt;', 'a'],
])('%s are removed or decoded', (_what, html, text) => {
  expect(removeHtml(html)).toBe(text);
});

test.each(['a < b', 'vector<int>', '<your name>', 'AT&T', '<p a', 'x <!-- y'])(
  'text that is not HTML is kept: %j',
  (text) => {
    expect(removeHtml(text)).toBe(text);
  },
);
