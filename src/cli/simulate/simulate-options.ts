import { type Bounds, parseNumber } from '../shared/option-values.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';
import { type BalancingPolicy, balancingPolicies } from '../../simulate/balance/pick.ts';

const usage = `Usage: slmrank simulate [OPTIONS]

Simulates servers: runs the real admission and scheduling on a virtual clock, without a model, so that minutes of traffic
take seconds. Prints latencies, goodput, refusals and how busy each replica is. With --plan, finds out how many replicas a
server needs.

  --cost FILE            measured cost of batches, as 'slmrank admin costs --json' prints it
                         (default: SmolLM2-135M, fp32, one CPU thread)
  --replicas N           replicas of each server (default: 2)
  --factors F,F,...      run time of each replica relative to --cost, instead of --replicas: with 1,1,2 the third replica
                         is half as fast
  --gpu-rates R,R,...    as many replicas as numbers share a GPU, which does R times as much while 1, 2, ... of them run:
                         1,1.15 for two replicas that do 15 % more together (default: a GPU each)
  --servers M            servers (default: 1)
  --policy NAME          how clients spread their calls: pick_first, round_robin, weighted_round_robin (by the servers' load
                         reports; grpc_js_weighted_round_robin is that of grpc-js 1.14) or least_request (the less busy of
                         two) (default: round_robin)
  --channels N           client processes, each with its own connections and view of the servers (default: 1)
  --subset N             servers that each of them connects to, drawn at random (default: all)
  --blackout MS          how long a server reports before weighted_round_robin uses its weight (default: 1000)
  --attempts N           most attempts of a call that ends with UNAVAILABLE (default: 5)
  --failures FILE        what fails when, as JSON: racks, slow GPUs, swaps, restarts; see docs/fleet/planning.md
  --rps R                requests per second, as Poisson arrivals (default: 0.2)
  --shape SHAPE,...      sizes of requests, each PREFIX+COUNTxLENGTH in tokens; LENGTH may be FROM-TO or 'postings'
                         (default: 63+16xpostings)
  --clients N            clients that share the rate evenly (default: 1)
  --deferrable-rps R     deferrable requests per second besides, with the same shapes and no deadline (default: 0)
  --deadline MS          time from a request's arrival to its deadline (default: none)
  --seconds S            length of the traffic (default: 120)
  --day                  the traffic is a day, compressed into --seconds, with --rps as its mean rate
  --bursts FACTOR        for a fifth of the time, half a second at once, the rate is FACTOR times that of the rest
                         (default: 1)
  --trace FILE           replay captured traffic (JSON lines); the options from --rps to --seconds are then ignored
  --by-id SHARE          share of the requests, 0 to 1, whose candidates are stored items, with summaries; --plan then also
                         says how many replicas the same traffic needs by text (default: 0)
  --item-tokens N        tokens of a stored item, title and summary (default: SLMRANK_ITEM_TOKENS)
  --suffix-tokens N      template tokens of each candidate, for stored items and in a trace that does not record them
                         (default: 20)
  --encode-ms MS         time from a request's arrival to the queue (default: as measured in --cost, else 0)
  --call-ms MS           what a call takes besides the server's stages: client, network, decoding (default: 0)
  --spread SHARE         spread of run times around their predicted cost (default: as measured in --cost, else 0.1)
  --seed N               equal seeds give equal results (default: 1)
  --plan                 find the fewest replicas with p99 <= --target-p99 and 99 % of requests scored
  --target-p99 MS        the p99 latency that --plan aims for (default: 500)
  --json                 print the report as JSON

SLMRANK_TOKEN_BUDGET, SLMRANK_LINGER_MS, SLMRANK_AGING_MS, SLMRANK_DEFERRABLE_WAIT_MS and the limits of the queue apply as
in the server.`;

export interface SimulateOptions {
  readonly cost: string | undefined;
  readonly factors: readonly number[];
  readonly gpuRates: readonly number[] | undefined;
  readonly servers: number;
  readonly policy: BalancingPolicy;
  readonly channels: number;
  /** Undefined for all servers. */
  readonly subset: number | undefined;
  readonly blackoutMs: number;
  readonly attempts: number;
  readonly failures: string | undefined;
  readonly rps: number;
  readonly shapes: readonly string[];
  readonly clients: number;
  readonly deferrableRps: number;
  readonly deadlineMs: number | undefined;
  readonly seconds: number;
  readonly isDay: boolean;
  readonly bursts: number;
  readonly trace: string | undefined;
  readonly byId: number;
  /** Undefined: the budget that the server's settings give. */
  readonly itemTokens: number | undefined;
  readonly suffixTokens: number;
  readonly encodeMs: number | undefined;
  readonly callMs: number;
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
  'gpu-rates': { type: 'string' },
  servers: { type: 'string', default: '1' },
  policy: { type: 'string', default: 'round_robin' },
  channels: { type: 'string', default: '1' },
  subset: { type: 'string' },
  blackout: { type: 'string', default: '1000' },
  attempts: { type: 'string', default: '5' },
  failures: { type: 'string' },
  rps: { type: 'string', default: '0.2' },
  shape: { type: 'string', default: '63+16xpostings' },
  clients: { type: 'string', default: '1' },
  'deferrable-rps': { type: 'string', default: '0' },
  deadline: { type: 'string' },
  seconds: { type: 'string', default: '120' },
  day: { type: 'boolean', default: false },
  bursts: { type: 'string', default: '1' },
  trace: { type: 'string' },
  'by-id': { type: 'string', default: '0' },
  'item-tokens': { type: 'string' },
  'suffix-tokens': { type: 'string', default: '20' },
  'encode-ms': { type: 'string' },
  'call-ms': { type: 'string', default: '0' },
  spread: { type: 'string' },
  seed: { type: 'string', default: '1' },
  plan: { type: 'boolean', default: false },
  'target-p99': { type: 'string', default: '500' },
  json: { type: 'boolean', default: false },
} as const;

const tokenBounds = { min: 1, max: 10_000, whole: true };

/** @throws UsageError */
export function parseSimulateOptions(args: readonly string[]): SimulateOptions {
  const { values } = parseOptions(args, usage, flags);
  const replicas = parseNumber('replicas', values.replicas, countBounds);
  return {
    cost: values.cost,
    factors: parseFactors(values.factors) ?? new Array<number>(replicas).fill(1),
    ...parseFleet(values),
    rps: parseNumber('rps', values.rps, { min: 0.001, max: 100_000 }),
    shapes: values.shape.split(','),
    clients: parseNumber('clients', values.clients, countBounds),
    deferrableRps: parseNumber('deferrable-rps', values['deferrable-rps'], { max: 100_000 }),
    deadlineMs: parseOptional('deadline', values.deadline, { min: 1, max: 3_600_000 }),
    seconds: parseNumber('seconds', values.seconds, { min: 0.001, max: 86_400 }),
    isDay: values.day,
    bursts: parseNumber('bursts', values.bursts, { min: 1, max: 100 }),
    trace: values.trace,
    byId: parseNumber('by-id', values['by-id'], { max: 1 }),
    itemTokens: parseOptional('item-tokens', values['item-tokens'], tokenBounds),
    suffixTokens: parseNumber('suffix-tokens', values['suffix-tokens'], tokenBounds),
    encodeMs: parseOptional('encode-ms', values['encode-ms'], { max: 60_000 }),
    callMs: parseNumber('call-ms', values['call-ms'], { max: 60_000 }),
    spread: parseOptional('spread', values.spread, { max: 2 }),
    seed: parseNumber('seed', values.seed, { max: 2 ** 32 - 1, whole: true }),
    plan: values.plan,
    targetP99Ms: parseNumber('target-p99', values['target-p99'], { min: 1, max: 3_600_000 }),
    json: values.json,
  };
}

const countBounds = { min: 1, max: 1_000, whole: true };
const serverBounds = { min: 1, max: 10_000, whole: true };

/** The options that say which servers there are and how clients reach them. */
function parseFleet(values: ReturnType<typeof parseOptions<typeof flags>>['values']) {
  const policy = balancingPolicies.find((name) => name === values.policy);
  if (policy === undefined) {
    const allowed = balancingPolicies.join(', ');
    throw new UsageError(`--policy is '${values.policy}'; allowed: ${allowed}`);
  }
  return {
    gpuRates: parseRates(values['gpu-rates']),
    servers: parseNumber('servers', values.servers, serverBounds),
    policy,
    channels: parseNumber('channels', values.channels, serverBounds),
    subset: parseOptional('subset', values.subset, serverBounds),
    blackoutMs: parseNumber('blackout', values.blackout, { max: 3_600_000 }),
    attempts: parseNumber('attempts', values.attempts, { min: 1, max: 5, whole: true }),
    failures: values.failures,
  };
}

function parseRates(text: string | undefined): readonly number[] | undefined {
  return text?.split(',').map((rate) => parseNumber('gpu-rates', rate, { min: 0.01, max: 100 }));
}

function parseFactors(text: string | undefined): readonly number[] | undefined {
  return text?.split(',').map((factor) => parseNumber('factors', factor, { min: 0.01, max: 100 }));
}

function parseOptional(name: string, text: string | undefined, bounds: Bounds): number | undefined {
  return text === undefined ? undefined : parseNumber(name, text, bounds);
}
