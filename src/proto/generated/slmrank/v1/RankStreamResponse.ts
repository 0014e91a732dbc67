// Original file: proto/slmrank/v1/ranking.proto

import type { WireRankResponseInput as Wire_slmrank_v1_RankResponseInput, WireRankResponse as Wire_slmrank_v1_RankResponse } from '../../slmrank/v1/RankResponse.ts';
import type { WireRankErrorInput as Wire_slmrank_v1_RankErrorInput, WireRankError as Wire_slmrank_v1_RankError } from '../../slmrank/v1/RankError.ts';

export interface WireRankStreamResponseInput {
  'requestId'?: (string);
  'response'?: (Wire_slmrank_v1_RankResponseInput | null);
  /**
   * The error with which Rank would have failed.
   */
  'error'?: (Wire_slmrank_v1_RankErrorInput | null);
  'outcome'?: "response"|"error";
}

export interface WireRankStreamResponse {
  'requestId': (string);
  'response'?: (Wire_slmrank_v1_RankResponse | null);
  /**
   * The error with which Rank would have failed.
   */
  'error'?: (Wire_slmrank_v1_RankError | null);
  'outcome'?: "response"|"error";
}
