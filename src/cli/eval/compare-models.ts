import type { Judgements } from '../../eval/data/beir.ts';
import { describeSide, type GateSide, judgeGate } from '../../eval/measures/gate.ts';
import type { GateReport } from '../../eval/eval-report.ts';
import type { RerankInput } from '../../eval/rank/rerank.ts';
import type { EvalOptions } from './eval-options.ts';
import type { ModelRun, RerankWith } from './rerank-with-model.ts';

export interface CompareOptions {
  /**
   * `against` is the reference's folder; `titles` says whether `measured` was ranked with titles.
   */
  readonly options: EvalOptions & { readonly against: string };
  readonly rerankWith: RerankWith;
  readonly judgements: Judgements;
}

interface ComparedSide extends GateSide {
  readonly reports: GateReport['runs'][number];
}

/**
 * Makes the rankings that the gate still needs (the model's without titles, the reference's with
 * and without), and judges the model. Undefined when Control-C stopped one of them.
 */
export async function compareModels(
  input: RerankInput,
  measured: ModelRun,
  { options, rerankWith, judgements }: CompareOptions,
): Promise<GateReport | undefined> {
  const hasTitles = [...input.corpus.values()].some(({ title }) => title !== '');
  const sides: ComparedSide[] = [];
  let model: ModelRun | undefined = measured;
  for (const titles of options.titles && hasTitles ? [true, false] : [false]) {
    model ??= await rerankSide(
      input,
      { ...options, titles, perturb: [] },
      { rerankWith, role: 'the model' },
    );
    const reference = model.reranked.interrupted
      ? undefined
      : await rerankSide(
          input,
          { ...options, titles, perturb: [], model: options.against },
          { rerankWith, role: 'the reference' },
        );
    if (reference === undefined || reference.reranked.interrupted) {
      process.stderr.write('Interrupted before all queries were ranked: the gate is not judged\n');
      return undefined;
    }
    sides.push(toSide(titles, model, reference));
    model = undefined;
  }
  const skipped = describeSkipped(options, hasTitles);
  return {
    ...judgeGate({ judgements, queries: input.queries, sides }),
    runs: sides.map(({ reports }) => reports),
    ...(skipped === undefined ? {} : { skipped }),
  };
}

async function rerankSide(
  input: RerankInput,
  options: EvalOptions,
  { rerankWith, role }: { readonly rerankWith: RerankWith; readonly role: string },
): Promise<ModelRun> {
  process.stderr.write(`Ranking for the gate: ${role} ${describeSide(options.titles)}\n`);
  return rerankWith(input, options);
}

function toSide(titles: boolean, model: ModelRun, reference: ModelRun): ComparedSide {
  return {
    titles,
    run: model.reranked.run,
    reference: reference.reranked.run,
    reports: { titles, model: model.report, reference: reference.report },
  };
}

function describeSkipped({ titles }: EvalOptions, hasTitles: boolean): string | undefined {
  if (!titles) {
    return 'Judged without titles only, because of --no-titles.';
  }
  return hasTitles ? undefined : 'Judged without titles only: the candidates have none.';
}
