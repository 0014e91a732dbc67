import { formatFixed, formatTable } from '../../base/format-table.ts';
import {
  type AdminClient,
  createAdminClient,
  type WireCostTable,
  type WirePoolProgress,
  type WirePoolState,
} from '../../client/admin-client.ts';
import { explainFailure } from '../../client/explain-failure.ts';
import { parseNumber } from '../shared/option-values.ts';
import { tlsOptions, tlsUsage, trustOf } from '../shared/tls-options.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';
import { interruptedStatus } from '../shared/watch-scoring.ts';
import { parseServers, rollModel, type RollOptions } from './roll.ts';

const usage = `Usage: slmrank admin ACTION [ARGUMENTS] [--admin-address HOST:PORT] [--timeout SECONDS]

Operates a running server through its admin address. Exit status 0 when the action succeeded, 1 when the server refused
it or it failed, 2 when the command line is wrong, 130 when Control-C ended it.

  pool                   show the model and its replicas
  costs                  show what the server has learnt about the cost of batches
  resize COUNT|DEVICES   change the number of replicas ('4') or their devices ('cpu:4', 'cuda:0*2,cuda:1'); new replicas
                         are warm before they get requests
  drain SLOT             finish the batches of a replica, then remove it for good
  quarantine SLOT        the same, but 'release' brings it back; --reason TEXT is shown in the pool
  release SLOT           load a quarantined or failed replica again, at once
  load-model FOLDER      load a built model beside the current one, move the requests to it, drain the old one; with --servers
                         on one server after the other, as long as all goes well; Control-C ends that before the next server
  log-level LEVEL        set the log level: debug, info, warn, error or silent

  --admin-address HOST:PORT  the server's SLMRANK_ADMIN_ADDRESS (default: 127.0.0.1:50052)
  --servers LIST             for load-model: HOST:PORT,... of the admin services, in this order; with HOST:PORT=HOST:PORT the
                             server has to be healthy at the second address, its data address, too
  --pause SECONDS            for load-model --servers: how long to wait between two servers (default: 0)
  --undo                     for load-model --servers: after a failure load the former model again on the changed servers
  --timeout SECONDS          how long to wait for the answer; the server finishes the action anyway (default: 900)
  --json                     print the answer as JSON
${tlsUsage}`;

interface Operands {
  /** The argument after the action; empty for an action without one. */
  readonly argument: string;
  readonly reason: string;
}

/** Resolves to what is printed. */
type Action = (
  client: AdminClient,
  operands: Operands,
) => Promise<WirePoolState | WireCostTable | string>;

const actions: Readonly<
  Record<string, { readonly takes: string | undefined; readonly act: Action }>
> = {
  pool: { takes: undefined, act: (client) => client.poolState() },
  costs: { takes: undefined, act: (client) => client.costs() },
  resize: {
    takes: 'COUNT or DEVICES',
    act: (client, { argument }) => client.setReplicas(toTarget(argument), showStep),
  },
  drain: { takes: 'SLOT', act: (client, { argument }) => client.drain(argument) },
  quarantine: {
    takes: 'SLOT',
    act: (client, { argument, reason }) => client.quarantine(argument, reason),
  },
  release: { takes: 'SLOT', act: (client, { argument }) => client.release(argument) },
  'load-model': {
    takes: 'FOLDER',
    act: (client, { argument }) => client.loadModel(argument, showStep),
  },
  'log-level': {
    takes: 'LEVEL',
    act: async (client, { argument }) =>
      `log level ${argument}, was ${await client.setLogLevel(argument)}`,
  },
};

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, usage, {
    ...tlsOptions,
    'admin-address': { type: 'string' },
    timeout: { type: 'string', default: '900' },
    reason: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    servers: { type: 'string' },
    pause: { type: 'string' },
    undo: { type: 'boolean', default: false },
  });
  const timeoutMs = 1000 * Number(values.timeout);
  if (!(timeoutMs > 0)) {
    throw new UsageError(`--timeout is '${values.timeout}'; a number of seconds is needed`);
  }
  const { act, argument } = parseAction(positionals);
  if (values.servers !== undefined || values.undo || values.pause !== undefined) {
    assertRoll(positionals[0], values);
    return await roll(argument, values.servers, {
      undo: values.undo,
      pauseMs: 1000 * parseNumber('pause', values.pause ?? '0', {}),
      timeoutMs,
      trust: trustOf(values),
    });
  }
  const { 'admin-address': address = '127.0.0.1:50052' } = values;
  const client = createAdminClient(address, timeoutMs, trustOf(values));
  try {
    const answer = await act(client, { argument, reason: values.reason });
    process.stdout.write(`${values.json ? JSON.stringify(answer) : format(answer).trimEnd()}\n`);
    return 0;
  } catch (error) {
    throw await explainFailure(error, address, values['tls-ca'] !== undefined);
  } finally {
    client.close();
  }
}

interface RollValues {
  servers?: string | undefined;
  'admin-address'?: string | undefined;
  json: boolean;
}

/** @throws UsageError */
function assertRoll(
  action: string | undefined,
  values: RollValues,
): asserts values is RollValues & { servers: string } {
  if (action !== 'load-model' || values.servers === undefined) {
    throw new UsageError(
      `--servers belongs to load-model, and --pause and --undo belong to --servers\n\n${usage}`,
    );
  }
  if (values['admin-address'] !== undefined || values.json) {
    throw new UsageError(`--servers goes without --admin-address and --json\n\n${usage}`);
  }
}

async function roll(
  folder: string,
  servers: string,
  options: Pick<RollOptions, 'undo' | 'pauseMs' | 'timeoutMs' | 'trust'>,
): Promise<number> {
  const startedAtMs = performance.now();
  const onStep: RollOptions['onStep'] = (server, step) =>
    showStep({ step: `${server}  ${step}`, seconds: (performance.now() - startedAtMs) / 1000 });
  const listed = parseServers(servers);
  const stop = new AbortController();
  const onInterrupt = () => {
    process.stderr.write('\nStopping before the next server; Control-C again ends at once\n');
    stop.abort();
  };
  process.once('SIGINT', onInterrupt);
  try {
    const { signal } = stop;
    const done = await rollModel({ ...options, folder, servers: listed, signal, onStep });
    process.stdout.write(`${done.sentence}\n`);
    return done.isWhole ? 0 : interruptedStatus;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

function parseAction([name = '', argument = '', ...more]: readonly string[]) {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    const found = name === '' ? 'an action is missing' : `no action '${name}'`;
    throw new UsageError(`${found}\n\n${usage}`);
  }
  const { takes, act } = action;
  if ((takes !== undefined) !== (argument !== '') || more.length > 0) {
    throw new UsageError(
      `admin ${name} takes ${takes === undefined ? 'no argument' : `one argument, ${takes}`}\n\n${usage}`,
    );
  }
  return { act, argument };
}

function toTarget(text: string) {
  return /^\d{1,6}$/.test(text) ? { count: Number(text) } : { devices: text };
}

function showStep({ step, seconds }: Pick<WirePoolProgress, 'step' | 'seconds'>): void {
  process.stderr.write(`${seconds.toFixed(1).padStart(7)} s  ${step}\n`);
}

function format(answer: WirePoolState | WireCostTable | string): string {
  if (typeof answer === 'string') {
    return answer;
  }
  return 'kinds' in answer ? formatCosts(answer) : formatPool(answer);
}

export function formatPool(pool: WirePoolState): string {
  const rows = pool.replicas.map((replica) => [
    replica.slot,
    replica.phase,
    `${formatFixed(replica.phaseSeconds, 0)} s`,
    String(replica.threads),
    String(replica.batches),
    String(replica.running),
    `${formatFixed(replica.queuedMs, 0)} ms`,
    String(replica.failures),
    replica.reason,
  ]);
  const head = ['slot', 'phase', 'for', 'threads', 'batches', 'running', 'queued', 'failures', ''];
  const lines = [
    `model ${pool.model} (${pool.folder}), fingerprint ${pool.scoreFingerprint.slice(0, 12)}`,
    ...(pool.change === '' ? [] : [`${pool.change} is in progress`]),
    ...(pool.drainingModels === 0 ? [] : [`${pool.drainingModels} other model(s) in memory`]),
  ];
  return `${lines.join('\n')}\n${formatTable([head, ...rows])}`;
}

export function formatCosts({ kinds, replicas }: WireCostTable): string {
  const kindRows = kinds.map(({ kind, runs, fixedMs, tokenMs, slotMs }) => [
    kind,
    String(runs),
    `${formatFixed(fixedMs, 2)} ms`,
    `${formatFixed(tokenMs, 4)} ms`,
    `${formatFixed(1e6 * slotMs, 3)} ns`,
  ]);
  const replicaRows = replicas.map(({ slot, runs, factor, error }) => [
    slot,
    String(runs),
    factor.toFixed(2),
    `${(100 * error).toFixed(1)} %`,
  ]);
  return [
    formatTable([['kind', 'runs', 'per run', 'per token', 'per tile slot'], ...kindRows]),
    formatTable([['slot', 'runs', 'factor', 'error'], ...replicaRows]),
  ].join('\n');
}
