// Original file: proto/slmrank/v1/items.proto

import type { WireItemSourceInput as Wire_slmrank_v1_ItemSourceInput, WireItemSource as Wire_slmrank_v1_ItemSource } from '../../slmrank/v1/ItemSource.ts';
import type { WireItemSummaryInput as Wire_slmrank_v1_ItemSummaryInput, WireItemSummary as Wire_slmrank_v1_ItemSummary } from '../../slmrank/v1/ItemSummary.ts';

export interface WireItemInput {
  'source'?: (Wire_slmrank_v1_ItemSourceInput | null);
  /**
   * Unix milliseconds of the last put that changed something.
   */
  'updatedAtMs'?: (number | string);
  /**
   * Absent until it is made.
   */
  'summary'?: (Wire_slmrank_v1_ItemSummaryInput | null);
  /**
   * Tokens of the item as a candidate, title and summary; 0 until they are made.
   */
  'candidateTokens'?: (number);
  /**
   * Attempts to make its summary that failed, one after the other.
   */
  'failures'?: (number);
  '_summary'?: "summary";
}

export interface WireItem {
  'source': (Wire_slmrank_v1_ItemSource | null);
  /**
   * Unix milliseconds of the last put that changed something.
   */
  'updatedAtMs': (number);
  /**
   * Absent until it is made.
   */
  'summary'?: (Wire_slmrank_v1_ItemSummary | null);
  /**
   * Tokens of the item as a candidate, title and summary; 0 until they are made.
   */
  'candidateTokens': (number);
  /**
   * Attempts to make its summary that failed, one after the other.
   */
  'failures': (number);
  '_summary'?: "summary";
}
