import { at } from '../../base/at.ts';
import { projectFolder } from '../../toolchain/build/project-folder.ts';
import { parseNumber } from '../shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';

/** What --rows may name, and how each is made. */
const rowMethods = {
  head: { method: 'head', effort: 'normal' },
  phrases: { method: 'phrases', effort: 'normal' },
  'search-quick': { method: 'search', effort: 'quick' },
  'search-normal': { method: 'search', effort: 'normal' },
  'search-full': { method: 'search', effort: 'full' },
} as const;
type RowMethod = keyof typeof rowMethods;
const methodNames = Object.keys(rowMethods) as RowMethod[];

const defaultRows = [
  'title',
  ...(['head', 'phrases', 'search-normal'] as const).flatMap((method) =>
    [12, 18, 24].map((tokens) => `${method}:${tokens}`),
  ),
].join();

const usage = `Usage: slmrank report context --beir DIR [OPTIONS]

Measures what shorter candidates cost and what they save, on one BEIR folder, with titles shown and with titles hidden:
for each compressor the reduction, NDCG@10 and its change with a paired interval, Kendall's tau and |dp| against whole
texts, and candidates/s served in turns with whole texts. Prints tables, and writes context.json, context.html (with
postings to read) and context.svg. Compressed texts are kept: after Control-C the same command goes on with them.

  --beir DIR         the data (default: CONTEXT_BEIR)
  --split NAME       which qrels (default: dev)
  --run FILE         the first stage's run (default: DIR/runs/pool.trec.gz)
  --model NAME       a recipe's name, or the folder of a built model (default: the model that slmrank serves)
  --rows ROWS        title, or METHOD:TOKENS, separated by commas; METHOD is head, phrases, search-quick, search-normal or
                     search-full, and TOKENS counts the text alone
                     (default: title, and head, phrases and search-normal at 12, 18 and 24)
  --background FILE  of 'slmrank compress background' (default: that of job postings)
  --probes FILE      queries that the search asks, one a line (default: those of job postings)
  --limit N          at most N queries, spread evenly over the run
  --devices SLOTS    as SLMRANK_DEVICES (default: one slot of one thread for every core)
  --no-speed         do not measure candidates/s
  --rounds N         of the speed measurement (default: 3)
  --speed-queries N  in each round, with at most 50 candidates each (default: 6)
  --state DIR        for the compressed texts (default: bench/out/context)
  --out DIR          where the report is written (default: bench/out/context)`;

const definitions = {
  beir: { type: 'string' },
  split: { type: 'string', default: 'dev' },
  run: { type: 'string' },
  model: { type: 'string' },
  rows: { type: 'string', default: defaultRows },
  background: { type: 'string' },
  probes: { type: 'string' },
  limit: { type: 'string' },
  devices: { type: 'string' },
  'no-speed': { type: 'boolean', default: false },
  rounds: { type: 'string', default: '3' },
  'speed-queries': { type: 'string', default: '6' },
  state: { type: 'string' },
  out: { type: 'string' },
} as const;

export interface RowPlan {
  /** As in --rows. */
  readonly row: 'title' | RowMethod;
  /** Most tokens of the text. */
  readonly tokens: number;
  /** Undefined for the title alone. */
  readonly how: (typeof rowMethods)[RowMethod] | undefined;
}

export interface ContextOptions {
  readonly beir: string;
  readonly split: string;
  readonly run: string;
  readonly model: string | undefined;
  readonly rows: readonly RowPlan[];
  readonly background: string | undefined;
  readonly probes: string | undefined;
  readonly limit: number;
  readonly devices: string | undefined;
  /** 0 when candidates/s are not measured. */
  readonly rounds: number;
  readonly speedQueries: number;
  readonly state: string;
  readonly out: string;
}

/** @throws UsageError */
export function parseContextOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ContextOptions {
  const values = parseOnlyOptions(args, usage, definitions);
  const beir = values.beir ?? env['CONTEXT_BEIR'];
  if (beir === undefined || beir === '') {
    throw new UsageError(`--beir is missing\n\n${usage}`);
  }
  const count = (name: string, text: string) => parseNumber(name, text, { min: 1, whole: true });
  const out = values.out ?? projectFolder('bench/out/context');
  return {
    beir,
    split: values.split,
    run: values.run ?? `${beir}/runs/pool.trec.gz`,
    model: values.model,
    rows: parseRows(values.rows),
    background: values.background,
    probes: values.probes,
    limit: values.limit === undefined ? Infinity : count('limit', values.limit),
    devices: values.devices,
    rounds: values['no-speed'] ? 0 : count('rounds', values.rounds),
    speedQueries: count('speed-queries', values['speed-queries']),
    state: values.state ?? projectFolder('bench/out/context'),
    out,
  };
}

function parseRows(list: string): readonly RowPlan[] {
  const names = list.split(',').map((name) => name.trim());
  const rows = names.map(parseRow);
  rows.forEach(({ row, tokens }, i) => {
    if (rows.findIndex((each) => each.row === row && each.tokens === tokens) < i) {
      throw new UsageError(`--rows has '${at(names, i)}' twice; each row is allowed once`);
    }
  });
  return rows;
}

function parseRow(name: string): RowPlan {
  if (name === 'title') {
    return { row: 'title', tokens: 0, how: undefined };
  }
  const [, given, text = ''] = /^([^:]*):(.*)$/.exec(name) ?? [];
  const row = methodNames.find((known) => known === given);
  const tokens = /^\d+$/.test(text) ? Number(text) : 0;
  if (row === undefined || tokens === 0 || !Number.isSafeInteger(tokens)) {
    throw new UsageError(
      `--rows has '${name}'; title is allowed, and ${methodNames.join(', ')} with a colon and a number of tokens, such as search-normal:18`,
    );
  }
  return { row, tokens, how: rowMethods[row] };
}
