import { perturbCorpus, type PerturbationName } from '../../eval/forms/perturb.ts';
import type { Reranked, RerankInput } from '../../eval/rank/rerank.ts';
import type { Run } from '../../eval/data/trec-run.ts';

/** A model's runs over perturbed candidates. */
export interface PerturbedRuns {
  readonly runs: ReadonlyMap<PerturbationName, Run>;
  /** Whether Control-C stopped it early; `runs` then has only the finished ones. */
  readonly interrupted: boolean;
}

/** Re-ranks the same candidates once for every perturbation, one after another. */
export async function rerankPerturbed(
  input: RerankInput,
  names: readonly PerturbationName[],
  rerank: (input: RerankInput) => Promise<Reranked>,
): Promise<PerturbedRuns> {
  const runs = new Map<PerturbationName, Run>();
  for (const [index, name] of names.entries()) {
    process.stderr.write(`Perturbation ${index + 1} of ${names.length}: ${name}\n`);
    const { run, interrupted } = await rerank({
      ...input,
      corpus: perturbCorpus(input.corpus, name),
    });
    if (interrupted) {
      return { runs, interrupted };
    }
    runs.set(name, run);
  }
  return { runs, interrupted: false };
}
