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
  /**
   * The version of the item that `id` names. When given (and `id` is not empty), id and version stand for title and
   * text in the score cache: change it whenever the item's title or text changes. At most 256 bytes.
   */
  'version'?: (string);
  '_title'?: "title";
  '_version'?: "version";
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
  /**
   * The version of the item that `id` names. When given (and `id` is not empty), id and version stand for title and
   * text in the score cache: change it whenever the item's title or text changes. At most 256 bytes.
   */
  'version'?: (string);
  '_title'?: "title";
  '_version'?: "version";
}
