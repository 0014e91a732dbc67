import type { CallOptions, ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { Json, TestServer } from './test-server.ts';

/** One RankStream call, and what has come back of it. */
export class TestStream {
  readonly answers: Json[] = [];
  readonly ended: Promise<ServiceError | undefined>;
  readonly #call: ClientDuplexStream<Json, Json>;
  readonly #waiting: (() => void)[] = [];

  constructor(server: Pick<TestServer, 'rankStream'>, options: CallOptions = {}) {
    this.#call = server.rankStream(options);
    this.#call.on('data', (answer: Json) => {
      this.answers.push(answer);
      this.#waiting.splice(0).forEach((go) => go());
    });
    this.ended = new Promise((resolve) => {
      this.#call.on('error', resolve);
      this.#call.on('end', () => resolve(undefined));
    });
  }

  send(requestId: string | undefined, changed: Json = {}): void {
    const named = requestId === undefined ? {} : { request_id: requestId };
    this.#call.write({ query: 'q', candidates: [{ text: 'x' }], ...named, ...changed });
  }

  async answered(count: number): Promise<void> {
    while (this.answers.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  halfClose(): void {
    this.#call.end();
  }

  cancel(): void {
    this.#call.cancel();
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }
}
