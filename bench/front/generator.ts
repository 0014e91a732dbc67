import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { at } from '../../src/base/at.ts';
import type { Passage } from '../../src/eval/data/beir.ts';
import { rankPath, streamPath } from '../hostile/grpc/wire-client.ts';
import { type PreparedRequest, prepareRequests, type Workload } from './requests.ts';

// The load generator's process: a closed loop of prepared messages, whose replies are not decoded.

export type Order =
  | { readonly kind: 'postings'; readonly postings: readonly Passage[] }
  | { readonly kind: 'start'; readonly address: string; readonly workload: Workload }
  /** Asks for what was answered since the start or the last sample. */
  | { readonly kind: 'sample' }
  | { readonly kind: 'stop' };

export interface Sample {
  readonly answered: number;
  /** The first error, if there was one. */
  readonly error?: string;
  readonly latenciesMs: readonly number[];
  /** Processor time of this process. */
  readonly cpuMs: number;
}

export const inFlight = 16;
/** A result has two scores of 8 bytes and its id; an error on a stream has far less. */
const leastResultBytes = 20;
const pass = (bytes: Buffer) => bytes;

class Load {
  readonly #client: Client;
  readonly #requests: readonly PreparedRequest[];
  readonly #leastBytes: number;
  #sent = 0;
  #latenciesMs: number[] = [];
  #error: string | undefined;
  #cpu = process.cpuUsage();
  #isOver = false;

  constructor(address: string, { candidates }: Workload, requests: readonly PreparedRequest[]) {
    this.#client = new Client(address, credentials.createInsecure());
    this.#requests = requests;
    this.#leastBytes = leastResultBytes * candidates;
  }

  begin(call: Workload['call']): void {
    if (call === 'stream') {
      this.#openStream();
    } else {
      Array.from({ length: inFlight }, () => this.#callAgain());
    }
  }

  sample(): Sample {
    const { user, system } = process.cpuUsage(this.#cpu);
    const latenciesMs = this.#latenciesMs;
    this.#latenciesMs = [];
    this.#cpu = process.cpuUsage();
    return {
      answered: latenciesMs.length,
      latenciesMs,
      cpuMs: (user + system) / 1000,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  stop(): void {
    this.#isOver = true;
    this.#client.close();
  }

  #next(): Buffer {
    this.#sent += 1;
    return at(this.#requests, this.#sent % this.#requests.length).write(this.#sent);
  }

  #callAgain(): void {
    if (this.#isOver) {
      return;
    }
    const sentAtMs = performance.now();
    this.#client.makeUnaryRequest(rankPath, pass, pass, this.#next(), (error, reply) => {
      this.#answer(sentAtMs, reply, error);
      this.#callAgain();
    });
  }

  /** Each answer is taken for that of the oldest request: the order hardly ever changes. */
  #openStream(): void {
    const stream = this.#client.makeBidiStreamRequest<Buffer, Buffer>(streamPath, pass, pass);
    const sentAtMs: number[] = [];
    const send = () => {
      sentAtMs.push(performance.now());
      stream.write(this.#next());
    };
    stream.on('data', (reply: Buffer) => {
      this.#answer(sentAtMs.shift() ?? NaN, reply);
      if (this.#isOver) {
        stream.cancel();
      } else {
        send();
      }
    });
    stream.on('error', (error: ServiceError) => this.#answer(NaN, undefined, error));
    Array.from({ length: inFlight }, send);
  }

  #answer(sentAtMs: number, reply: Buffer | undefined, error: ServiceError | null = null): void {
    if (this.#isOver) {
      return;
    }
    if (error !== null) {
      this.#error ??= `${status[error.code]}: ${error.details}`;
    } else if (reply === undefined || reply.length < this.#leastBytes) {
      this.#error ??= `an answer has ${reply?.length ?? 0} bytes: not all candidates are scored`;
    } else {
      this.#latenciesMs.push(performance.now() - sentAtMs);
    }
  }
}

let postings: readonly Passage[] = [];
let load: Load | undefined;

process.on('message', (order: Order) => {
  switch (order.kind) {
    case 'postings':
      ({ postings } = order);
      break;
    case 'start': {
      const { address, workload } = order;
      load = new Load(address, workload, prepareRequests(postings, workload));
      load.begin(workload.call);
      break;
    }
    case 'sample':
      process.send?.(load?.sample());
      break;
    case 'stop':
      load?.stop();
      break;
  }
});
