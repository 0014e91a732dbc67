import { countCores } from '../../../src/config/count-cores.ts';
import { parseOptions, UsageError } from '../../../src/cli/shared/usage.ts';

export const scenarioNames = [
  'steady',
  'step',
  'spike',
  'long-tail',
  'overload',
  'slow-readers',
  'cancels',
  'search',
  'ghz',
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

const usage = `Usage: npm run load:suite -- [OPTIONS]

Measures the capacity of the server and its behaviour under load: first the bare engine and the
server at saturation, then open-loop Poisson arrivals at rates relative to the capacity. Writes
suite.json and suite.html. The exit status is 1 if a request is not accounted for.

  --model DIR          a built model, or 'tiny', random weights that are built once (default: tiny)
  --address HOST:PORT  a running server instead of a new one; its log is not read
  --metrics HOST:PORT  the address of that server's metrics
  --devices SLOTS      as in SLMRANK_DEVICES (default: cpu:N, where N leaves a core to the client)
  --seconds N          length of a scenario (default: 20)
  --scenarios LIST     scenarios separated by commas (default: all), of
                       ${scenarioNames.join(', ')}
  --candidates N       candidates of a request (default: 50)
  --tokens N           median length of a candidate (default: 20)
  --deadline MS        deadline of a request (default: 1000)
  --slo MS             the highest p99 that the search accepts (default: 500)
  --connections N      connections of the client (default: 4)
  --seed N             seed of arrivals, lengths and texts (default: 1)
  --ghz PATH           the ghz program (default: on PATH, or where 'go install' puts it)
  --replay FILE        replays captured traffic (SLMRANK_CAPTURE) instead of the scenarios
  --speed X            how many times as fast the traffic is replayed (default: 1)
  --out DIR            where the results are written (default: bench/out/suite)
  --baseline FILE      compares the numbers with those in this file
  --save-baseline FILE saves the numbers in this file`;

export interface SuiteOptions {
  readonly model: string;
  readonly address: string | undefined;
  readonly metrics: string | undefined;
  readonly devices: string;
  readonly seconds: number;
  readonly scenarios: readonly ScenarioName[];
  readonly candidates: number;
  readonly tokens: number;
  readonly deadlineMs: number;
  readonly sloMs: number;
  readonly connections: number;
  readonly seed: number;
  readonly ghz: string | undefined;
  readonly replay: string | undefined;
  readonly speed: number;
  readonly out: string;
  readonly baseline: string | undefined;
  readonly saveBaseline: string | undefined;
}

/** @throws UsageError */
export function parseSuiteOptions(
  args: readonly string[],
  cores = countCores().cores,
): SuiteOptions {
  const text = { type: 'string' } as const;
  const { values } = parseOptions(args, usage, {
    model: text,
    address: text,
    metrics: text,
    devices: text,
    seconds: text,
    scenarios: text,
    candidates: text,
    tokens: text,
    deadline: text,
    slo: text,
    connections: text,
    seed: text,
    ghz: text,
    replay: text,
    speed: text,
    out: text,
    baseline: text,
    'save-baseline': text,
  });
  const number = (flag: string, given: string | undefined, byDefault: number, most: number) =>
    given === undefined ? byDefault : parseAmount(flag, given, most);
  return {
    model: values.model ?? 'tiny',
    address: values.address,
    metrics: values.metrics,
    devices: values.devices ?? `cpu:${Math.max(1, cores - 1)}`,
    seconds: number('--seconds', values.seconds, 20, 3600),
    scenarios: values.scenarios === undefined ? scenarioNames : parseScenarios(values.scenarios),
    candidates: Math.ceil(number('--candidates', values.candidates, 50, 1000)),
    tokens: number('--tokens', values.tokens, 20, 512),
    deadlineMs: number('--deadline', values.deadline, 1000, 600_000),
    sloMs: number('--slo', values.slo, 500, 600_000),
    connections: Math.ceil(number('--connections', values.connections, 4, 64)),
    seed: number('--seed', values.seed, 1, 2 ** 31),
    ghz: values.ghz,
    replay: values.replay,
    speed: number('--speed', values.speed, 1, 1000),
    out: values.out ?? 'bench/out/suite',
    baseline: values.baseline,
    saveBaseline: values['save-baseline'],
  };
}

function parseAmount(flag: string, text: string, most: number): number {
  const amount = Number(text);
  if (!Number.isFinite(amount) || amount <= 0 || amount > most) {
    throw new UsageError(`${flag} is '${text}'; it must be a number above 0 and at most ${most}`);
  }
  return amount;
}

function parseScenarios(text: string): readonly ScenarioName[] {
  return text.split(',').map((name) => {
    const known = scenarioNames.find((each) => each === name);
    if (known === undefined) {
      throw new UsageError(
        `--scenarios has '${name}'; the scenarios are ${scenarioNames.join(', ')}`,
      );
    }
    return known;
  });
}
