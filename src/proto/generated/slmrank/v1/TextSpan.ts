// Original file: proto/slmrank/v1/ranking.proto


/**
 * Part of a text, in code points (not bytes, not UTF-16 units), half open.
 */
export interface WireTextSpanInput {
  'start'?: (number);
  'end'?: (number);
}

/**
 * Part of a text, in code points (not bytes, not UTF-16 units), half open.
 */
export interface WireTextSpan {
  'start': (number);
  'end': (number);
}
