import { writeFile } from 'node:fs/promises';
import {
  assertNoneMissing,
  readCorpus,
  readJudgements,
  readQueries,
} from '../../eval/data/beir.ts';
import { type EvaluateInput, evaluate } from '../../eval/measures/evaluate.ts';
import { measurePerturbed } from '../../eval/forms/perturbed.ts';
import { type EvalReport, formatReport } from '../../eval/eval-report.ts';
import type { RerankInput } from '../../eval/rank/rerank.ts';
import { selectQueries } from '../../eval/data/select-queries.ts';
import { formatRun, readRun, type Run } from '../../eval/data/trec-run.ts';
import { compareModels } from './compare-models.ts';
import { type EvalOptions, parseEvalOptions } from './eval-options.ts';
import type { PerturbedRuns } from './rerank-perturbed.ts';
import { type RerankWith, rerankWithModel } from './rerank-with-model.ts';
import { interruptedStatus } from '../shared/watch-scoring.ts';

export async function run(
  args: readonly string[],
  rerankWith: RerankWith = rerankWithModel,
): Promise<number> {
  const options = parseEvalOptions(args);
  const data = await readData(options);
  const chosen = chooseQueries(data, options);
  const input = options.runOnly ? undefined : await readInput(data, chosen, options);
  const model = input && (await rerankWith(input, options));
  const { against } = options;
  const isStopped = model?.reranked.interrupted === true || model?.perturbed?.interrupted === true;
  const gate =
    input && model && against !== undefined && !isStopped
      ? await compareModels(input, model, {
          options: { ...options, against },
          judgements: data.judgements,
          rerankWith,
        })
      : undefined;
  const report: EvalReport = {
    beir: options.beir,
    split: options.split,
    runFile: options.run,
    relevantFrom: options.relevantFrom,
    ...(options.limit === Infinity ? {} : { limit: options.limit }),
    ...(model === undefined ? {} : { model: model.report }),
    ...(model?.perturbed && { perturbed: perturbedOf(data, model.reranked.run, model.perturbed) }),
    ...(gate && { gate }),
    ...evaluate(
      model === undefined
        ? { ...data, measured: chosen.keys() }
        : { ...data, reranked: model.reranked.run },
    ),
  };
  await writeOutputs(report, model?.reranked.run, options);
  if (isStopped || (against !== undefined && gate === undefined)) {
    return interruptedStatus;
  }
  return gate?.passed === false ? 1 : 0;
}

async function readData(options: EvalOptions): Promise<EvaluateInput> {
  const { beir, split, relevantFrom } = options;
  const judgements = await readJudgements(beir, split);
  const queries = await readQueries(beir);
  const firstStage = await readRun(options.run);
  assertNoneMissing('queries that queries.jsonl lacks', firstStage.keys(), queries);
  return { judgements, queries, run: firstStage, relevantFrom };
}

/**
 * Without judgements a query's order cannot be measured, so such queries are ranked only for
 * --out-run.
 */
function chooseQueries(
  { run: firstStage, judgements }: EvaluateInput,
  { outRun, limit }: EvalOptions,
): Run {
  const judged = new Map([...firstStage].filter(([query]) => judgements.has(query)));
  return selectQueries(outRun === undefined ? judged : firstStage, limit);
}

async function readInput(
  { queries }: EvaluateInput,
  chosen: Run,
  { beir }: EvalOptions,
): Promise<RerankInput> {
  const ids = new Set([...chosen.values()].flat().map(({ id }) => id));
  const corpus = await readCorpus(beir, ids);
  assertNoneMissing('texts that corpus.jsonl lacks', ids, corpus);
  return { run: chosen, queries, corpus };
}

/** The perturbed runs compared with `run`, the model's order of the plain texts. */
function perturbedOf(data: EvaluateInput, run: Run, { runs }: PerturbedRuns) {
  return measurePerturbed({ ...data, run }, runs);
}

async function writeOutputs(
  report: EvalReport,
  reranked: Run | undefined,
  { json, outRun }: EvalOptions,
): Promise<void> {
  const table = `\n${formatReport(report)}`;
  (json === '-' ? process.stderr : process.stdout).write(table);
  const text = `${JSON.stringify(report, undefined, 2)}\n`;
  if (json === '-') {
    process.stdout.write(text);
  } else if (json !== undefined) {
    await writeFile(json, text);
  }
  if (outRun !== undefined && reranked !== undefined) {
    await writeFile(outRun, formatRun(reranked, report.model?.name ?? 'slmrank'));
  }
}
