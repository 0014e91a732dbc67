import { join } from 'node:path';
import {
  type CallOptions,
  type ClientDuplexStream,
  type ClientReadableStream,
  Metadata,
} from '@grpc/grpc-js';
import {
  createKey,
  formatKeyLine,
  hashKey,
  type QuotaRate,
} from '../../../src/desk/access/api-keys.ts';
import { ItemKeeper, type KeeperParts } from '../../../src/items/keeper.ts';
import type { ItemStore } from '../../../src/items/store/item-store.ts';
import { FakeClock } from '../fakes/clock.ts';
import {
  type Failure,
  failureOf,
  type Json,
  methodOf,
  startTestServer,
  type TestServer,
  unary,
} from '../serving/test-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { firstWord } from './makers.ts';
import { closeTestStore, openTestStore } from './stores.ts';

const service = 'slmrank.v1.ItemService';

export interface TestItemsOptions extends Partial<Pick<KeeperParts, 'compressor' | 'spare'>> {
  readonly off?: boolean;
  readonly quota?: QuotaRate;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TestItems {
  readonly server: TestServer;
  readonly keeper: ItemKeeper;
  readonly clock: FakeClock;
  /** The API key, when there is a quota. */
  readonly key: string;
  call(name: string, request: Json): Promise<Json>;
  fail(name: string, request: Json): Promise<Failure>;
  putStream(options?: CallOptions, metadata?: Metadata): ClientDuplexStream<Json, Json>;
  watch(request: Json): ClientReadableStream<Json>;
  /** One message on a stream of its own, and its response. */
  put(items: readonly Json[]): Promise<Json[]>;
  /** Messages one after the other on one stream, and their responses. */
  putAll(messages: readonly (readonly Json[])[], metadata?: Metadata): Promise<Json[]>;
  /** From now on the store refuses puts. */
  failPuts(error: Error): void;
  close(): Promise<void>;
}

/** A server with a store in a folder of its own and the fallback compressor of `firstWord`. */
export async function openItems(options: TestItemsOptions = {}): Promise<TestItems> {
  const { compressor, spare = () => false, quota, off = false, settings = {} } = options;
  const key = createKey();
  const line = formatKeyLine({
    client: 'tests',
    hash: hashKey(key),
    quota,
    priority: 'interactive',
  });
  const folder = temporaryFolder({ 'keys.jsonl': line });
  const clock = new FakeClock();
  const store = await openTestStore(join(folder, 'items'), { clock });
  let fault: Error | undefined;
  const faulty = new Proxy<ItemStore>(store, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name, target);
      const refusal = fault;
      if (name === 'put' && refusal !== undefined) {
        return () => Promise.reject(refusal);
      }
      return typeof found === 'function' ? (found.bind(target) as unknown) : found;
    },
  });
  const keeper = new ItemKeeper({
    store: faulty,
    compressor,
    fallback: firstWord('fallback'),
    spare,
    clock,
  });
  const server = await startTestServer(
    { ...settings, ...(quota === undefined ? {} : { 'api-keys': join(folder, 'keys.jsonl') }) },
    off ? {} : { items: keeper },
  );
  const call: TestItems['call'] = (name, request) =>
    unary(server.client, methodOf(service, name), request, {
      metadata: new Metadata(),
      options: {},
    });
  const putStream: TestItems['putStream'] = (callOptions = {}, metadata = new Metadata()) => {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, 'PutItems');
    const { client } = server;
    return client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
      callOptions,
    );
  };
  const putAll: TestItems['putAll'] = async (messages, metadata) => {
    const stream = putStream({}, metadata);
    const replies: Json[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      stream.on('end', () => resolve());
      stream.on('error', reject);
    });
    for (const items of messages) {
      const answered = new Promise<void>((resolve) => stream.once('data', () => resolve()));
      stream.once('data', (reply: Json) => replies.push(reply));
      stream.write({ items });
      await Promise.race([answered, ended]);
    }
    stream.end();
    await ended;
    return replies;
  };
  return {
    server,
    keeper,
    clock,
    key,
    call,
    putStream,
    putAll,
    fail: (name, request) => failureOf(call(name, request)),
    watch: (request) => {
      const { path, requestSerialize, responseDeserialize } = methodOf(service, 'WatchItems');
      return server.client.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
      );
    },
    put: (items) => putAll([items]),
    failPuts: (error) => {
      fault = error;
    },
    close: async () => {
      await server.close();
      await closeTestStore(store);
    },
  };
}
