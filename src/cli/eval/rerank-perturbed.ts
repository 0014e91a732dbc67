import { perturbCorpus, type PerturbationName } from '../../eval/forms/perturb.ts';
import type { Reranked, RerankInput } from '../../eval/rank/rerank.ts';
import type { Run } from '../../eval/data/trec-run.ts';

/** A model's orders of perturbed candidates, by perturbation. */
export interface PerturbedRuns {
  readonly runs: ReadonlyMap<PerturbationName, Run>;
  /** Stopped early: `runs` has those that were finished. */
  readonly interrupted: boolean;
}

/** Re-ranks the same candidates once for every perturbation, one after another. */
export async function rerankPerturbed(
  input: RerankInput,
  names: readonly PerturbationName[],
  rerank: (input: RerankInput) => Promise<Reranked>,
): Promise<PerturbedRuns> {
  const runs = new Map<PerturbationName, Run>();
  for (const [place, name] of names.entries()) {
    process.stderr.write(`Perturbation ${place + 1} of ${names.length}: ${name}\n`);
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
