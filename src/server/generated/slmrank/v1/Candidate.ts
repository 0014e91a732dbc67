// Original file: proto/slmrank/v1/ranking.proto


export interface WireCandidateInput {
  /**
   * The caller's name for the candidate, returned with its result; may be empty, need not be unique.
   */
  'id'?: (string);
  /**
   * The text to rank. May be empty when there is a title.
   */
  'text'?: (string);
  /**
   * A title, placed before the text by the template.
   */
  'title'?: (string);
  '_title'?: "title";
}

export interface WireCandidate {
  /**
   * The caller's name for the candidate, returned with its result; may be empty, need not be unique.
   */
  'id': (string);
  /**
   * The text to rank. May be empty when there is a title.
   */
  'text': (string);
  /**
   * A title, placed before the text by the template.
   */
  'title'?: (string);
  '_title'?: "title";
}
