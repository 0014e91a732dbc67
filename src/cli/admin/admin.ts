import { formatFixed, formatTable } from '../../base/format-table.ts';
import {
  type AdminClient,
  createAdminClient,
  type WireCostTable,
  type WirePoolProgress,
  type WirePoolState,
} from '../../client/admin-client.ts';
import { explainFailure } from '../../client/explain-failure.ts';
import { tlsOptions, tlsUsage, trustOf } from '../shared/tls-options.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank admin ACTION [ARGUMENTS] [--admin-address HOST:PORT] [--timeout SECONDS]

Looks after a running server through its admin address. Exit status 0 when it is done, 1 when the server refused or
could not, 2 when the words are off.

  pool                   the model and its replicas
  costs                  what the server has learnt of what runs cost
  resize COUNT|DEVICES   so many replicas ('4'), or these ('cpu:4', 'cuda:0*2,cuda:1'): warm before they get work
  drain SLOT             take a replica out for good, when it has finished what it holds
  quarantine SLOT        the same until it is released; --reason TEXT says why
  release SLOT           load a quarantined or failed replica again, now
  load-model FOLDER      load a built model beside the one that serves, shift to it, drain the old one
  log-level LEVEL        debug, info, warn, error or silent

  --admin-address HOST:PORT  the server's SLMRANK_ADMIN_ADDRESS (default: 127.0.0.1:50052)
  --timeout SECONDS          how long to wait; what was begun goes on after it (default: 900)
  --json                     print the answer as JSON
${tlsUsage}`;

interface Words {
  /** After the action. */
  readonly word: string;
  readonly reason: string;
}

/** What an action prints. */
type Action = (
  client: AdminClient,
  words: Words,
) => Promise<WirePoolState | WireCostTable | string>;

const actions: Readonly<
  Record<string, { readonly takes: string | undefined; readonly act: Action }>
> = {
  pool: { takes: undefined, act: (client) => client.poolState() },
  costs: { takes: undefined, act: (client) => client.costs() },
  resize: {
    takes: 'COUNT or DEVICES',
    act: (client, { word }) => client.setReplicas(toTarget(word), showStep),
  },
  drain: { takes: 'SLOT', act: (client, { word }) => client.drain(word) },
  quarantine: {
    takes: 'SLOT',
    act: (client, { word, reason }) => client.quarantine(word, reason),
  },
  release: { takes: 'SLOT', act: (client, { word }) => client.release(word) },
  'load-model': { takes: 'FOLDER', act: (client, { word }) => client.loadModel(word, showStep) },
  'log-level': {
    takes: 'LEVEL',
    act: async (client, { word }) => `log level ${word}, was ${await client.setLogLevel(word)}`,
  },
};

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, usage, {
    ...tlsOptions,
    'admin-address': { type: 'string', default: '127.0.0.1:50052' },
    timeout: { type: 'string', default: '900' },
    reason: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  });
  const timeoutMs = 1000 * Number(values.timeout);
  if (!(timeoutMs > 0)) {
    throw new UsageError(`--timeout is '${values.timeout}'; a number of seconds is needed`);
  }
  const { act, word } = parseAction(positionals);
  const client = createAdminClient(values['admin-address'], timeoutMs, trustOf(values));
  try {
    const answer = await act(client, { word, reason: values.reason });
    process.stdout.write(`${values.json ? JSON.stringify(answer) : format(answer).trimEnd()}\n`);
    return 0;
  } catch (error) {
    throw await explainFailure(error, values['admin-address'], values['tls-ca'] !== undefined);
  } finally {
    client.close();
  }
}

function parseAction([name = '', word = '', ...more]: readonly string[]) {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    const found = name === '' ? 'an action is missing' : `no action '${name}'`;
    throw new UsageError(`${found}\n\n${usage}`);
  }
  const { takes, act } = action;
  if ((takes !== undefined) !== (word !== '') || more.length > 0) {
    throw new UsageError(`admin ${name} takes ${takes ?? 'nothing'} after it\n\n${usage}`);
  }
  return { act, word };
}

function toTarget(word: string) {
  return /^\d{1,6}$/.test(word) ? { count: Number(word) } : { devices: word };
}

function showStep({ step, seconds }: WirePoolProgress): void {
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
  const head = ['slot', 'phase', 'for', 'threads', 'batches', 'holds', 'queued', 'failures', ''];
  const lines = [
    `model ${pool.model} (${pool.folder}), fingerprint ${pool.scoreFingerprint.slice(0, 12)}`,
    ...(pool.change === '' ? [] : [`${pool.change} is under way`]),
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
    formatTable([['kind', 'runs', 'a run', 'a token', 'a tile slot'], ...kindRows]),
    formatTable([['slot', 'runs', 'factor', 'off by'], ...replicaRows]),
  ].join('\n');
}
