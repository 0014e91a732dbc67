import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { parseOnlyOptions } from '../../src/cli/shared/usage.ts';
import type { ModelName } from './steps.ts';

const usage = `Usage: npm run bench:ladder -- [--beir DIR] [OPTIONS]

The whole way from a stock export to ranking by id, in one run, on the same requests and on all
cores: candidates/s of each step, tokenizing included, and NDCG@10.

  stock export  the dense ranker in fp32, in the plain operators of an export: padded, the logits of
                the whole vocabulary; one session of all cores, one request after the other
  label rows    the same, with the logits of the last token and the two labels only
  packed        the packed graph: fused operators, no padding, a prefix for each candidate
  shared        one prefix for all candidates of a batch
  served        over gRPC, a replica for each core, as all further steps
  55 M, int8    the pruned ranker in fp32, and in int8
  64 tokens     the start of each candidate, title included
  24 tokens     the title and a summary, as the item store makes it
  by id         the same, read by the server from its item store
  states        as 24 tokens, with the keys and values of candidates kept

  --beir DIR     the data, as of 'slmrank report context'; without it models/demo, speed only
  --split NAME   which qrels (default: dev)
  --run FILE     the first stage's run (default: DIR/runs/pool.trec.gz)
  --queries N    at most N for NDCG@10, spread evenly over the run (default: 100)
  --no-titles    hide the titles
  --requests N   requests of a round, some of the queries with all of their candidates (default: 2)
  --rounds N     over all steps in turns; medians are reported (default: 3)
  --dense DIR    the dense ranker, built in fp32 (default: models/artifacts/slmrank-135m-fp32); for
                 speed alone, that of 'model build --recipe smollm2-135m-instruct --precision fp32'
  --fp32 DIR     the pruned ranker in fp32 (default: the bundled one, built if it is not there)
  --int8 DIR     the same in int8
  --state DIR    for graphs and item stores, whose summaries a later run need not make again
                 (default: bench/out/ladder); remove it when texts of the data have changed
  --out DIR      writes ladder.json, ladder.md and, with NDCG@10, ladder.svg

Steps that cannot be measured here are named and left out. The servers have the environment's
settings, such as SLMRANK_ITEM_COMPRESSOR.`;

const definitions = {
  beir: { type: 'string' },
  split: { type: 'string', default: 'dev' },
  run: { type: 'string' },
  queries: { type: 'string', default: '100' },
  'no-titles': { type: 'boolean', default: false },
  requests: { type: 'string', default: '2' },
  rounds: { type: 'string', default: '3' },
  dense: { type: 'string' },
  fp32: { type: 'string' },
  int8: { type: 'string' },
  state: { type: 'string', default: 'bench/out/ladder' },
  out: { type: 'string' },
} as const;

export interface LadderOptions {
  readonly beir: string | undefined;
  readonly split: string;
  readonly run: string | undefined;
  readonly queries: number;
  readonly titles: boolean;
  /** Requests of a round. */
  readonly requests: number;
  readonly rounds: number;
  /** Folders that were named. */
  readonly models: Readonly<Record<ModelName, string | undefined>>;
  readonly state: string;
  readonly out: string | undefined;
}

/** @throws UsageError */
export function parseLadderOptions(args: readonly string[]): LadderOptions {
  const values = parseOnlyOptions(args, usage, definitions);
  const count = (name: 'queries' | 'requests' | 'rounds') =>
    parseNumber(name, values[name], { min: 1, max: 10_000, whole: true });
  return {
    beir: values.beir,
    split: values.split,
    run: values.run,
    queries: count('queries'),
    titles: !values['no-titles'],
    requests: count('requests'),
    rounds: count('rounds'),
    models: { dense: values.dense, fp32: values.fp32, int8: values.int8 },
    state: values.state,
    out: values.out,
  };
}
