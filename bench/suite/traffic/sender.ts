import {
  type ChannelOptions,
  Client,
  type ClientUnaryCall,
  credentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { WireRankRequestInput, WireRankResponse } from '../../../src/client/client.ts';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import { outcomeOf, type Sent } from '../account/ends.ts';
import { at } from '../../../src/base/at.ts';

/** A request serialized in advance, except for its id, so that sending it costs little time. */
export interface Message {
  readonly bytes: Buffer;
  readonly candidates: number;
  /** Packed tokens of the request, if it runs in one batch. */
  readonly packedTokens: number;
}

export interface Dispatch {
  readonly id: string;
  readonly message: Message;
  /** When the request should be sent, on the sender's clock. */
  readonly dueAtMs: number;
  /** Time allowed from the due moment on; undefined for no deadline. */
  readonly deadlineMs: number | undefined;
  /** The client cancels this long after sending. */
  readonly cancelAfterMs?: number;
}

const { service } = parseProtoRoot();
const { path, requestSerialize, responseDeserialize } = service.Rank;
const asIs = (bytes: Buffer) => bytes;

export function packMessage(request: WireRankRequestInput, packedTokens: number): Message {
  const candidates = request.candidates?.length ?? 0;
  return { bytes: requestSerialize(request), candidates, packedTokens };
}

/** Appends the id as field 12: concatenated protobuf messages are merged by the receiver. */
export function withId({ bytes }: Pick<Message, 'bytes'>, id: string): Buffer {
  const name = Buffer.from(id);
  if (name.length > 127) {
    throw new Error(`the request id has ${name.length} bytes; at most 127 are allowed here`);
  }
  return Buffer.concat([bytes, Buffer.from([(12 << 3) | 2, name.length]), name]);
}

/** An open-loop client with several connections of its own. */
export class Sender {
  readonly #clients: readonly Client[];
  #next = 0;
  readonly startedAtMs = performance.now();

  constructor(address: string, connections: number, options: ChannelOptions = {}) {
    this.#clients = Array.from(
      { length: connections },
      () =>
        new Client(address, credentials.createInsecure(), {
          'grpc.enable_retries': 0,
          // Otherwise all clients of one address share one connection.
          'grpc.use_local_subchannel_pool': 1,
          'grpc.max_receive_message_length': -1,
          ...options,
        }),
    );
  }

  nowMs(): number {
    return performance.now() - this.startedAtMs;
  }

  /** Resolves when all connections are open. */
  async connect(timeoutMs: number): Promise<void> {
    await Promise.all(
      this.#clients.map(
        (client) =>
          new Promise<void>((resolve, reject) => {
            client.waitForReady(Date.now() + timeoutMs, (error) =>
              error === undefined ? resolve() : reject(error),
            );
          }),
      ),
    );
  }

  /** Resolves when the request has ended with any status; never rejects. */
  send(dispatch: Dispatch): Promise<Sent> {
    const { id, message, dueAtMs, deadlineMs, cancelAfterMs } = dispatch;
    const sentAtMs = this.nowMs();
    const { candidates } = message;
    const record = { id, method: 'Rank', dueAtMs, sentAtMs, deadlineMs, candidates } as const;
    return new Promise((resolve) => {
      const ended = { count: 0 };
      let timer: NodeJS.Timeout | undefined;
      const settle = (error: ServiceError | null, reply?: WireRankResponse) => {
        clearTimeout(timer);
        ended.count += 1;
        const name = error === null ? 'OK' : status[error.code];
        const outcome = outcomeOf(name, reply?.complete ?? true);
        resolve({
          ...record,
          endedAtMs: this.nowMs(),
          status: name,
          outcome,
          scored: reply?.usage?.scored ?? 0,
          serverMs: reply?.times?.totalMs,
          get ends() {
            return ended.count;
          },
        });
      };
      const call = this.#call(withId(message, id), { dueAtMs, deadlineMs }, settle);
      if (cancelAfterMs !== undefined) {
        timer = setTimeout(() => call.cancel(), cancelAfterMs);
      }
    });
  }

  close(): void {
    this.#clients.forEach((client) => client.close());
  }

  #call(
    bytes: Buffer,
    { dueAtMs, deadlineMs }: Pick<Dispatch, 'dueAtMs' | 'deadlineMs'>,
    settle: (error: ServiceError | null, reply?: WireRankResponse) => void,
  ): ClientUnaryCall {
    const client = at(this.#clients, this.#next++ % this.#clients.length);
    const openedAtMs = Date.now() - this.nowMs();
    const options = deadlineMs === undefined ? {} : { deadline: openedAtMs + dueAtMs + deadlineMs };
    return client.makeUnaryRequest(path, asIs, responseDeserialize, bytes, options, settle);
  }
}
