import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { chooseModel } from '../../src/cli/shared/choose-model.ts';
import { UsageError } from '../../src/cli/shared/usage.ts';
import { parseConfig } from '../../src/config/config.ts';
import { chaosModel } from '../chaos/chaos-model.ts';
import { findFaults } from './figures.ts';
import { parseItemsOptions } from './options.ts';
import { formatItemsReport } from './report.ts';
import { runItems } from './run.ts';

async function main(args: readonly string[]): Promise<number> {
  const options = parseItemsOptions(args);
  await mkdir(options.state, { recursive: true });
  const store = join(options.state, 'store');
  await rm(store, { recursive: true, force: true });
  const given = parseConfig(process.env, []);
  const chosen = options.model ?? (await chooseModel(given));
  const model = await chaosModel(chosen, 'llama', options.state);
  const measured = await runItems({ options, model, store, say });
  const report = { ...measured, faults: findFaults(measured) };
  process.stdout.write(`\n${formatItemsReport(report)}`);
  if (options.out !== undefined) {
    await writeFile(options.out, `${JSON.stringify(report, undefined, 1)}\n`);
    say(`Saved ${options.out}`);
  }
  return report.faults.length === 0 ? 0 : 1;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:items: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
