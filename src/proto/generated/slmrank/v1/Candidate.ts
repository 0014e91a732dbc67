// Original file: proto/slmrank/v1/ranking.proto


/**
 * A candidate with its own text or title, or one with an id alone: the latter is read from the item store (ItemService),
 * where its text is compressed and tokenized already. A request may mix both. An id that is not stored makes a bad
 * candidate (OnBadCandidate).
 */
export interface WireCandidateInput {
  /**
   * The caller's name for the candidate, returned with its result; may be empty, need not be unique.
   */
  'id'?: (string);
  /**
   * The text to rank. May be empty when there is a title, or to rank the stored item that has this id.
   */
  'text'?: (string);
  /**
   * A title, placed before the text by the template.
   */
  'title'?: (string);
  /**
   * The version of the item that `id` names. When given (and `id` is not empty), id and version stand for title and
   * text in the score cache: change it whenever the item's title or text changes. At most 256 bytes. Not read when the
   * candidate comes from the item store, which knows its version.
   */
  'version'?: (string);
  '_title'?: "title";
  '_version'?: "version";
}

/**
 * A candidate with its own text or title, or one with an id alone: the latter is read from the item store (ItemService),
 * where its text is compressed and tokenized already. A request may mix both. An id that is not stored makes a bad
 * candidate (OnBadCandidate).
 */
export interface WireCandidate {
  /**
   * The caller's name for the candidate, returned with its result; may be empty, need not be unique.
   */
  'id': (string);
  /**
   * The text to rank. May be empty when there is a title, or to rank the stored item that has this id.
   */
  'text': (string);
  /**
   * A title, placed before the text by the template.
   */
  'title'?: (string);
  /**
   * The version of the item that `id` names. When given (and `id` is not empty), id and version stand for title and
   * text in the score cache: change it whenever the item's title or text changes. At most 256 bytes. Not read when the
   * candidate comes from the item store, which knows its version.
   */
  'version'?: (string);
  '_title'?: "title";
  '_version'?: "version";
}
