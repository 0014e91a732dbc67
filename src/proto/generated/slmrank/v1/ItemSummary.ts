// Original file: proto/slmrank/v1/items.proto

import type { WireTextSpanInput as Wire_slmrank_v1_TextSpanInput, WireTextSpan as Wire_slmrank_v1_TextSpan } from '../../slmrank/v1/TextSpan.ts';

export interface WireItemSummaryInput {
  'text'?: (string);
  /**
   * The parts of the source's text that it consists of, in their order.
   */
  'kept'?: (Wire_slmrank_v1_TextSpanInput)[];
  /**
   * Tokens of the summary and of the source's text.
   */
  'tokens'?: (number);
  'rawTokens'?: (number);
  /**
   * What made it, and in which version.
   */
  'method'?: (string);
  'methodVersion'?: (string);
}

export interface WireItemSummary {
  'text': (string);
  /**
   * The parts of the source's text that it consists of, in their order.
   */
  'kept': (Wire_slmrank_v1_TextSpan)[];
  /**
   * Tokens of the summary and of the source's text.
   */
  'tokens': (number);
  'rawTokens': (number);
  /**
   * What made it, and in which version.
   */
  'method': (string);
  'methodVersion': (string);
}
