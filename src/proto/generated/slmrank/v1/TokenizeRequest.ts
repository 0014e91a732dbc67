// Original file: proto/slmrank/v1/ranking.proto


export interface WireTokenizeRequestInput {
  /**
   * At least one text. Each is encoded by itself, like a candidate's text, so the spelling of a
   * special token is encoded as plain text.
   */
  'texts'?: (string)[];
  /**
   * Return the ids as well as the counts.
   */
  'returnIds'?: (boolean);
  /**
   * As in RankRequest. The number of ids is known only after tokenizing, so a larger reply is
   * refused after that.
   */
  'maxReplyBytes'?: (number);
  '_maxReplyBytes'?: "maxReplyBytes";
}

export interface WireTokenizeRequest {
  /**
   * At least one text. Each is encoded by itself, like a candidate's text, so the spelling of a
   * special token is encoded as plain text.
   */
  'texts': (string)[];
  /**
   * Return the ids as well as the counts.
   */
  'returnIds': (boolean);
  /**
   * As in RankRequest. The number of ids is known only after tokenizing, so a larger reply is
   * refused after that.
   */
  'maxReplyBytes'?: (number);
  '_maxReplyBytes'?: "maxReplyBytes";
}
