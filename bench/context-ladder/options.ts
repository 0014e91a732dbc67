import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../../src/cli/shared/usage.ts';
import type { Variant } from '../../src/eval/report/input/views.ts';

const usage = `Usage: npm run bench:context-ladder -- --beir DIR [OPTIONS]

The whole way from a stock export to ranking by id, in one run and on the same requests: for each
step candidates/s, request by request, tokenizing included, and NDCG@10. All steps use all cores.

  stock export  the dense ranker in fp32 in the plain operators of an export: padded, the logits of
                the whole vocabulary, one session of all cores, one request after the other
  packed        the same model, served
  pruned        the pruned ranker in fp32, served
  int8          the same in int8, served
  compressed    the same, with the texts of the stored summaries
  by id         the same, with ids: the server reads summaries and token ids from its item store

  --beir DIR         the data, as of 'slmrank report context' (default: CONTEXT_BEIR)
  --split NAME       which qrels (default: dev)
  --run FILE         the first stage's run (default: DIR/runs/pool.trec.gz)
  --limit N          at most N queries for NDCG@10, spread evenly over the run (default: all); 0 leaves
                     quality out
  --dense DIR        the dense ranker, built in fp32 (default: models/artifacts/slmrank-135m-fp32)
  --fp32 DIR         the pruned ranker, built in fp32 (default: models/artifacts/slmrank-55m-fp32)
  --int8 DIR         the same in int8 (default: models/artifacts/slmrank-55m-int8)
  --no-titles        hide the titles
  --rounds N         over all steps in turns; medians are reported (default: 3)
  --speed-queries N  in each round, with at most 50 candidates each (default: 6)
  --store DIR        an item store that has the candidates, with summaries, as 'slmrank items import'
                     makes it (default: a new one, into which they are put)
  --wait-ms N        most time to wait for the summaries of a store (default: 1800000)
  --state DIR        for graphs and store (default: bench/out/context-ladder)
  --out FILE         writes the report as JSON

Steps whose model is not there are named and left out.`;

const definitions = {
  beir: { type: 'string' },
  split: { type: 'string', default: 'dev' },
  run: { type: 'string' },
  limit: { type: 'string' },
  dense: { type: 'string', default: 'models/artifacts/slmrank-135m-fp32' },
  fp32: { type: 'string', default: 'models/artifacts/slmrank-55m-fp32' },
  int8: { type: 'string', default: 'models/artifacts/slmrank-55m-int8' },
  'no-titles': { type: 'boolean', default: false },
  rounds: { type: 'string', default: '3' },
  'speed-queries': { type: 'string', default: '6' },
  store: { type: 'string' },
  'wait-ms': { type: 'string', default: '1800000' },
  state: { type: 'string', default: 'bench/out/context-ladder' },
  out: { type: 'string' },
} as const;

export interface LadderOptions {
  readonly beir: string;
  readonly split: string;
  readonly run: string;
  readonly limit: number;
  readonly models: Readonly<Record<'dense' | 'fp32' | 'int8', string>>;
  readonly variant: Variant;
  readonly rounds: number;
  readonly speedQueries: number;
  readonly store: string | undefined;
  readonly waitMs: number;
  readonly state: string;
  readonly out: string | undefined;
}

/** @throws UsageError */
export function parseLadderOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): LadderOptions {
  const values = parseOnlyOptions(args, usage, definitions);
  const beir = values.beir ?? env['CONTEXT_BEIR'];
  if (beir === undefined || beir === '') {
    throw new UsageError(`--beir is missing\n\n${usage}`);
  }
  const count = (name: 'rounds' | 'speed-queries') =>
    parseNumber(name, values[name], { min: 1, max: 10_000, whole: true });
  return {
    beir,
    split: values.split,
    run: values.run ?? `${beir}/runs/pool.trec.gz`,
    limit:
      values.limit === undefined ? Infinity : parseNumber('limit', values.limit, { whole: true }),
    models: { dense: values.dense, fp32: values.fp32, int8: values.int8 },
    variant: values['no-titles'] ? 'no-titles' : 'titles',
    rounds: count('rounds'),
    speedQueries: count('speed-queries'),
    store: values.store,
    waitMs: parseNumber('wait-ms', values['wait-ms'], { max: 86_400_000 }),
    state: values.state,
    out: values.out,
  };
}
