// Original file: proto/slmrank/v1/items.proto

import type { WireItemFaultInput as Wire_slmrank_v1_ItemFaultInput, WireItemFault as Wire_slmrank_v1_ItemFault } from '../../slmrank/v1/ItemFault.ts';

/**
 * How many items of a message there were of each kind.
 */
export interface WireItemsPutInput {
  /**
   * Stored now.
   */
  'stored'?: (number);
  /**
   * Stored already: this version with the same title and text.
   */
  'unchanged'?: (number);
  /**
   * Left out, because a higher version is stored, or this one or a higher one was deleted.
   */
  'older'?: (number);
  /**
   * Those that could not be taken.
   */
  'faults'?: (Wire_slmrank_v1_ItemFaultInput)[];
}

/**
 * How many items of a message there were of each kind.
 */
export interface WireItemsPut {
  /**
   * Stored now.
   */
  'stored': (number);
  /**
   * Stored already: this version with the same title and text.
   */
  'unchanged': (number);
  /**
   * Left out, because a higher version is stored, or this one or a higher one was deleted.
   */
  'older': (number);
  /**
   * Those that could not be taken.
   */
  'faults': (Wire_slmrank_v1_ItemFault)[];
}
