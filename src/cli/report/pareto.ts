import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measurePareto } from './measure.ts';
import { openScorer as openByGraph } from './open-scorer.ts';
import { parseParetoOptions } from './options.ts';
import { formatParetoPage } from './page.ts';
import type { OpenScorer } from './pair-scorer.ts';
import { formatPictures } from './pictures.ts';
import { formatPareto } from './tables.ts';

/** The command `slmrank report pareto`; scorers may be stand-ins in tests. */
export async function run(
  args: readonly string[],
  openScorer: OpenScorer = openByGraph,
): Promise<number> {
  const options = parseParetoOptions(args);
  const report = await measurePareto(options, openScorer);
  const files = {
    'pareto.json': `${JSON.stringify(report, undefined, 2)}\n`,
    'pareto.html': formatParetoPage(report),
    ...formatPictures(report),
  };
  await mkdir(options.out, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(options.out, name), text);
  }
  process.stdout.write(`\n${formatPareto(report)}`);
  process.stderr.write(`\nwrote ${Object.keys(files).join(', ')} in ${options.out}\n`);
  return 0;
}
