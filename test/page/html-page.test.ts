import { expect, test } from '@jest/globals';
import { factsTable, formatHtmlPage, paragraph } from '../../src/page/html-page.ts';

test('a page has its title twice as plain text and loads nothing', () => {
  const html = formatHtmlPage({ title: 'a < b', body: '<svg></svg>', widthPx: 640 });
  expect(html).toContain('<title>a &lt; b</title>');
  expect(html).toContain('<h1>a &lt; b</h1>\n<svg></svg>');
  expect(html).toContain('max-width: 640px');
  expect(html).not.toMatch(/undefined|https?:|src=|@import|<script/);
});

test("a page's own rules follow the shared ones and so have precedence", () => {
  const html = formatHtmlPage({ title: 't', body: '', widthPx: 1, style: '.bar { fill: red; }\n' });
  expect(html).toMatch(/\.off \{[^}]*\}\n\.bar \{ fill: red; \}\n<\/style>/);
});

test('facts and paragraphs are plain text', () => {
  expect(factsTable([['p50', '< 3 ms']])).toBe(
    '<table class="facts"><tr><td>p50</td><td>&lt; 3 ms</td></tr></table>',
  );
  expect(paragraph('a & b')).toBe('<p>a &amp; b</p>');
});
