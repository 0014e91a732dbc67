import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';
import { createAdminClient } from '../../src/client/admin-client.ts';
import { type CostWeights, costOf } from '../../src/schedule/costs/cost-fit.ts';
import { paddedSlots } from '../../src/batch/slots.ts';
import { packOutline } from '../../src/simulate/server/simulated-replica.ts';
import { tokenPart } from '../../src/batch/packed-batch.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { chaosModel } from '../chaos/chaos-model.ts';
import { sleep } from '../chaos/wait.ts';
import { type PacedServer, startFleet, startPaced } from '../fleet/fleet.ts';
import type { Sent } from '../suite/account/ends.ts';
import { poissonArrivals } from '../suite/traffic/arrivals.ts';
import { type Planned, play } from '../suite/traffic/play.ts';
import { packMessage, Sender } from '../suite/traffic/sender.ts';

/** A round of the comparison. */
export interface RoundPlan {
  readonly name: string;
  readonly policy: 'round_robin' | 'weighted_round_robin';
  /** Of the capacity that requests would have one by one. */
  readonly load: number;
  readonly seconds: number;
  /** For each server: 2 means half as fast. */
  readonly factors: readonly number[];
  /** The first server is killed and started again: seconds from the start of the round. */
  readonly kill?: { readonly atSeconds: number; readonly untilSeconds: number };
}

/** A request as the simulator needs it. */
export interface SizedArrival {
  readonly atMs: number;
  readonly prefixTokens: number;
  readonly candidateTokens: readonly number[];
}

export interface RealRound {
  readonly sent: readonly Sent[];
  readonly arrivals: readonly SizedArrival[];
  /** What the servers learnt of the time around their runs. */
  readonly encodeMs: readonly number[];
  readonly handoverMs: readonly number[];
  /** What a call of the idle fleet took besides the server's stages, before the round. */
  readonly callMs: number;
  /** When the killed server was ready again, from the start of the round. */
  readonly backAtSeconds?: number | undefined;
}

export const channels = 4;
export const replicas = 2;
export const deadlineMs = 1_000;
/** The spread of paced runs around their cost. */
export const spread = 0.1;
/** A request of the mix takes about 80 ms. */
export const cost: CostWeights = { fixedMs: 10, tokenMs: 0.15, slotMs: 0 };
const query = 'which of these bakes bread';
const candidates = Array.from({ length: 20 }, (_, i) => ({
  id: `c${i}`,
  text: 'a baker of 12 loaves',
}));
const callTimeoutMs = 30_000;

/** Starts paced servers and calls them as clients with our service config do. */
export async function runReal(plan: RoundPlan, out: string, seed: number): Promise<RealRound> {
  const model = await chaosModel('tiny', 'llama', out);
  const fleet = { model, cost, spread, seed };
  const options = plan.factors.map((factor) => ({ factor, replicas }));
  const servers = [...(await startFleet(fleet, options))];
  const senders = openSenders(plan, servers);
  try {
    await Promise.all(senders.map((sender) => sender.connect(callTimeoutMs)));
    const callMs = await measureCallMs(at(senders, 0));
    const { planned, arrivals } = drawRound(plan, await sizeOf(model), createRandom(seed));
    const restart = async () => {
      await at(servers, 0).kill();
      const { untilSeconds, atSeconds } = plan.kill ?? { untilSeconds: 0, atSeconds: 0 };
      await sleep(1_000 * (untilSeconds - atSeconds));
      const { address } = at(servers, 0);
      servers[0] = await startPaced(fleet, { ...at(options, 0), address });
    };
    const startedAtMs = performance.now();
    const [sent, backAtMs] = await Promise.all([
      play(spreadOver(senders, seed), plan.name, planned),
      plan.kill === undefined
        ? undefined
        : sleep(1_000 * plan.kill.atSeconds)
            .then(restart)
            .then(() => performance.now()),
    ]);
    const backAtSeconds = backAtMs === undefined ? undefined : (backAtMs - startedAtMs) / 1_000;
    return { sent, arrivals, backAtSeconds, callMs, ...(await learntTimes(servers)) };
  } finally {
    senders.forEach((sender) => sender.close());
    await Promise.all(servers.map((server) => server.kill()));
  }
}

/** Each is a client process's channel: connections to all servers, and its own view of them. */
function openSenders({ policy }: RoundPlan, servers: readonly PacedServer[]): readonly Sender[] {
  // Its first policy is weighted_round_robin, with reports out of band.
  const config = JSON.parse(readFileSync('deploy/client-service-config.json', 'utf8')) as object;
  const roundRobin = { ...config, loadBalancingConfig: [{ round_robin: {} }] };
  const serviceConfig = policy === 'round_robin' ? roundRobin : config;
  const target = `ipv4:${servers.map(({ address }) => address).join(',')}`;
  return Array.from(
    { length: channels },
    () =>
      new Sender(target, 1, {
        'grpc.enable_retries': 1,
        'grpc.service_config': JSON.stringify(serviceConfig),
      }),
  );
}

const idleCalls = 60;

/** The median of calls one after the other. */
async function measureCallMs(sender: Sender): Promise<number> {
  const message = packMessage({ query, candidates, noCache: true }, 0);
  const outsideMs: number[] = [];
  for (let i = 0; i < idleCalls; i++) {
    const dueAtMs = sender.nowMs();
    const call = { id: `idle-${i}`, message, dueAtMs, deadlineMs: undefined };
    const { endedAtMs, sentAtMs, serverMs, status } = await sender.send(call);
    if (serverMs === undefined) {
      throw new Error(`a call of the idle fleet ended with ${status}`);
    }
    outsideMs.push(endedAtMs - sentAtMs - serverMs);
  }
  return median(outsideMs);
}

/** Requests go to the channels at random. */
function spreadOver(senders: readonly Sender[], seed: number): Pick<Sender, 'nowMs' | 'send'> {
  const random = createRandom(seed + 1);
  const first = at(senders, 0);
  return {
    nowMs: () => first.nowMs(),
    send: async (dispatch) => {
      const sender = at(senders, Math.floor(random() * senders.length));
      const shiftMs = sender.nowMs() - first.nowMs();
      const sent = await sender.send({ ...dispatch, dueAtMs: dispatch.dueAtMs + shiftMs });
      return {
        ...sent,
        dueAtMs: sent.dueAtMs - shiftMs,
        sentAtMs: sent.sentAtMs - shiftMs,
        endedAtMs: sent.endedAtMs - shiftMs,
      };
    },
  };
}

/** The tokens of the request that all calls make. */
async function sizeOf(model: string): Promise<Omit<SizedArrival, 'atMs'>> {
  const { tokenizer, template, normalize, blueprint } = await readManifest(model);
  const { rowTokens } = blueprint;
  const limits = { prefixTokens: rowTokens, candidateTokens: rowTokens, rowTokens };
  const tokenizerPath = join(model, tokenizer.file);
  const outcome = createRequestEncoder({ tokenizerPath, template, normalize, limits }).encode({
    query,
    instruction: undefined,
    context: undefined,
    truncation: 'end',
    maxCandidateTokens: undefined,
    candidates: candidates.map(({ text }) => ({ title: undefined, text })),
  });
  if (!outcome.ok) {
    throw new Error(`the request cannot be encoded: ${outcome.message}`);
  }
  const { encoded } = outcome;
  return {
    prefixTokens: encoded.prefix.length,
    candidateTokens: encoded.candidates.map(({ ids }) => ids.length),
  };
}

function drawRound(
  plan: RoundPlan,
  request: Omit<SizedArrival, 'atMs'>,
  random: () => number,
): { readonly planned: readonly Planned[]; readonly arrivals: readonly SizedArrival[] } {
  const message = packMessage({ query, candidates, noCache: true }, 0);
  const perSecond = plan.load * capacityOf(request, plan.factors);
  const times = poissonArrivals([{ seconds: plan.seconds, perSecond }], random);
  return {
    planned: times.map((atMs) => ({ atMs, message, deadlineMs })),
    arrivals: times.map((atMs) => ({ atMs, ...request })),
  };
}

/** Requests per second of all replicas, if each ran one request at a time. */
function capacityOf(
  { prefixTokens, candidateTokens }: Omit<SizedArrival, 'atMs'>,
  factors: readonly number[],
): number {
  const suffixes = candidateTokens.map((tokens) => new Int32Array(tokens));
  const part = tokenPart({ prefix: new Int32Array(prefixTokens), suffixes });
  const batch = packOutline([part], { layout: 'masked', attentionGroups: 4 });
  const runMs = costOf(cost, { packedTokens: batch.tokens, slots: paddedSlots(batch) });
  return factors.reduce((sum, factor) => sum + (1_000 * replicas) / (runMs * factor), 0);
}

async function learntTimes(servers: readonly PacedServer[]) {
  const tables = await Promise.all(
    servers.map(async ({ adminAddress }) => {
      const admin = createAdminClient(adminAddress, callTimeoutMs);
      try {
        return await admin.costs();
      } finally {
        admin.close();
      }
    }),
  );
  return {
    encodeMs: tables.flatMap((table) => table.encodeMs),
    handoverMs: tables.flatMap(({ kinds }) => kinds.flatMap((kind) => kind.handoverMs)),
  };
}
