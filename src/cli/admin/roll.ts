import { setTimeout as wait } from 'node:timers/promises';
import { at } from '../../base/at.ts';
import { messageOf } from '../../base/errors.ts';
import { createAdminClient, type WirePoolState } from '../../client/admin-client.ts';
import { CallError } from '../../client/call.ts';
import { createRankingClient } from '../../client/client.ts';
import type { ClientTrust } from '../../client/client-credentials.ts';
import { explainFailure } from '../../client/explain-failure.ts';
import { UsageError } from '../shared/usage.ts';

/** A server's admin address, and its data address if its health is to be checked too. */
export interface RolledServer {
  readonly admin: string;
  readonly data: string | undefined;
}

export interface RollOptions {
  /** On the servers' machines. */
  readonly folder: string;
  /** In this order. */
  readonly servers: readonly RolledServer[];
  /** Whether a failure puts the former models back. */
  readonly undo: boolean;
  /** Between two servers, to watch what the new model does. */
  readonly pauseMs: number;
  /** For each step of each server. */
  readonly timeoutMs: number;
  readonly trust: ClientTrust;
  /** Ends the roll before the next server. */
  readonly signal: AbortSignal;
  readonly onStep: (server: string, step: string) => void;
}

export interface Rolled {
  readonly sentence: string;
  /** False when the signal has ended the roll early. */
  readonly isWhole: boolean;
}

const healthService = 'slmrank.v1.RankingService';
const healthPauseMs = 200;
const address = /^.+:(\d{1,5})$/;
/** After these nobody knows whether the server goes on with the load. */
const unknownEnds = new Set(['DEADLINE_EXCEEDED', 'UNAVAILABLE']);

/** Reads `ADMIN[=DATA],...`. @throws UsageError */
export function parseServers(text: string): readonly RolledServer[] {
  const servers = text.split(',').map((each) => {
    const [admin = '', data, ...more] = each.trim().split('=');
    const isRight = [admin, data ?? admin].every(
      (one) => Number(address.exec(one)?.at(1)) <= 65_535,
    );
    if (!isRight || more.length > 0) {
      throw new UsageError(
        `--servers has '${each}'; HOST:PORT of an admin address, or HOST:PORT=HOST:PORT with the ` +
          "server's data address behind it, is needed",
      );
    }
    return { admin, data };
  });
  const twice = servers.find(({ admin }, i) => servers.findIndex((s) => s.admin === admin) < i);
  if (twice !== undefined) {
    throw new UsageError(`--servers has ${twice.admin} twice`);
  }
  return servers;
}

/**
 * Loads a model on one server after the other. The next one follows once the last one serves the
 * model, has a ready replica, and is healthy; all must report one score fingerprint. Stops at the
 * first failure.
 *
 * @throws Error with what failed where, and which servers have which model.
 */
export async function rollModel(options: RollOptions): Promise<Rolled> {
  const { servers, folder, signal, onStep } = options;
  // A server that does not answer is found before any has changed.
  const former = new Map<string, WirePoolState>();
  for (const server of servers) {
    former.set(server.admin, await survey(server, options));
  }
  const done: RolledServer[] = [];
  let fingerprint = '';
  for (const server of servers) {
    await pause(done.length === 0 ? 0 : options.pauseMs, signal);
    if (signal.aborted) {
      return { sentence: describeStop(servers, done.length), isWhole: false };
    }
    try {
      const pool = await load(server, folder, options);
      done.push(server);
      fingerprint ||= pool.scoreFingerprint;
      assertRolled(pool, fingerprint, at(servers, 0).admin);
      await awaitHealth(server, options);
    } catch (error) {
      const doubt = done.includes(server) ? '' : describeDoubt(server, error);
      const rest = await endEarly(done, former, options);
      throw new Error(`${server.admin}: ${messageOf(error)}; ${doubt}${rest}`, { cause: error });
    }
    onStep(
      server.admin,
      `serves ${fingerprint.slice(0, 12)} (${done.length} of ${servers.length})`,
    );
  }
  const all = servers.length === 1 ? '1 server serves' : `${servers.length} servers serve`;
  return { sentence: `${all} ${folder}, score fingerprint ${fingerprint}`, isWhole: true };
}

function describeStop(servers: readonly RolledServer[], done: number): string {
  const [changed, others] = [servers.slice(0, done), servers.slice(done)].map((some) =>
    some.map(({ admin }) => admin).join(', '),
  );
  return done === 0
    ? 'stopped: no server was changed'
    : `the upgrade stopped here: the new model is on ${changed}, and not on ${others}`;
}

function describeDoubt({ admin }: RolledServer, error: unknown): string {
  return error instanceof CallError && unknownEnds.has(error.code)
    ? `${admin} may still load the model ('slmrank admin pool --admin-address ${admin}' tells); besides, `
    : '';
}

/** @throws Error when the server cannot begin a change. */
async function survey({ admin }: RolledServer, options: RollOptions): Promise<WirePoolState> {
  const pool = await withAdmin(admin, options, (client) => client.poolState()).catch(messageOf);
  const fault = typeof pool === 'string' ? pool : pool.change && `${pool.change} is under way`;
  if (typeof pool === 'string' || fault !== '') {
    throw new Error(`${admin}: ${fault}; no server was changed`);
  }
  options.onStep(admin, `has ${pool.model}, ${pool.scoreFingerprint.slice(0, 12)}`);
  return pool;
}

function load(
  { admin }: RolledServer,
  folder: string,
  options: RollOptions,
): Promise<WirePoolState> {
  return withAdmin(admin, options, (client) =>
    client.loadModel(folder, ({ step }) => options.onStep(admin, step)),
  );
}

async function withAdmin<T>(
  admin: string,
  { timeoutMs, trust }: RollOptions,
  work: (client: ReturnType<typeof createAdminClient>) => Promise<T>,
): Promise<T> {
  const client = createAdminClient(admin, timeoutMs, trust);
  try {
    return await work(client);
  } catch (error) {
    throw await explainFailure(error, admin, trust.ca !== undefined);
  } finally {
    client.close();
  }
}

function assertRolled(pool: WirePoolState, wanted: string, first: string): void {
  if (pool.scoreFingerprint !== wanted) {
    throw new Error(
      `its folder has another model: score fingerprint ${pool.scoreFingerprint.slice(0, 12)}, and ` +
        `${wanted.slice(0, 12)} on ${first}`,
    );
  }
  if (!pool.replicas.some(({ phase }) => phase === 'ready')) {
    throw new Error(`no replica is ready after the load`);
  }
}

/** @throws Error when the server is not SERVING in time. */
async function awaitHealth(
  { data }: RolledServer,
  { timeoutMs, trust }: RollOptions,
): Promise<void> {
  if (data === undefined) {
    return;
  }
  const client = createRankingClient(data, trust);
  const giveUpAtMs = performance.now() + timeoutMs;
  try {
    for (;;) {
      const state = await client.checkHealth(healthService, timeoutMs).catch(messageOf);
      if (state === 'SERVING') {
        return;
      }
      if (performance.now() > giveUpAtMs) {
        throw new Error(`${data} is not healthy: ${state}`);
      }
      await wait(healthPauseMs);
    }
  } finally {
    client.close();
  }
}

/** Resolves early when the signal comes. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}

/** Puts the former models back if that is wanted. Resolves to the state of the fleet in words. */
async function endEarly(
  done: readonly RolledServer[],
  former: ReadonlyMap<string, WirePoolState>,
  options: RollOptions,
): Promise<string> {
  if (done.length === 0) {
    return 'no server was changed';
  }
  const names = done.map(({ admin }) => admin).join(', ');
  if (!options.undo) {
    return `the upgrade stopped here: the new model is on ${names}; --undo would put the former one back`;
  }
  for (const server of done.toReversed()) {
    const { folder = '' } = former.get(server.admin) ?? {};
    options.onStep(server.admin, `putting ${folder} back`);
    try {
      await load(server, folder, options);
    } catch (error) {
      return `${folder} could not be put back on ${server.admin}: ${messageOf(error)}; changed were ${names}`;
    }
  }
  return `the former model is back on ${names}`;
}
