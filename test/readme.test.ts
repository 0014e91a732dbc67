import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { configurationTable } from '../src/config/config.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  it('shows the configuration table of src/config/config.ts; `npm run generate` writes it', () => {
    const [, shown] =
      /<!-- configuration:.*?-->\n([^]*?)<!-- \/configuration -->/.exec(readme) ?? [];
    expect(shown?.trim()).toBe(configurationTable());
  });

  // An equal request is answered from the cache: what ghz would measure.
  it('sends ghz past the score cache', () => {
    const commands = readme
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line.startsWith('ghz '));
    expect(commands).not.toEqual([]);
    for (const command of commands) {
      expect(command).toMatch(/"no_cache": true|\{\{\.RequestNumber\}\}/);
    }
  });
});
