import { existsSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { configurationTable } from '../../src/config/config.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n');

test('docs/configuration.md has the table of src/config; `npm run generate` writes it', () => {
  const [, shown] =
    /<!-- configuration:.*?-->\n([^]*?)<!-- \/configuration -->/.exec(
      read('docs/configuration.md'),
    ) ?? [];
  expect(shown?.trim()).toBe(configurationTable());
});

describe('links', () => {
  test.each(pages)('%s links to files and headings that exist', (page) => {
    const broken = linksOf(read(page)).filter((link) => !isThere(page, link));
    expect(broken).toEqual([]);
  });
});

// Equal requests are answered from the cache, so a load test would measure only the cache.
test.each(['README.md', 'examples/load.sh'])('%s sends ghz past the score cache', (page) => {
  const commands = read(page)
    .replaceAll('\\\n', ' ')
    .split(/\n(?=\S)/)
    .filter((line) => line.startsWith('ghz '));
  expect(page === 'README.md' || commands.length > 0).toBe(true);
  for (const command of commands) {
    expect(command).toMatch(/"no_cache": true|\{\{\.RequestNumber\}\}/);
  }
});

/** Relative links of a page, outside its code. */
function linksOf(text: string): readonly string[] {
  const prose = text.replaceAll(/```[^]*?```|`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function isThere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  return (
    existsSync(join(root, target)) &&
    (anchor === undefined || headingsOf(read(target)).includes(anchor))
  );
}

/** As code hosts make them: lower case, without punctuation, hyphens for spaces. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
