// Original file: proto/slmrank/v1/ranking.proto


export interface WireTokenizeRequestInput {
  /**
   * At least one text, each encoded by itself, as candidates are: special tokens in it are plain text.
   */
  'texts'?: (string)[];
  /**
   * Return the ids as well as the counts.
   */
  'returnIds'?: (boolean);
}

export interface WireTokenizeRequest {
  /**
   * At least one text, each encoded by itself, as candidates are: special tokens in it are plain text.
   */
  'texts': (string)[];
  /**
   * Return the ids as well as the counts.
   */
  'returnIds': (boolean);
}
