import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measurePareto } from '../../eval/report/measure.ts';
import { openScorer as openWithGraph, type OpenScorer } from '../../eval/report/scores/scorers.ts';
import { formatParetoPage, formatPictures } from '../../eval/report/show/page.ts';
import { formatPareto } from '../../eval/report/show/tables.ts';
import { parseParetoOptions } from './pareto-options.ts';

/** The command `slmrank report pareto`. Tests replace `openScorer`. */
export async function run(
  args: readonly string[],
  openScorer: OpenScorer = openWithGraph,
): Promise<number> {
  const { out, ...options } = parseParetoOptions(args);
  const report = await measurePareto(options, openScorer);
  const files = {
    'pareto.json': `${JSON.stringify(report, undefined, 2)}\n`,
    'pareto.html': formatParetoPage(report),
    ...formatPictures(report),
  };
  await mkdir(out, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(out, name), text);
  }
  process.stdout.write(`\n${formatPareto(report)}`);
  process.stderr.write(`\nwrote ${Object.keys(files).join(', ')} in ${out}\n`);
  return 0;
}
