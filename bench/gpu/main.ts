import { fork } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/base/errors.ts';
import { parseOnlyOptions } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { limitOf, modelsOf, planOptions, type Row, stepNames, steps } from './plan.ts';
import { formatRow, formatTables } from './tables.ts';

const usage = `Usage: npm run bench:gpu -- [OPTIONS]

Answers, in under three minutes on an H100: does a session open, are all nodes on the GPU, do scores
equal the CPU's; candidates/s by shape, token budget and replicas, beside the baseline graph in the
same process; time by operator and nodes a layer; the server over gRPC with text. Place the CUDA
libraries first (bench/gpu/place-cuda.sh), or see bench:gpu:pack for a machine without internet.

Each step runs in a process of its own with a limit of its own; what a failed step has measured
stays. Writes rows.jsonl and report.md.

  --steps LIST     of ${stepNames.join(', ')} (default all)
  --seconds N      length of each measurement (default 1)
  --out DIR        models, rows and report (default bench/out/gpu)
  --small          measures tiny random models only, to test this bench
  --provider NAME  cuda, or cpu with --small (default cuda)
`;

const values = parseOnlyOptions(process.argv.slice(2), usage, {
  steps: { type: 'string', default: stepNames.join(',') },
  seconds: { type: 'string' },
  out: { type: 'string', default: 'bench/out/gpu' },
  small: { type: 'boolean', default: false },
  provider: { type: 'string', default: 'cuda' },
});
const provider = values.provider === 'cpu' ? 'cpu' : 'cuda';
const planned = planOptions({ isSmall: values.small, provider, outDir: values.out });
const options =
  values.seconds === undefined ? planned : { ...planned, seconds: Number(values.seconds) };
const wanted = values.steps.split(',');
const startedAtMs = performance.now();
const spentS = () => (performance.now() - startedAtMs) / 1000;
const rows: Row[] = [];

function report(row: Row): void {
  rows.push(row);
  appendFileSync(join(values.out, 'rows.jsonl'), `${JSON.stringify(row)}\n`);
  console.log(formatRow(row));
}

/** Resolves to what ended it, unless it ended well. */
function runStep(
  args: readonly string[],
  limitS: number,
  env: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const entry = fileURLToPath(new URL(`./steps/step${extname(import.meta.url)}`, import.meta.url));
  const child = fork(entry, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-2_000);
  });
  child.on('message', (row: Row) => report(row));
  const timer = setTimeout(() => child.kill('SIGKILL'), 1000 * limitS);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      const how =
        signal === null ? `exit status ${status}` : `${signal} after ${limitS.toFixed(0)} s`;
      resolve(status === 0 ? undefined : `${how} ${errors.trim().slice(-800)}`.trim());
    });
  });
}

/** A packed project has no history; the packer has left a note of the commit. */
function readMachine(): Row {
  const { commit, ...machine } = describeMachine();
  const note = projectFolder('packed.json');
  const packed = existsSync(note) ? (JSON.parse(readFileSync(note, 'utf8')) as Row) : {};
  return { ...machine, commit, provider, ...packed };
}

async function main(): Promise<void> {
  if (values.provider !== provider || (provider === 'cpu' && !values.small)) {
    throw new Error(`--provider is '${values.provider}'; allowed: cuda, or cpu with --small`);
  }
  mkdirSync(values.out, { recursive: true });
  rmSync(join(values.out, 'rows.jsonl'), { force: true });
  const machine = readMachine();
  report({ table: 'machine', ...machine });
  const json = JSON.stringify(options);
  const builds = [...modelsOf(options), 'served'].map(async (model) => {
    const problem = await runStep(['build', json, model], 100);
    if (problem !== undefined) {
      report({ table: 'errors', where: `building ${model}`, error: problem });
    }
  });
  await Promise.all(builds);
  console.log(`built in ${spentS().toFixed(1)} s`);
  for (const step of steps.filter(({ name }) => wanted.includes(name))) {
    const problem = await runStep([step.name, json], limitOf(step, spentS()), step.env);
    if (problem !== undefined) {
      report({ table: 'errors', where: step.name, error: problem });
    }
    console.log(`${step.name} ended at ${spentS().toFixed(1)} s`);
    writeReport(machine);
  }
  console.log(`\n${formatTables(rows)}\nrows.jsonl and report.md are in ${values.out}`);
}

function writeReport(machine: Row): void {
  const lines = Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`);
  const text = `# bench:gpu\n\n${lines.join('\n')}\n\n${formatTables(rows)}`;
  writeFileSync(join(values.out, 'report.md'), text);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench:gpu: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
