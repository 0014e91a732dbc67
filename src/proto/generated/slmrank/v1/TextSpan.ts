// Original file: proto/slmrank/v1/items.proto


/**
 * Half open, in Unicode code points.
 */
export interface WireTextSpanInput {
  'start'?: (number);
  'end'?: (number);
}

/**
 * Half open, in Unicode code points.
 */
export interface WireTextSpan {
  'start': (number);
  'end': (number);
}
