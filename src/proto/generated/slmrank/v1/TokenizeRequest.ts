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
  /**
   * As in RankRequest. How many ids there are is known only after tokenizing: a reply that is larger is refused then.
   */
  'maxReplyBytes'?: (number);
  '_maxReplyBytes'?: "maxReplyBytes";
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
  /**
   * As in RankRequest. How many ids there are is known only after tokenizing: a reply that is larger is refused then.
   */
  'maxReplyBytes'?: (number);
  '_maxReplyBytes'?: "maxReplyBytes";
}
