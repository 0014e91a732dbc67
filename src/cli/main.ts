#!/usr/bin/env node
import { findNearestName } from '../config/nearest-name.ts';
import { hearSignals } from './shared/signals.ts';
import { UsageError } from './shared/usage.ts';
import { messageOf } from '../base/errors.ts';

export interface Command {
  readonly summary: string;
  /** Runs the command; resolves to the process's exit status. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/**
 * By name. A command's modules are loaded only when it is called, so that the others start fast.
 */
const commands: ReadonlyMap<
  string,
  { summary: string; load: () => Promise<{ run: Command['run'] }> }
> = new Map([
  ['serve', { summary: 'serve a built model over gRPC', load: () => import('./serve/serve.ts') }],
  ['demo', { summary: 'rank real postings end to end', load: () => import('./demo/demo.ts') }],
  ['rank', { summary: 'rank the candidates of a file', load: () => import('./rank/rank.ts') }],
  [
    'compress',
    { summary: 'shorten texts for ranking', load: () => import('./compress/compress.ts') },
  ],
  [
    'compress judge',
    {
      summary: "measure how well short texts keep a ranker's answers",
      load: () => import('./compress/judge.ts'),
    },
  ],
  [
    'compress background',
    {
      summary: 'count the words of a domain for compress',
      load: () => import('./compress/background.ts'),
    },
  ],
  [
    'model build',
    { summary: 'build a model from GGUF or safetensors', load: () => import('./model/build.ts') },
  ],
  [
    'model merge',
    { summary: 'merge an adapter into a checkpoint', load: () => import('./model/merge.ts') },
  ],
  [
    'model quantize',
    { summary: 'round a checkpoint to int8', load: () => import('./model/quantize.ts') },
  ],
  ['model prune', { summary: 'make a checkpoint smaller', load: () => import('./model/prune.ts') }],
  [
    'verify',
    {
      summary: 'compare a built model with its reference',
      load: () => import('./model/verify.ts'),
    },
  ],
  [
    'items import',
    { summary: 'put the items of a file into a store', load: () => import('./items/import.ts') },
  ],
  [
    'items export',
    { summary: 'write the items of a store to a file', load: () => import('./items/export.ts') },
  ],
  ['items stat', { summary: 'what is in a store', load: () => import('./items/stat.ts') }],
  ['items get', { summary: 'print items of a store', load: () => import('./items/get.ts') }],
  ['key new', { summary: 'make an API key', load: () => import('./admin/key-new.ts') }],
  [
    'admin',
    { summary: "operate a server's replicas and model", load: () => import('./admin/admin.ts') },
  ],
  [
    'health',
    { summary: 'ask a server whether it serves', load: () => import('./admin/health.ts') },
  ],
  [
    'simulate',
    { summary: 'simulate servers under load', load: () => import('./simulate/simulate.ts') },
  ],
  ['eval', { summary: 're-rank a BEIR run and measure it', load: () => import('./eval/eval.ts') }],
  [
    'report context',
    {
      summary: 'what shorter candidates cost and save: tables and a page',
      load: () => import('./report/context.ts'),
    },
  ],
  [
    'report pareto',
    {
      summary: "models' quality and cost: a table and a page",
      load: () => import('./report/pareto.ts'),
    },
  ],
]);

function findCommand(argv: readonly string[]) {
  for (const words of [2, 1]) {
    const command = commands.get(argv.slice(0, words).join(' '));
    if (command !== undefined && argv.length >= words) {
      return { command, args: argv.slice(words) };
    }
  }
  return undefined;
}

function help(): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length));
  const rows = [...commands].map(
    ([name, { summary }]) => `  slmrank ${name.padEnd(width)}  ${summary}`,
  );
  return `Usage: slmrank COMMAND [OPTIONS]\n\n${rows.join('\n')}\n\n'slmrank COMMAND --help' lists a command's options.\n`;
}

function describeUnknown(argv: readonly string[]): string {
  const names = [...commands.keys()];
  const typed = [2, 1].map((words) => argv.slice(0, words).join(' '));
  const nearest = typed.map((name) => findNearestName(name, names)).find((name) => name);
  return `no command '${argv.join(' ')}'${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

async function main(argv: readonly string[]): Promise<number> {
  const found = findCommand(argv);
  if (found === undefined) {
    const isHelp = argv.length === 0 || argv.includes('--help');
    (isHelp ? process.stdout : process.stderr).write(
      isHelp ? help() : `slmrank: ${describeUnknown(argv)}\n\n${help()}`,
    );
    return isHelp ? 0 : 2;
  }
  if (argv[0] === 'serve') {
    // Already here, because loading the server's modules takes half a second.
    hearSignals();
  }
  try {
    const { run } = await found.command.load();
    return await run(found.args);
  } catch (error) {
    process.stderr.write(`slmrank: ${messageOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
