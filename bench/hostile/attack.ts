import { residentMb } from '../load/watch-memory.ts';
import { createDraw, type Draw } from './core/draw.ts';
import type { AttackClient, AttackKind } from './core/kind.ts';
import { type MemorySample, Tally } from './core/tally.ts';
import { frame, rankMessage } from './grpc/wire-bytes.ts';
import { WireClient } from './grpc/wire-client.ts';

export interface AttackPlan<Client extends AttackClient> {
  readonly kinds: readonly AttackKind<Client>[];
  readonly openClient: () => Client;
  /** The address of gRPC, where valid requests go in between. */
  readonly address: string;
  /** The server's process, if we started it and can read its memory. */
  readonly pid: number | undefined;
  readonly count: number;
  readonly seed: number;
  /** Messages in flight at once. */
  readonly concurrency: number;
  /** The attack stops after this time, however many messages are left. */
  readonly mostSeconds: number;
  /** Reads the scores from the bytes of a reply. */
  readonly scoresOf: (reply: Buffer) => readonly number[];
}

export interface AttackResult {
  readonly sent: number;
  readonly seconds: number;
  readonly connections: number;
  readonly tally: Tally;
  readonly memory: readonly MemorySample[];
  /** Valid requests sent in between; `wrong` counts replies whose scores differ from the first. */
  readonly good: { readonly sent: number; readonly wrong: number };
}

const goodEvery = 100;
const sampleMs = 1000;

/**
 * Sends hostile messages until `count` were sent or the time is over. Each message has its own
 * seed, so that a single message can be reproduced.
 */
export async function attack<Client extends AttackClient>(
  plan: AttackPlan<Client>,
): Promise<AttackResult> {
  const { count, seed, pid } = plan;
  const startedAtMs = performance.now();
  const tally = new Tally();
  const memory: MemorySample[] = [];
  const good = new GoodRequests(plan);
  await good.send();
  let sent = 0;
  const sample = () => {
    const mb = pid === undefined ? undefined : residentMb(pid);
    if (mb !== undefined) {
      memory.push({ messages: sent, mb });
    }
  };
  const timer = setInterval(sample, sampleMs);
  const isOver = () => sent >= count || performance.now() - startedAtMs > plan.mostSeconds * 1000;
  const clients = Array.from({ length: plan.concurrency }, plan.openClient);
  const sendInTurn = async (client: Client) => {
    while (!isOver()) {
      const messageSeed = seed * 1_000_003 + sent;
      sent += 1;
      if (sent % goodEvery === 0) {
        await good.send();
      }
      const draw = createDraw(messageSeed);
      const { name, allowed, run } = pickKind(plan.kinds, draw);
      tally.note({ kind: name, seed: messageSeed, ending: await run(client, draw) }, allowed);
    }
  };
  await Promise.all(clients.map(sendInTurn));
  await good.send();
  clearInterval(timer);
  sample();
  clients.forEach((client) => client.close());
  good.close();
  return {
    sent,
    tally,
    good,
    memory,
    seconds: (performance.now() - startedAtMs) / 1000,
    connections: clients.reduce((sum, { opened }) => sum + opened, 0),
  };
}

type GoodParts = Pick<AttackPlan<AttackClient>, 'address' | 'scoresOf'>;

/** Repeats one valid request: its scores must not change by a digit, whatever else is running. */
class GoodRequests {
  sent = 0;
  wrong = 0;
  readonly #client: WireClient;
  readonly #scoresOf: GoodParts['scoresOf'];
  #first: string | undefined;

  constructor({ address, scoresOf }: GoodParts) {
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

function pickKind<Client>(kinds: readonly AttackKind<Client>[], draw: Draw): AttackKind<Client> {
  const totalWeight = kinds.reduce((sum, { weight }) => sum + weight, 0);
  let place = (draw.count(1_000_000) / 1_000_000) * totalWeight;
  for (const kind of kinds) {
    place -= kind.weight;
    if (place < 0) {
      return kind;
    }
  }
  throw new Error('this is a bug: no kind was picked');
}
