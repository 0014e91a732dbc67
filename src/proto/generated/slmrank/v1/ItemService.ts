// Original file: proto/slmrank/v1/items.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { WireDeleteItemsRequestInput as Wire_slmrank_v1_DeleteItemsRequestInput, WireDeleteItemsRequest as Wire_slmrank_v1_DeleteItemsRequest } from '../../slmrank/v1/DeleteItemsRequest.ts';
import type { WireDeleteItemsResponseInput as Wire_slmrank_v1_DeleteItemsResponseInput, WireDeleteItemsResponse as Wire_slmrank_v1_DeleteItemsResponse } from '../../slmrank/v1/DeleteItemsResponse.ts';
import type { WireGetItemRequestInput as Wire_slmrank_v1_GetItemRequestInput, WireGetItemRequest as Wire_slmrank_v1_GetItemRequest } from '../../slmrank/v1/GetItemRequest.ts';
import type { WireItemInput as Wire_slmrank_v1_ItemInput, WireItem as Wire_slmrank_v1_Item } from '../../slmrank/v1/Item.ts';
import type { WireItemsStateInput as Wire_slmrank_v1_ItemsStateInput, WireItemsState as Wire_slmrank_v1_ItemsState } from '../../slmrank/v1/ItemsState.ts';
import type { WireListItemsRequestInput as Wire_slmrank_v1_ListItemsRequestInput, WireListItemsRequest as Wire_slmrank_v1_ListItemsRequest } from '../../slmrank/v1/ListItemsRequest.ts';
import type { WireListItemsResponseInput as Wire_slmrank_v1_ListItemsResponseInput, WireListItemsResponse as Wire_slmrank_v1_ListItemsResponse } from '../../slmrank/v1/ListItemsResponse.ts';
import type { WirePutItemsRequestInput as Wire_slmrank_v1_PutItemsRequestInput, WirePutItemsRequest as Wire_slmrank_v1_PutItemsRequest } from '../../slmrank/v1/PutItemsRequest.ts';
import type { WirePutItemsResponseInput as Wire_slmrank_v1_PutItemsResponseInput, WirePutItemsResponse as Wire_slmrank_v1_PutItemsResponse } from '../../slmrank/v1/PutItemsResponse.ts';
import type { WireWatchItemsRequestInput as Wire_slmrank_v1_WatchItemsRequestInput, WireWatchItemsRequest as Wire_slmrank_v1_WatchItemsRequest } from '../../slmrank/v1/WatchItemsRequest.ts';

export interface ItemServiceClient extends grpc.Client {
  /**
   * Deletes items and remembers the versions. Answered when that is durable.
   */
  DeleteItems(argument: Wire_slmrank_v1_DeleteItemsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_DeleteItemsResponse>): grpc.ClientUnaryCall;
  DeleteItems(argument: Wire_slmrank_v1_DeleteItemsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_DeleteItemsResponse>): grpc.ClientUnaryCall;
  DeleteItems(argument: Wire_slmrank_v1_DeleteItemsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_DeleteItemsResponse>): grpc.ClientUnaryCall;
  DeleteItems(argument: Wire_slmrank_v1_DeleteItemsRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_DeleteItemsResponse>): grpc.ClientUnaryCall;
  /**
   * Deletes items and remembers the versions. Answered when that is durable.
   */
  deleteItems(argument: Wire_slmrank_v1_DeleteItemsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_DeleteItemsResponse>): grpc.ClientUnaryCall;
  deleteItems(argument: Wire_slmrank_v1_DeleteItemsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_DeleteItemsResponse>): grpc.ClientUnaryCall;
  deleteItems(argument: Wire_slmrank_v1_DeleteItemsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_DeleteItemsResponse>): grpc.ClientUnaryCall;
  deleteItems(argument: Wire_slmrank_v1_DeleteItemsRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_DeleteItemsResponse>): grpc.ClientUnaryCall;
  
  GetItem(argument: Wire_slmrank_v1_GetItemRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_Item>): grpc.ClientUnaryCall;
  GetItem(argument: Wire_slmrank_v1_GetItemRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_Item>): grpc.ClientUnaryCall;
  GetItem(argument: Wire_slmrank_v1_GetItemRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_Item>): grpc.ClientUnaryCall;
  GetItem(argument: Wire_slmrank_v1_GetItemRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_Item>): grpc.ClientUnaryCall;
  getItem(argument: Wire_slmrank_v1_GetItemRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_Item>): grpc.ClientUnaryCall;
  getItem(argument: Wire_slmrank_v1_GetItemRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_Item>): grpc.ClientUnaryCall;
  getItem(argument: Wire_slmrank_v1_GetItemRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_Item>): grpc.ClientUnaryCall;
  getItem(argument: Wire_slmrank_v1_GetItemRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_Item>): grpc.ClientUnaryCall;
  
  /**
   * Items without their texts, in the order of their ids as UTF-8 bytes. Items that come and go meanwhile may be missed;
   * all others are listed once.
   */
  ListItems(argument: Wire_slmrank_v1_ListItemsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_ListItemsResponse>): grpc.ClientUnaryCall;
  ListItems(argument: Wire_slmrank_v1_ListItemsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_ListItemsResponse>): grpc.ClientUnaryCall;
  ListItems(argument: Wire_slmrank_v1_ListItemsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_ListItemsResponse>): grpc.ClientUnaryCall;
  ListItems(argument: Wire_slmrank_v1_ListItemsRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_ListItemsResponse>): grpc.ClientUnaryCall;
  /**
   * Items without their texts, in the order of their ids as UTF-8 bytes. Items that come and go meanwhile may be missed;
   * all others are listed once.
   */
  listItems(argument: Wire_slmrank_v1_ListItemsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_ListItemsResponse>): grpc.ClientUnaryCall;
  listItems(argument: Wire_slmrank_v1_ListItemsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_ListItemsResponse>): grpc.ClientUnaryCall;
  listItems(argument: Wire_slmrank_v1_ListItemsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_ListItemsResponse>): grpc.ClientUnaryCall;
  listItems(argument: Wire_slmrank_v1_ListItemsRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_ListItemsResponse>): grpc.ClientUnaryCall;
  
  /**
   * Stores items. Every message is acknowledged by one response once all of it is durable, in any order: `sequence` says
   * which it was. (One response at the end of the stream would not do: when the stream breaks, the client could not know
   * what is stored.) A fault of an item leaves out that item alone. The server reads no further messages while too many
   * are unacknowledged. When it drains, it acknowledges what it has read and ends the stream with UNAVAILABLE. Of a
   * quota, an item takes a tenth of a candidate.
   */
  PutItems(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<Wire_slmrank_v1_PutItemsRequestInput, Wire_slmrank_v1_PutItemsResponse>;
  PutItems(options?: grpc.CallOptions): grpc.ClientDuplexStream<Wire_slmrank_v1_PutItemsRequestInput, Wire_slmrank_v1_PutItemsResponse>;
  /**
   * Stores items. Every message is acknowledged by one response once all of it is durable, in any order: `sequence` says
   * which it was. (One response at the end of the stream would not do: when the stream breaks, the client could not know
   * what is stored.) A fault of an item leaves out that item alone. The server reads no further messages while too many
   * are unacknowledged. When it drains, it acknowledges what it has read and ends the stream with UNAVAILABLE. Of a
   * quota, an item takes a tenth of a candidate.
   */
  putItems(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<Wire_slmrank_v1_PutItemsRequestInput, Wire_slmrank_v1_PutItemsResponse>;
  putItems(options?: grpc.CallOptions): grpc.ClientDuplexStream<Wire_slmrank_v1_PutItemsRequestInput, Wire_slmrank_v1_PutItemsResponse>;
  
  /**
   * The store's state: at once, and then in each interval. None is sent while the client does not read.
   */
  WatchItems(argument: Wire_slmrank_v1_WatchItemsRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_ItemsState>;
  WatchItems(argument: Wire_slmrank_v1_WatchItemsRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_ItemsState>;
  /**
   * The store's state: at once, and then in each interval. None is sent while the client does not read.
   */
  watchItems(argument: Wire_slmrank_v1_WatchItemsRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_ItemsState>;
  watchItems(argument: Wire_slmrank_v1_WatchItemsRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_ItemsState>;
  
}

export interface ItemServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Deletes items and remembers the versions. Answered when that is durable.
   */
  DeleteItems: grpc.handleUnaryCall<Wire_slmrank_v1_DeleteItemsRequest, Wire_slmrank_v1_DeleteItemsResponseInput>;
  
  GetItem: grpc.handleUnaryCall<Wire_slmrank_v1_GetItemRequest, Wire_slmrank_v1_ItemInput>;
  
  /**
   * Items without their texts, in the order of their ids as UTF-8 bytes. Items that come and go meanwhile may be missed;
   * all others are listed once.
   */
  ListItems: grpc.handleUnaryCall<Wire_slmrank_v1_ListItemsRequest, Wire_slmrank_v1_ListItemsResponseInput>;
  
  /**
   * Stores items. Every message is acknowledged by one response once all of it is durable, in any order: `sequence` says
   * which it was. (One response at the end of the stream would not do: when the stream breaks, the client could not know
   * what is stored.) A fault of an item leaves out that item alone. The server reads no further messages while too many
   * are unacknowledged. When it drains, it acknowledges what it has read and ends the stream with UNAVAILABLE. Of a
   * quota, an item takes a tenth of a candidate.
   */
  PutItems: grpc.handleBidiStreamingCall<Wire_slmrank_v1_PutItemsRequest, Wire_slmrank_v1_PutItemsResponseInput>;
  
  /**
   * The store's state: at once, and then in each interval. None is sent while the client does not read.
   */
  WatchItems: grpc.handleServerStreamingCall<Wire_slmrank_v1_WatchItemsRequest, Wire_slmrank_v1_ItemsStateInput>;
  
}

export interface ItemServiceDefinition extends grpc.ServiceDefinition {
  DeleteItems: MethodDefinition<Wire_slmrank_v1_DeleteItemsRequestInput, Wire_slmrank_v1_DeleteItemsResponseInput, Wire_slmrank_v1_DeleteItemsRequest, Wire_slmrank_v1_DeleteItemsResponse>
  GetItem: MethodDefinition<Wire_slmrank_v1_GetItemRequestInput, Wire_slmrank_v1_ItemInput, Wire_slmrank_v1_GetItemRequest, Wire_slmrank_v1_Item>
  ListItems: MethodDefinition<Wire_slmrank_v1_ListItemsRequestInput, Wire_slmrank_v1_ListItemsResponseInput, Wire_slmrank_v1_ListItemsRequest, Wire_slmrank_v1_ListItemsResponse>
  PutItems: MethodDefinition<Wire_slmrank_v1_PutItemsRequestInput, Wire_slmrank_v1_PutItemsResponseInput, Wire_slmrank_v1_PutItemsRequest, Wire_slmrank_v1_PutItemsResponse>
  WatchItems: MethodDefinition<Wire_slmrank_v1_WatchItemsRequestInput, Wire_slmrank_v1_ItemsStateInput, Wire_slmrank_v1_WatchItemsRequest, Wire_slmrank_v1_ItemsState>
}
