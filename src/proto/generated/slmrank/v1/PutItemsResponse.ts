// Original file: proto/slmrank/v1/items.proto

import type { WireItemsPutInput as Wire_slmrank_v1_ItemsPutInput, WireItemsPut as Wire_slmrank_v1_ItemsPut } from '../../slmrank/v1/ItemsPut.ts';
import type { WireRankErrorInput as Wire_slmrank_v1_RankErrorInput, WireRankError as Wire_slmrank_v1_RankError } from '../../slmrank/v1/RankError.ts';
import type { Long } from '@grpc/proto-loader';

export interface WirePutItemsResponseInput {
  /**
   * The message's place in the stream, from 0.
   */
  'sequence'?: (number | string | Long);
  'put'?: (Wire_slmrank_v1_ItemsPutInput | null);
  /**
   * None of its items is stored, or not all of more than 100. The stream goes on.
   */
  'error'?: (Wire_slmrank_v1_RankErrorInput | null);
  'outcome'?: "put"|"error";
}

export interface WirePutItemsResponse {
  /**
   * The message's place in the stream, from 0.
   */
  'sequence': (string);
  'put'?: (Wire_slmrank_v1_ItemsPut | null);
  /**
   * None of its items is stored, or not all of more than 100. The stream goes on.
   */
  'error'?: (Wire_slmrank_v1_RankError | null);
  'outcome'?: "put"|"error";
}
