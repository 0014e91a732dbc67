import { Client, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import type { WireItem } from '../proto/generated/slmrank/v1/Item.ts';
import type { WireItemSourceInput } from '../proto/generated/slmrank/v1/ItemSource.ts';
import type { WireItemsState } from '../proto/generated/slmrank/v1/ItemsState.ts';
import type { WireListItemsResponse } from '../proto/generated/slmrank/v1/ListItemsResponse.ts';
import type { WirePutItemsResponse } from '../proto/generated/slmrank/v1/PutItemsResponse.ts';
import { parseProtoRoot } from '../proto/proto-root.ts';
import { call, toCallError } from './call.ts';
import { type ClientTrust, openTrust } from './client-credentials.ts';

export type { WireItem, WireItemSourceInput, WireItemsState, WirePutItemsResponse };

export type ItemMessages =
  | Iterable<readonly WireItemSourceInput[]>
  | AsyncIterable<readonly WireItemSourceInput[]>;

/** The item service's client for our own commands and benches: without retries. */
export interface ItemClient {
  /**
   * Sends the messages on one stream, no faster than the server reads them. `onAnswer` hears of
   * each answer, whose `sequence` is the message's place; it is called once for each message that
   * was acknowledged, also when the stream breaks later. Resolves when all are answered.
   *
   * @throws CallError when the stream breaks; the error of a message does not break it.
   */
  put(
    messages: ItemMessages,
    onAnswer: (answer: WirePutItemsResponse) => void,
    timeoutMs: number,
  ): Promise<void>;
  /** @throws CallError `NOT_FOUND` for an id that is not stored. */
  get(id: string, timeoutMs: number): Promise<WireItem>;
  /** The next 1,000 items behind a page's token; '' for the first. @throws CallError */
  list(pageToken: string, timeoutMs: number): Promise<WireListItemsResponse>;
  /**
   * Watches until `isEnough` is true of a state, and resolves to that.
   *
   * @throws CallError `DEADLINE_EXCEEDED` when none was enough in time.
   */
  watch(
    intervalMs: number,
    isEnough: (state: WireItemsState) => boolean,
    timeoutMs: number,
  ): Promise<WireItemsState>;
  close(): void;
}

const pageSize = 1000;
const { itemService: service } = parseProtoRoot();

/** @throws Error when a file that `trust` names cannot be read. */
export function createItemClient(address: string, trust: ClientTrust = {}): ItemClient {
  const { channel, options } = openTrust(trust);
  const client = new Client(address, channel, {
    ...options,
    // An item may have a text as large as a request.
    'grpc.max_receive_message_length': -1,
    'grpc.enable_retries': 0,
  });
  return {
    put: (messages, onAnswer, timeoutMs) => putAll(client, messages, onAnswer, timeoutMs),
    get: (id, timeoutMs) => call(client, service.GetItem, { id }, timeoutMs),
    list: (pageToken, timeoutMs) =>
      call(client, service.ListItems, { pageSize, pageToken }, timeoutMs),
    watch: (intervalMs, isEnough, timeoutMs) => watch(client, { intervalMs, isEnough, timeoutMs }),
    close: () => client.close(),
  };
}

async function putAll(
  client: Client,
  messages: ItemMessages,
  onAnswer: (answer: WirePutItemsResponse) => void,
  timeoutMs: number,
): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = service.PutItems;
  const deadline = Date.now() + timeoutMs;
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, {
    deadline,
  });
  stream.on('data', onAnswer);
  const isRead = new Promise<void>((resolve) => void stream.once('end', resolve));
  const isOver = new Promise<void>((resolve, reject) => {
    stream.on('error', (error: ServiceError) => reject(toCallError(path, error)));
    stream.on('status', ({ code }: StatusObject) => {
      if (code === status.OK) {
        resolve();
      }
    });
  });
  const broken = new AbortController();
  isOver.catch(() => broken.abort());
  for await (const items of messages) {
    if (broken.signal.aborted) {
      break;
    }
    if (!stream.write({ items: [...items] })) {
      const isDrained = new Promise<void>((resolve) => void stream.once('drain', resolve));
      await Promise.race([isDrained, isOver]);
    }
  }
  stream.end();
  // A failed call has an end too.
  await Promise.all([isOver, isRead]);
}

interface Watching {
  readonly intervalMs: number;
  readonly isEnough: (state: WireItemsState) => boolean;
  readonly timeoutMs: number;
}

function watch(client: Client, { intervalMs, isEnough, timeoutMs }: Watching) {
  const { path, requestSerialize, responseDeserialize } = service.WatchItems;
  const stream = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    { intervalMs },
    { deadline: Date.now() + timeoutMs },
  );
  return new Promise<WireItemsState>((resolve, reject) => {
    stream.on('data', (state: WireItemsState) => {
      if (isEnough(state)) {
        resolve(state);
        stream.cancel();
      }
    });
    // After `cancel` an error comes too, which changes nothing any more.
    stream.on('error', (error: ServiceError) => reject(toCallError(path, error)));
  });
}
