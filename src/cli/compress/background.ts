import { readFile, writeFile } from 'node:fs/promises';
import { BackgroundCounts } from '../../compress/text/background.ts';
import { readPassages } from '../../eval/data/beir.ts';
import { parseNumber } from '../shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank compress background --in FILE [--in FILE...] --out FILE [OPTIONS]

Counts in how many texts of a domain each word is. 'slmrank compress --background FILE' then knows
which words are special in a text.

  --in FILE         JSON lines {"_id", "title"?, "text"}, plain or gzip; titles are not counted
  --out FILE        the table, gzip
  --except FILE     ids of texts that are left out, one a line, such as those that measure
  --least N         leave out words of fewer texts (default: 2)`;

const definitions = {
  in: { type: 'string', multiple: true },
  out: { type: 'string' },
  except: { type: 'string' },
  least: { type: 'string' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const values = parseOnlyOptions(args, usage, definitions);
  const { in: files = [], out } = values;
  if (files.length === 0 || out === undefined) {
    throw new UsageError(`--${out === undefined ? 'out' : 'in'} is missing\n\n${usage}`);
  }
  const least = parseNumber('least', values.least ?? '2', { min: 1, whole: true });
  const left = values.except === undefined ? '' : await readFile(values.except, 'utf8');
  const leftOut = new Set(left.split(/\s+/));
  const counts = new BackgroundCounts();
  for (const file of files) {
    const passages = await readPassages(file, (id) => !leftOut.has(id));
    passages.forEach(({ text }) => counts.add(text));
  }
  const table = counts.finish(least);
  await writeFile(out, table);
  process.stderr.write(`${out}: words of ${counts.documents} texts, ${table.length} bytes\n`);
  return 0;
}
