import { cpus } from 'node:os';
import { join } from 'node:path';
import { selectQueries } from '../../src/eval/data/select-queries.ts';
import { sha256 } from '../../src/base/files/sha256.ts';
import type { Clock } from '../clock-seconds.ts';
import type { ParetoOptions } from './options.ts';
import type { BuiltModel } from './pair-scorer.ts';
import type { ParetoData } from './pareto-data.ts';
import type { Scorers } from './scorers.ts';
import { type Contender, type Round, type SpeedWork, timeRounds } from './speed.ts';

export interface MeasuredSpeed {
  readonly clock: Clock;
  /** In each round. */
  readonly candidates: number;
  readonly rounds: readonly Round[];
}

/** Candidates of one query in the work; its prefix is shared by them. */
const candidatesPerQuery = 16;

/** All models at all budgets in turn over the same candidates, with titles; rounds of an equal earlier measurement are kept. */
export async function measureSpeed(
  data: ParetoData,
  models: ReadonlyMap<string, BuiltModel>,
  options: ParetoOptions & { readonly scorers: Scorers },
): Promise<MeasuredSpeed | undefined> {
  if (options.speed === undefined) {
    return undefined;
  }
  const { rounds, clock, candidates } = options.speed;
  const work = chooseWork(data, candidates);
  const key = sha256(
    JSON.stringify([
      'slmrank-pareto-speed-2',
      clock,
      options.candidateTokens,
      options.tokenBudget,
      options.devices,
      cpus()[0]?.model,
      Object.values(data.hashes),
      work.requests,
      [...models].map(([name, { manifest }]) => [name, manifest.fingerprint]),
    ]),
  );
  const contenders = options.candidateTokens.flatMap((candidateTokens) =>
    [...models.keys()].map(
      (name): Contender => ({ name, candidateTokens, open: () => options.scorers.get(name) }),
    ),
  );
  const timed = await timeRounds(contenders, work, {
    rounds,
    clock,
    file: join(options.state, `speed.${key.slice(0, 16)}.jsonl`),
    onRound: (done) => process.stderr.write(`speed: round ${done} of ${rounds}\n`),
  });
  return { clock, rounds: timed, candidates: work.requests.flat().length };
}

/** `candidates` of them, from queries spread evenly over the run. */
export function chooseWork(data: ParetoData, candidates: number): SpeedWork {
  const queries = selectQueries(data.run, Math.ceil(candidates / candidatesPerQuery));
  let left = candidates;
  const requests = [...queries].map(([query, entries]) => {
    const chosen = entries.slice(0, Math.min(left, candidatesPerQuery));
    left -= chosen.length;
    return chosen.map(({ id }) => ({ query, candidate: id }));
  });
  return { requests, data };
}
