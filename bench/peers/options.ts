import { join } from 'node:path';
import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { countCores } from '../../src/config/count-cores.ts';
import { defaultRecipe } from '../../src/toolchain/build/ensure-model.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { type System, systems } from './systems.ts';
import type { WorkOptions } from './work.ts';

const usage = `Usage: npm run bench:peers -- [OPTIONS]

Ranks the same postings for the same queries with the same weights, in slmrank and in the engines that
one would use instead. Each system is a process of its own and uses all cores; requests are ranked one
after the other, in rounds that alternate between the systems. bench/peers/README.md says how to
install the peers. A peer that is not installed is named and left out.

slmrank gets raw texts over gRPC, so its times contain the tokenizing. The peers get token ids.

  --recipe NAME      the model: a name in models/recipes (default: ${defaultRecipe})
  --systems LIST     some of: ${systems.map(({ name }) => name).join(', ')}
                     (default: all)
  --beir DIR         data with judgements, for NDCG@10 (default: models/demo, which has none)
  --split NAME       which qrels (default: dev)
  --requests N       queries, spread evenly over the data (default: 3)
  --candidates N     most candidates of each (default: 25)
  --rounds N         the fastest round of each system counts (default: 3)
  --threads N        threads of each system (default: the cores)
  --python FILE      the Python with the packages of requirements.txt
                     (default: bench/peers/.venv/bin/python)
  --state DIR        for the converted weights (default: bench/out/peers)
  --out DIR          writes RECIPE.json, RECIPE.md and RECIPE.svg there`;

const definitions = {
  recipe: { type: 'string', default: defaultRecipe },
  systems: { type: 'string' },
  beir: { type: 'string' },
  split: { type: 'string', default: 'dev' },
  requests: { type: 'string', default: '3' },
  candidates: { type: 'string', default: '25' },
  rounds: { type: 'string', default: '3' },
  threads: { type: 'string' },
  python: { type: 'string' },
  state: { type: 'string', default: join('bench', 'out', 'peers') },
  out: { type: 'string' },
} as const;

export interface PeersOptions extends WorkOptions {
  readonly recipe: string;
  readonly systems: readonly System[];
  readonly rounds: number;
  readonly threads: number;
  readonly python: string;
  readonly state: string;
  readonly out: string | undefined;
}

/** @throws UsageError */
export function parsePeersOptions(args: readonly string[]): PeersOptions {
  const values = parseOnlyOptions(args, usage, definitions);
  const count = (name: 'requests' | 'candidates' | 'rounds') =>
    parseNumber(name, values[name], { min: 1, max: 10_000, whole: true });
  return {
    recipe: values.recipe,
    systems: values.systems === undefined ? systems : values.systems.split(',').map(findSystem),
    beir: values.beir,
    split: values.split,
    requests: count('requests'),
    candidates: count('candidates'),
    rounds: count('rounds'),
    threads:
      values.threads === undefined
        ? countCores().cores
        : parseNumber('threads', values.threads, { min: 1, max: 1024, whole: true }),
    python: values.python ?? projectFolder('bench/peers/.venv/bin/python'),
    state: values.state,
    out: values.out,
  };
}

function findSystem(name: string): System {
  const found = systems.find((each) => each.name === name.trim());
  if (found === undefined) {
    const known = systems.map((each) => each.name).join(', ');
    throw new UsageError(`--systems has '${name}'; allowed are ${known}`);
  }
  return found;
}
