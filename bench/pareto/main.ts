import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measurePareto } from './measure.ts';
import { openScorer as openByGraph } from './open-scorer.ts';
import { parseParetoOptions } from './options.ts';
import { formatParetoPage } from './page.ts';
import type { OpenScorer } from './pair-scorer.ts';
import { formatPareto } from './report.ts';

/** The command `slmrank report pareto`; scorers may be stand-ins in tests. */
export async function run(
  args: readonly string[],
  openScorer: OpenScorer = openByGraph,
): Promise<number> {
  const options = parseParetoOptions(args);
  const report = await measurePareto(options, openScorer);
  await mkdir(options.out, { recursive: true });
  const file = (name: string) => join(options.out, name);
  await writeFile(file('pareto.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(file('pareto.html'), formatParetoPage(report));
  process.stdout.write(`\n${formatPareto(report)}`);
  process.stderr.write(`\nwrote ${file('pareto.json')} and ${file('pareto.html')}\n`);
  return 0;
}
