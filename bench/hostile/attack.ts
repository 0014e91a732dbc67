import { readFileSync } from 'node:fs';
import { callKinds } from './call-kinds.ts';
import { type ConnectionKind, connectionKinds } from './connection-kinds.ts';
import { createDraw, type Draw } from './draw.ts';
import { type MessageKind, messageKinds } from './message-kinds.ts';
import { type MemorySample, Tally } from './tally.ts';
import { frame, rankMessage } from './wire-bytes.ts';
import { WireClient } from './wire-client.ts';

export interface AttackPlan {
  readonly address: string;
  /** Of the server's process, when its memory can be read. */
  readonly pid: number | undefined;
  readonly count: number;
  readonly seed: number;
  /** Messages under way at once. */
  readonly concurrency: number;
  /** The attack stops there, whatever is left. */
  readonly mostSeconds: number;
  /** The scores in a reply's bytes. */
  readonly scoresOf: (reply: Buffer) => readonly number[];
}

export interface AttackResult {
  readonly sent: number;
  readonly seconds: number;
  readonly connections: number;
  readonly tally: Tally;
  readonly memory: readonly MemorySample[];
  /** Good requests sent in between, and those that were not answered with the same digits as the first. */
  readonly good: { readonly sent: number; readonly wrong: number };
}

const goodEvery = 100;
const sampleMs = 1000;

const kinds: readonly (ConnectionKind & { readonly lasting: boolean })[] = [
  ...[...messageKinds, ...callKinds].map((kind) => ({ ...kind, lasting: true, run: asRun(kind) })),
  ...connectionKinds.map((kind) => ({ ...kind, lasting: false })),
];
const allWeights = kinds.reduce((sum, { weight }) => sum + weight, 0);

/** Sends hostile messages until there were enough or the time is over. Every message is drawn by its own seed. */
export async function attack(plan: AttackPlan): Promise<AttackResult> {
  const { count, seed, pid } = plan;
  const started = performance.now();
  const tally = new Tally();
  const memory: MemorySample[] = [];
  const good = new GoodRequests(plan);
  await good.send();
  let sent = 0;
  const sample = () => memory.push({ messages: sent, mb: residentMb(pid) ?? Number.NaN });
  const timer = setInterval(sample, sampleMs);
  const isOver = () => sent >= count || performance.now() - started > plan.mostSeconds * 1000;
  const clients = Array.from({ length: plan.concurrency }, () => new WireClient(plan.address));
  const runOne = async (client: WireClient) => {
    while (!isOver()) {
      const own = seed * 1_000_003 + sent;
      sent += 1;
      if (sent % goodEvery === 0) {
        await good.send();
      }
      const draw = createDraw(own);
      const { name, allowed, run } = pickKind(draw);
      tally.note({ kind: name, seed: own, ending: await run(client, draw) }, allowed);
    }
  };
  await Promise.all(clients.map(runOne));
  await good.send();
  clearInterval(timer);
  sample();
  clients.forEach((client) => client.close());
  good.close();
  return {
    sent,
    tally,
    good,
    memory: memory.filter(({ mb }) => !Number.isNaN(mb)),
    seconds: (performance.now() - started) / 1000,
    connections: clients.reduce((sum, { opened }) => sum + opened, 0),
  };
}

/** The same request again and again: its scores must be the same digits whatever goes on around it. */
class GoodRequests {
  sent = 0;
  wrong = 0;
  readonly #client: WireClient;
  readonly #scoresOf: AttackPlan['scoresOf'];
  #first: string | undefined;

  constructor({ address, scoresOf }: AttackPlan) {
    this.#client = new WireClient(address);
    this.#scoresOf = scoresOf;
  }

  async send(): Promise<void> {
    this.sent += 1;
    const message = rankMessage('which job', ['a baker', 'a nurse in a clinic', 'a pilot'], 'good');
    const { ending, body } = await this.#client.call({ chunks: [frame(message)] });
    const scores = ending === 'OK' ? this.#scoresOf(body.subarray(5)).join() : ending;
    this.#first ??= scores;
    this.wrong += ending === 'OK' && scores === this.#first ? 0 : 1;
  }

  close(): void {
    this.#client.close();
  }
}

function pickKind(draw: Draw): ConnectionKind {
  let place = (draw.count(1_000_000) / 1_000_000) * allWeights;
  for (const kind of kinds) {
    place -= kind.weight;
    if (place < 0) {
      return kind;
    }
  }
  throw new Error('no kind was picked; this is a bug');
}

function asRun({ wish }: MessageKind): ConnectionKind['run'] {
  return async (client, draw) => (await client.call(wish(draw))).ending;
}

function residentMb(pid: number | undefined): number | undefined {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kb === undefined ? undefined : Number(kb) / 1024;
  } catch {
    return undefined;
  }
}
