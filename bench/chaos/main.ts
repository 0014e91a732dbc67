import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { formatTable } from '../../src/base/format-table.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import { resizePool, swapModels } from './changes.ts';
import { type ChaosOptions, type ChaosResult, findFaults } from './chaos.ts';
import { chaosModel } from './chaos-model.ts';
import { killThreads } from './kills.ts';
import { rollServers } from './rolling.ts';
import { messageOf } from '../../src/base/errors.ts';

const usage = `Usage: npm run chaos -- MODE [OPTIONS]

Breaks or changes a server under load and checks each answer by its id: no request may be lost or
answered twice, each candidate must be scored once, and each score must be the same as before. The
exit status is 1 if there is a fault.

  kills      worker threads end by process.exit, one after the other: two that have received a batch
             and not started it, then two idle ones, and so on (ending inside a run would end the
             whole process)
  resizes    the number of replicas and their threads are changed through the admin address
  swaps      another model is loaded beside the current one and replaces it
  rolling    two servers in processes of their own are restarted in turn by SIGTERM; the client uses
             deploy/client-service-config.json

  --count N      number of steps (default: kills 200, resizes 50, swaps 10, rolling 6)
  --model DIR    a built model, or 'tiny', random weights of the tests' size (default: tiny)
  --devices LIST as in SLMRANK_DEVICES (default: cpu:2, or cpu:1 for each server of rolling)
  --out DIR      where the JSON result is written (default: bench/out/chaos)`;

interface Mode {
  readonly count: number;
  readonly devices: string;
  readonly run: (model: string, options: ChaosOptions) => Promise<ChaosResult>;
}

const modes: Readonly<Record<string, Mode>> = {
  kills: { count: 200, devices: 'cpu:2', run: killThreads },
  resizes: { count: 50, devices: 'cpu:2', run: resizePool },
  swaps: { count: 10, devices: 'cpu:2', run: swapModels },
  rolling: { count: 6, devices: 'cpu:1', run: rollServers },
};

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, usage, {
    count: { type: 'string' },
    model: { type: 'string', default: 'tiny' },
    devices: { type: 'string' },
    out: { type: 'string', default: 'bench/out/chaos' },
  });
  const [name = ''] = positionals;
  const mode = Object.hasOwn(modes, name) ? modes[name] : undefined;
  const count = Number(values.count ?? mode?.count);
  if (mode === undefined || positionals.length > 1 || !Number.isInteger(count) || count < 1) {
    throw new UsageError(
      `the mode is '${positionals.join(' ')}' and --count ${values.count ?? 'missing'}; the mode ` +
        `must be one of ${Object.keys(modes).join(', ')}, and --count a whole number of at least 1` +
        `\n\n${usage}`,
    );
  }
  await mkdir(values.out, { recursive: true });
  const model = await chaosModel(values.model, 'llama', values.out);
  const options = {
    count,
    out: values.out,
    model: values.model,
    devices: values.devices ?? mode.devices,
    onStep: (step: string) => process.stderr.write(`\r${step.padEnd(70)}`),
  };
  const result = await mode.run(model, options);
  const report = {
    mode: name,
    count,
    model: values.model,
    devices: options.devices,
    machine: describeMachine(),
    faults: findFaults(result),
    ...result,
  };
  const file = join(values.out, `${name}.json`);
  await writeFile(file, `${JSON.stringify(report, undefined, 1)}\n`);
  process.stdout.write(`\n${format(name, result)}Saved ${file}\n`);
  return report.faults.length === 0 ? 0 : 1;
}

function format(mode: string, result: ChaosResult): string {
  const { ledger, stepMs, ratePerSecond: rate, residentMb } = result;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const faults = findFaults(result);
  const rows = [
    [
      mode,
      `${stepMs.length}, each ${seconds(median(stepMs))} (longest ${seconds(Math.max(...stepMs))})`,
    ],
    ['sent', String(ledger.sent)],
    ['answered', String(ledger.answered)],
    ['lost', String(ledger.lost)],
    ['answered twice', String(ledger.duplicated)],
    ['wrong answers', String(ledger.wrong.length)],
    ['models', Object.values(ledger.models).join(' + ')],
    [
      'answers per second',
      `before ${rate.before.toFixed(0)}, during ${rate.during.toFixed(0)}, after ${rate.after.toFixed(0)}`,
    ],
    ['longest answer', seconds(ledger.longestMs)],
    ['longest silence', seconds(ledger.longestSilenceMs)],
    ...(residentMb === undefined
      ? []
      : [
          [
            'resident memory',
            `${residentMb.before.toFixed(0)} MB before, ` +
              `${residentMb.steps[1]?.toFixed(0) ?? '-'} MB after two steps, ` +
              `${residentMb.after.toFixed(0)} MB at the end`,
          ],
        ]),
    ['faults', faults.length === 0 ? 'none' : faults.join('; ')],
  ];
  return formatTable(rows);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`chaos: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
