import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Config } from '../../../config/config.ts';
import type { Access } from '../../../desk/access/access.ts';
import { type ItemDesk, itemLimits } from '../../../desk/items.ts';
import type { WireDeleteItemsRequest } from '../../../proto/generated/slmrank/v1/DeleteItemsRequest.ts';
import type { WireDeleteItemsResponseInput } from '../../../proto/generated/slmrank/v1/DeleteItemsResponse.ts';
import type { WireGetItemRequest } from '../../../proto/generated/slmrank/v1/GetItemRequest.ts';
import type { WireItemInput } from '../../../proto/generated/slmrank/v1/Item.ts';
import type { WireListItemsRequest } from '../../../proto/generated/slmrank/v1/ListItemsRequest.ts';
import type { WireListItemsResponseInput } from '../../../proto/generated/slmrank/v1/ListItemsResponse.ts';
import type { ProtoRoot } from '../../../proto/proto-root.ts';
import { guardDecoder, type Received, unwrap } from '../../wire/guard-decoder.ts';
import {
  readPageToken,
  toDeleteForms,
  toWireDeleted,
  toWireItem,
  toWirePage,
} from '../../wire/items.ts';
import { shapeOf } from '../../wire/message-shape.ts';
import { type CallParts, unary } from '../unary.ts';
import { putStream } from './put-stream.ts';
import { watchStream } from './watch-stream.ts';

export interface ItemServiceParts extends CallParts {
  readonly desk: ItemDesk;
  readonly access: Pick<Access, 'follow'>;
  /** The most unanswered messages of one PutItems. */
  readonly streamUnanswered: number;
}

/** The service's definition with our checks in front of its decoders; see `Received`. */
export function guardItemService(
  { itemService, messages }: Pick<ProtoRoot, 'itemService' | 'messages'>,
  { requestBytes }: Pick<Config, 'requestBytes'>,
): ServiceDefinition {
  const repeated = { field: 1, name: 'items', most: itemLimits.messageItems };
  const guarded = Object.entries(parseMethods(itemService)).map(([name, method]) => {
    const isList = name === 'PutItems' || name === 'DeleteItems';
    const rules = {
      requestBytes,
      shape: shapeOf(method.requestType, messages),
      ...(isList ? { repeated } : {}),
    };
    const decode: (bytes: Buffer) => unknown = method.requestDeserialize;
    return [name, { ...method, requestDeserialize: guardDecoder(decode, rules) }];
  });
  return Object.fromEntries(guarded) as ServiceDefinition;
}

type Method = ServiceDefinition[string] & {
  /** The loader's description of the request. */
  readonly requestType: { readonly type: object };
};

/** All methods have the loader's descriptions, which the type of a service does not show. */
function parseMethods(definition: ServiceDefinition): Readonly<Record<string, Method>> {
  return definition as Readonly<Record<string, Method>>;
}

/** Handlers for `guardItemService`. */
export function itemService(parts: ItemServiceParts): UntypedServiceImplementation {
  const { desk } = parts;
  return {
    PutItems: putStream(parts),
    GetItem: unary<Received<WireGetItemRequest>, WireItemInput>(
      {
        method: 'GetItem',
        work: async (received) => toWireItem(await desk.get(unwrap(received).id)),
      },
      parts,
    ),
    DeleteItems: unary<Received<WireDeleteItemsRequest>, WireDeleteItemsResponseInput>(
      {
        method: 'DeleteItems',
        work: async (received, _, call) =>
          toWireDeleted(await desk.delete(toDeleteForms(unwrap(received)), call)),
      },
      parts,
    ),
    ListItems: unary<Received<WireListItemsRequest>, WireListItemsResponseInput>(
      {
        method: 'ListItems',
        work: async (received) => {
          const { pageSize, pageToken } = unwrap(received);
          return toWirePage(await desk.list(pageSize, readPageToken(pageToken)));
        },
      },
      parts,
    ),
    WatchItems: watchStream(parts),
  };
}
