// Writes the configuration table of src/config/config.ts into docs/configuration.md: part of `npm run generate`.
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationTable } from '../src/config/config.ts';

const file = new URL('configuration.md', import.meta.url);
const marked = /(<!-- configuration:.*?-->\n)[^]*?(<!-- \/configuration -->)/;
writeFileSync(
  file,
  readFileSync(file, 'utf8').replace(
    marked,
    (_all, open: string, close: string) => `${open}${configurationTable()}\n${close}`,
  ),
);
