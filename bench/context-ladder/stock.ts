import { at } from '../../src/base/at.ts';
import { countCores } from '../../src/config/count-cores.ts';
import { candidateText } from '../../src/eval/data/beir.ts';
import { runOnce } from '../ladder/measure.ts';
import { ladderGraphs, openBuiltModel, writeStockGraph } from '../ladder/model.ts';
import { openVariants } from '../ladder/variants.ts';
import type { Request, Server } from './serve.ts';

export interface StockOptions {
  readonly model: string;
  /** For the graph; emptied first. */
  readonly state: string;
  readonly titles: boolean;
  readonly tokenBudget: number;
  readonly candidateTokens: number;
}

/**
 * The model as step a of the ladder runs it (bench/ladder), in one session of all cores. It encodes
 * each request and runs it before the next one.
 */
export async function openStock(options: StockOptions): Promise<Server> {
  const { state, titles, tokenBudget, candidateTokens: maxCandidateTokens } = options;
  const model = await openBuiltModel(options.model);
  await writeStockGraph(model, state);
  const threads = countCores().cores;
  const parts = { model, graphs: ladderGraphs(state), threads, tokenBudget, int8Graph: undefined };
  const variant = at(await openVariants(parts, (step) => step === 'a'), 0);
  const rank = async ({ query, candidates }: Request) => {
    const outcome = model.encoder?.encode({
      query,
      instruction: undefined,
      context: undefined,
      candidates: candidates.map((each) => candidateText(each, titles)),
      truncation: 'end',
      maxCandidateTokens,
    });
    if (outcome?.ok !== true) {
      throw new Error(outcome?.message ?? `${options.model} has no tokenizer`);
    }
    const { prefix, candidates: encoded } = outcome.encoded;
    const part = { prefix, suffixes: encoded.map(({ ids }) => ids) };
    for (const feeds of variant.plan({ name: query, part }).runs) {
      await runOnce(variant.session, feeds);
    }
  };
  return {
    lanes: 1,
    rank,
    close: async () => {
      await variant.session.release();
    },
  };
}
