import { Client, credentials, type MethodDefinition, status } from '@grpc/grpc-js';
import { at } from '../../src/base/at.ts';
import { createRankingClient } from '../../src/client/client.ts';
import { parseProtoRoot } from '../../src/proto/proto-root.ts';
import type { Sent } from '../suite/account/ends.ts';
import { type Message, packMessage, type Sender } from '../suite/traffic/sender.ts';
import { runSlowReaders } from '../suite/scenarios/slow-readers.ts';
import type { LengthMix } from '../suite/traffic/shapes.ts';
import type { RequestMaker } from '../suite/traffic/request-maker.ts';
import type { Kind } from './plan.ts';

const { service } = parseProtoRoot();
const deadlineMs = 2000;
const otherTimeoutMs = 10_000;
const usual: LengthMix = { candidates: 50, medianTokens: 20, spread: 0.35, mostTokens: 512 };
const tailed: LengthMix = { candidates: [5, 200], medianTokens: 20, spread: 1, mostTokens: 512 };

type Stock = Extract<Kind, 'rank' | 'partial' | 'long' | 'deferrable' | 'bad'>;

/** How a call that does not rank ended. */
export interface OtherEnd {
  readonly kind: Kind;
  readonly status: string;
  readonly ms: number;
}

/** Sends soak requests. `send` resolves to the rankings of a request, when they have ended. */
export class SoakTraffic {
  readonly #address: string;
  readonly #sender: Sender;
  readonly #random: () => number;
  readonly #messages: Readonly<Record<Stock, readonly Message[]>>;
  readonly #calls: OtherCalls;
  readonly others: OtherEnd[] = [];

  constructor(address: string, sender: Sender, maker: RequestMaker) {
    this.#address = address;
    this.#sender = sender;
    this.#random = maker.random;
    this.#messages = {
      rank: maker.messages(usual, 64),
      partial: maker.messages(usual, 32, { partialOk: true }),
      long: maker.messages(tailed, 64),
      deferrable: maker.messages(usual, 32, { deferrable: true, useCache: true }),
      bad: badMessages,
    };
    this.#calls = new OtherCalls(address);
  }

  /** Messages of the usual mix, for measuring the capacity. */
  get usual(): readonly Message[] {
    return this.#messages.rank;
  }

  async send(kind: Kind, id: string): Promise<readonly Sent[]> {
    switch (kind) {
      case 'rank':
      case 'partial':
      case 'long':
      case 'deferrable':
      case 'bad':
        return this.#rank(kind, id, {});
      case 'cancelled':
        return this.#rank('rank', id, { cancelAfterMs: 80 * this.#random() });
      case 'hurried':
        return this.#rank('rank', id, { deadlineMs: 1 + 40 * this.#random() });
      case 'stream':
        return this.#stream(id);
      case 'tokenize':
      case 'info':
      case 'health':
      case 'estimate':
        this.others.push(await this.#calls.call(kind));
        return [];
    }
  }

  close(): void {
    this.#calls.close();
  }

  async #rank(
    kind: Stock,
    id: string,
    changed: { readonly cancelAfterMs?: number; readonly deadlineMs?: number },
  ): Promise<readonly Sent[]> {
    const messages = this.#messages[kind];
    const message = at(messages, Math.floor(this.#random() * messages.length));
    const dueAtMs = this.#sender.nowMs();
    return [await this.#sender.send({ id, message, dueAtMs, deadlineMs, ...changed })];
  }

  /** A stream on a new connection, and in three of ten cases one more that is cancelled early. */
  async #stream(id: string): Promise<readonly Sent[]> {
    const streams = this.#random() < 0.3 ? 2 : 1;
    return runSlowReaders(
      {
        address: this.#address,
        name: id,
        messages: this.#messages.rank,
        streams,
        requests: 4,
        seconds: 0.2 * this.#random(),
      },
      () => this.#sender.nowMs(),
    );
  }
}

/** Each message is refused for another reason. */
const badMessages: readonly Message[] = [
  { query: '', candidates: [{ text: 'a text' }] },
  { query: 'no candidates' },
  { query: 'a model that is not served', candidates: [{ text: 'a text' }], model: 'nobody' },
  { query: 'none of the best', candidates: [{ text: 'a text' }], topN: 0 },
  { query: 'too many', candidates: Array.from({ length: 1500 }, () => ({ text: 'a' })) },
  { query: 'word '.repeat(2000), candidates: [{ text: 'a text' }] },
].map((request) => packMessage(request, 0));

type Other = Extract<Kind, 'tokenize' | 'info' | 'health' | 'estimate'>;

class OtherCalls {
  readonly #client;
  readonly #raw: Client;

  constructor(address: string) {
    this.#client = createRankingClient(address);
    this.#raw = new Client(address, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  }

  async call(kind: Other): Promise<OtherEnd> {
    const startedAtMs = performance.now();
    const name = await this.#ask(kind).then(
      () => 'OK',
      (error: unknown) =>
        error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN',
    );
    return { kind, status: name, ms: performance.now() - startedAtMs };
  }

  close(): void {
    this.#client.close();
    this.#raw.close();
  }

  #ask(kind: Other): Promise<unknown> {
    const { Tokenize, EstimateRank } = service;
    switch (kind) {
      case 'info':
        return this.#client.getInfo(otherTimeoutMs);
      case 'health':
        return this.#client.checkHealth('', otherTimeoutMs);
      case 'tokenize':
        return unary(this.#raw, Tokenize, { texts: ['registered nurse, night shift', ''] });
      case 'estimate':
        return unary(this.#raw, EstimateRank, { query: 'nurse', candidates: [{ text: 'a ward' }] });
    }
  }
}

function unary<In, Out>(
  client: Client,
  method: Pick<MethodDefinition<In, Out>, 'path' | 'requestSerialize' | 'responseDeserialize'>,
  request: In,
): Promise<Out | undefined> {
  const { path, requestSerialize, responseDeserialize } = method;
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + otherTimeoutMs };
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      options,
      (error, reply) =>
        error === null
          ? resolve(reply)
          : reject(Object.assign(new Error(error.details), { code: status[error.code] })),
    );
  });
}
