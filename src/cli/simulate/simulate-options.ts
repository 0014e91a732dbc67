import { type Bounds, parseNumber } from '../shared/option-values.ts';
import { parseOptions } from '../shared/usage.ts';

const usage = `Usage: slmrank simulate [OPTIONS]

Runs the server's own admission and scheduling on a virtual clock: minutes of traffic in seconds, nothing loaded. Says
latencies, goodput, refusals and how busy each replica is; with --plan, how many replicas a server needs.

  --cost FILE            what runs cost: saved from 'slmrank admin costs --json'
                         (default: SmolLM2-135M, fp32, one CPU thread, as measured once)
  --replicas N           of each server (default: 2)
  --factors F,F,...      run times of each replica over the table's, instead of --replicas: 1,1,2 has a slow one
  --servers M            servers, to which requests are dealt in turn (default: 1)
  --rps R                requests each second, Poisson arrivals (default: 0.2)
  --shape SHAPE,...      PREFIX+COUNTxLENGTH in tokens; LENGTH may be FROM-TO or 'postings' (default: 63+16xpostings)
  --clients N            share the rate evenly (default: 1)
  --deferrable-rps R     deferrable requests beside them, of the same shapes, without a deadline (default: 0)
  --deadline MS          time that a request has (default: none)
  --seconds S            of arrivals (default: 120)
  --trace FILE           replay captured traffic instead (JSON lines); --rps, --shape and --seconds do not count
  --suffix-tokens N      what the template adds to a trace's candidates, where the trace does not say (default: 20)
  --encode-ms MS         from arrival to the queue (default: as the server of --cost took; 0 without)
  --spread SHARE         how much run times spread about their cost (default: as they did there; 0.1 without)
  --seed N               equal seeds give equal results (default: 1)
  --plan                 find the fewest replicas with p99 <= --target-p99 and 99 % of requests scored
  --target-p99 MS        (default: 500)
  --json                 print the report as JSON

SLMRANK_TOKEN_BUDGET, SLMRANK_LINGER_MS, SLMRANK_AGING_MS, SLMRANK_DEFERRABLE_WAIT_MS and the queue's bounds hold here as
in the server.`;

export interface SimulateOptions {
  readonly cost: string | undefined;
  readonly factors: readonly number[];
  readonly servers: number;
  readonly rps: number;
  readonly shapes: readonly string[];
  readonly clients: number;
  readonly deferrableRps: number;
  readonly deadlineMs: number | undefined;
  readonly seconds: number;
  readonly trace: string | undefined;
  readonly suffixTokens: number;
  readonly encodeMs: number | undefined;
  readonly spread: number | undefined;
  readonly seed: number;
  readonly plan: boolean;
  readonly targetP99Ms: number;
  readonly json: boolean;
}

const flags = {
  cost: { type: 'string' },
  replicas: { type: 'string', default: '2' },
  factors: { type: 'string' },
  servers: { type: 'string', default: '1' },
  rps: { type: 'string', default: '0.2' },
  shape: { type: 'string', default: '63+16xpostings' },
  clients: { type: 'string', default: '1' },
  'deferrable-rps': { type: 'string', default: '0' },
  deadline: { type: 'string' },
  seconds: { type: 'string', default: '120' },
  trace: { type: 'string' },
  'suffix-tokens': { type: 'string', default: '20' },
  'encode-ms': { type: 'string' },
  spread: { type: 'string' },
  seed: { type: 'string', default: '1' },
  plan: { type: 'boolean', default: false },
  'target-p99': { type: 'string', default: '500' },
  json: { type: 'boolean', default: false },
} as const;

/** @throws UsageError */
export function parseSimulateOptions(args: readonly string[]): SimulateOptions {
  const { values } = parseOptions(args, usage, flags);
  const count = (name: 'replicas' | 'servers' | 'clients') =>
    parseNumber(name, values[name], { min: 1, max: 1_000, whole: true });
  const replicas = count('replicas');
  return {
    cost: values.cost,
    factors: parseFactors(values.factors) ?? new Array<number>(replicas).fill(1),
    servers: count('servers'),
    rps: parseNumber('rps', values.rps, { min: 0.001, max: 100_000 }),
    shapes: values.shape.split(','),
    clients: count('clients'),
    deferrableRps: parseNumber('deferrable-rps', values['deferrable-rps'], { max: 100_000 }),
    deadlineMs: parseOptional('deadline', values.deadline, { min: 1, max: 3_600_000 }),
    seconds: parseNumber('seconds', values.seconds, { min: 0.001, max: 86_400 }),
    trace: values.trace,
    suffixTokens: parseNumber('suffix-tokens', values['suffix-tokens'], {
      min: 1,
      max: 10_000,
      whole: true,
    }),
    encodeMs: parseOptional('encode-ms', values['encode-ms'], { max: 60_000 }),
    spread: parseOptional('spread', values.spread, { max: 2 }),
    seed: parseNumber('seed', values.seed, { max: 2 ** 32 - 1, whole: true }),
    plan: values.plan,
    targetP99Ms: parseNumber('target-p99', values['target-p99'], { min: 1, max: 3_600_000 }),
    json: values.json,
  };
}

function parseFactors(text: string | undefined): readonly number[] | undefined {
  return text?.split(',').map((factor) => parseNumber('factors', factor, { min: 0.01, max: 100 }));
}

function parseOptional(name: string, text: string | undefined, bounds: Bounds): number | undefined {
  return text === undefined ? undefined : parseNumber(name, text, bounds);
}
