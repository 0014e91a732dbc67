import { type PerturbationName, perturbationNames } from '../../eval/forms/perturb.ts';
import { parseNumber } from '../shared/option-values.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank eval --beir DIR --split NAME --run FILE.trec[.gz] [OPTIONS]

Re-ranks a run's candidates with a built model and shows NDCG@10 and MRR@10 of both orders, for all queries and for each
kind (metadata.kind). Control-C stops early and shows what is done.

  --beir DIR          folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv, each plain or .gz
  --split NAME        which qrels
  --run FILE          the first stage's run, plain or .gz: query-id Q0 text-id rank score tag
  --model DIR         a built model (default: SLMRANK_MODEL, or the one that slmrank serves)
  --against DIR       the gate: rank with this built model too, such as the one that the model was quantized from, with
                      titles and (unless --no-titles leaves only that) without. Exit status 1 when NDCG@10 is over 0.5 %
                      below this one's, NDCG@1 over 1 %, or NDCG@10 of a kind of query or without titles over 1 % (relative)
  --perturb NAME,...  also rank candidates whose texts and titles come in another form, and show how much NDCG@10 that
                      costs: all, or some of ${perturbationNames.slice(0, 8).join(', ')},
                      ${perturbationNames.slice(8).join(', ')}
  --run-only          measure the run alone; no model is needed
  --limit N           at most N queries, spread evenly over the run
  --depth N           re-rank only the first N candidates of a query (default: 1000)
  --relevant GRADE    lowest grade that is relevant for MRR (default: 1)
  --no-titles         leave the candidates' titles out
  --candidate-tokens N
                      most tokens of a candidate that are read (default: SLMRANK_CANDIDATE_TOKENS)
  --instruction TEXT  what "relevant" means in this data (default: the model's own)
  --devices SLOTS     as SLMRANK_DEVICES (default: one slot of one thread for every core)
  --direct            score without the serving pipeline, all pairs at once, so that tokens which come first in the
                      template are computed once for many: the default with a candidate-first template
  --served            score as the server does, request by request: the default with a query-first template
  --out-run FILE      write the new order as a run; all of its queries are then re-ranked, judged or not
  --json FILE         write the report as JSON; with - it goes to standard output and the table to standard error

The model's other settings (context budget, token budget, ...) are those of the SLMRANK_* variables.`;

export interface EvalOptions {
  readonly beir: string;
  readonly split: string;
  readonly run: string;
  readonly model: string | undefined;
  readonly against: string | undefined;
  /** Forms in which candidates are ranked besides their own. */
  readonly perturb: readonly PerturbationName[];
  readonly runOnly: boolean;
  readonly limit: number;
  readonly depth: number;
  readonly relevantFrom: number;
  readonly titles: boolean;
  readonly instruction: string | undefined;
  readonly candidateTokens: number | undefined;
  /** By the model's template when undefined. */
  readonly way: 'direct' | 'served' | undefined;
  readonly devices: string | undefined;
  readonly outRun: string | undefined;
  readonly json: string | undefined;
}

const definitions = {
  beir: { type: 'string' },
  split: { type: 'string' },
  run: { type: 'string' },
  model: { type: 'string' },
  against: { type: 'string' },
  perturb: { type: 'string' },
  'run-only': { type: 'boolean', default: false },
  limit: { type: 'string' },
  depth: { type: 'string', default: '1000' },
  relevant: { type: 'string', default: '1' },
  'no-titles': { type: 'boolean', default: false },
  instruction: { type: 'string' },
  'candidate-tokens': { type: 'string' },
  direct: { type: 'boolean', default: false },
  served: { type: 'boolean', default: false },
  devices: { type: 'string' },
  'out-run': { type: 'string' },
  json: { type: 'string' },
} as const;

/** @throws UsageError */
export function parseEvalOptions(args: readonly string[]): EvalOptions {
  const { values } = parseOptions(args, usage, definitions);
  const ofModels = values.model ?? values.against ?? values.perturb ?? values['out-run'];
  if (values['run-only'] && ofModels !== undefined) {
    throw new UsageError(
      '--run-only measures the run alone; --model, --against, --perturb and --out-run do not go with it',
    );
  }
  if (values.direct && values.served) {
    throw new UsageError('--direct and --served are two ways of scoring; give one of them');
  }
  const candidateTokens = values['candidate-tokens'];
  return {
    beir: required('--beir', values.beir),
    split: required('--split', values.split),
    run: required('--run', values.run),
    model: values.model,
    against: values.against,
    perturb: parsePerturbations(values.perturb),
    runOnly: values['run-only'],
    limit: values.limit === undefined ? Infinity : parseCount('limit', values.limit),
    depth: parseCount('depth', values.depth),
    relevantFrom: parseCount('relevant', values.relevant),
    titles: !values['no-titles'],
    instruction: values.instruction,
    candidateTokens:
      candidateTokens === undefined ? undefined : parseCount('candidate-tokens', candidateTokens),
    way: values.direct ? 'direct' : values.served ? 'served' : undefined,
    devices: values.devices,
    outRun: values['out-run'],
    json: values.json,
  };
}

function parsePerturbations(list: string | undefined): readonly PerturbationName[] {
  if (list === undefined || list === 'all') {
    return list === undefined ? [] : perturbationNames;
  }
  const given = list.split(',').map((name) => {
    const found = perturbationNames.find((known) => known === name);
    if (found === undefined) {
      const known = perturbationNames.join(', ');
      throw new UsageError(`--perturb has '${name}'; all, or some of ${known}, is needed`);
    }
    return found;
  });
  return [...new Set(given)];
}

function required(flag: string, value: string | undefined): string {
  if (value === undefined || value === '') {
    throw new UsageError(`${flag} is missing\n\n${usage}`);
  }
  return value;
}

function parseCount(name: string, text: string): number {
  return parseNumber(name, text, { min: 1, whole: true });
}
