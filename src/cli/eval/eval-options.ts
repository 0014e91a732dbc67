import { type PerturbationName, perturbationNames } from '../../eval/forms/perturb.ts';
import { parseNumber } from '../shared/option-values.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank eval --beir DIR --split NAME --run FILE.trec[.gz] [OPTIONS]

Re-ranks a run's candidates with a built model and shows NDCG@10 and MRR@10 of both orders, for all queries and for each
kind (metadata.kind). Control-C stops early and shows the results so far.

  --beir DIR          folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv, each plain or .gz
  --split NAME        the split of the judgements
  --run FILE          the first stage's run, plain or .gz: query-id Q0 text-id rank score tag
  --model DIR         a built model (default: SLMRANK_MODEL, or the bundled model)
  --against DIR       run the gate: also rank with this built model as the reference, for example the model before
                      quantization, with titles and without (only without if --no-titles is given). Exit status 1 when
                      the model loses over 0.5 % of the reference's NDCG@10, over 1 % of its NDCG@1, or over 1 % of its
                      NDCG@10 without titles or for one kind of query
  --perturb NAME,...  also rank the candidates with their titles and texts in another form, and show how much NDCG@10
                      that costs: all, or some of ${perturbationNames.slice(0, 8).join(', ')},
                      ${perturbationNames.slice(8).join(', ')}
  --run-only          measure the run alone; no model is needed
  --limit N           at most N queries, spread evenly over the run
  --depth N           re-rank only the first N candidates of a query (default: 1000)
  --relevant GRADE    lowest grade that is relevant for MRR (default: 1)
  --no-titles         leave out the candidates' titles
  --candidate-tokens N
                      read at most N tokens of a candidate (default: SLMRANK_CANDIDATE_TOKENS)
  --instruction TEXT  what "relevant" means in this data (default: the model's own instruction)
  --devices SLOTS     in the format of SLMRANK_DEVICES (default: one slot with one thread for each core)
  --direct            score all pairs together without the serving pipeline, so that pairs share the tokens of what is
                      first in the template: the default with a candidate-first template
  --served            score through the serving pipeline, request by request: the default with a query-first template
  --out-run FILE      write the new order as a run; this also re-ranks the queries without judgements
  --json FILE         write the report as JSON; '-' is standard output, and the table then goes to standard error

Other settings of the model (context budget, token budget, ...) are read from the SLMRANK_* variables.`;

export interface EvalOptions {
  readonly beir: string;
  readonly split: string;
  readonly run: string;
  readonly model: string | undefined;
  readonly against: string | undefined;
  /** Perturbations to rank the candidates with, besides the plain texts. */
  readonly perturb: readonly PerturbationName[];
  readonly runOnly: boolean;
  readonly limit: number;
  readonly depth: number;
  readonly relevantFrom: number;
  readonly titles: boolean;
  readonly instruction: string | undefined;
  readonly candidateTokens: number | undefined;
  /** Undefined: chosen by the model's template. */
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
  const needsModel = values.model ?? values.against ?? values.perturb ?? values['out-run'];
  if (values['run-only'] && needsModel !== undefined) {
    throw new UsageError(
      '--run-only uses no model; it cannot be combined with --model, --against, --perturb or --out-run',
    );
  }
  if (values.direct && values.served) {
    throw new UsageError('--direct and --served exclude each other; give at most one of them');
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
    const found = perturbationNames.find((each) => each === name);
    if (found === undefined) {
      const allowed = perturbationNames.join(', ');
      throw new UsageError(`--perturb has '${name}'; allowed are all, or some of ${allowed}`);
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
