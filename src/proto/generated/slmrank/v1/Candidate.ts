// Original file: proto/slmrank/v1/ranking.proto


/**
 * A candidate with its own text or title, or with an id alone. The latter is read from the item
 * store (ItemService), which has its text compressed and tokenized. One request may mix both kinds.
 * A candidate whose id is not stored is bad (OnBadCandidate).
 */
export interface WireCandidateInput {
  /**
   * The caller's name for the candidate, returned with its result. May be empty or used twice.
   */
  'id'?: (string);
  /**
   * The text to rank. May be empty if there is a title, or to rank the stored item with this id.
   */
  'text'?: (string);
  /**
   * A title, which the template places before the text.
   */
  'title'?: (string);
  /**
   * The version of the item that `id` names, at most 256 bytes. If both are given, the score cache
   * identifies the candidate by id and version instead of title and text, so the version must
   * change whenever the item's title or text changes. Ignored for candidates from the item store,
   * which has versions of its own.
   */
  'version'?: (string);
  '_title'?: "title";
  '_version'?: "version";
}

/**
 * A candidate with its own text or title, or with an id alone. The latter is read from the item
 * store (ItemService), which has its text compressed and tokenized. One request may mix both kinds.
 * A candidate whose id is not stored is bad (OnBadCandidate).
 */
export interface WireCandidate {
  /**
   * The caller's name for the candidate, returned with its result. May be empty or used twice.
   */
  'id': (string);
  /**
   * The text to rank. May be empty if there is a title, or to rank the stored item with this id.
   */
  'text': (string);
  /**
   * A title, which the template places before the text.
   */
  'title'?: (string);
  /**
   * The version of the item that `id` names, at most 256 bytes. If both are given, the score cache
   * identifies the candidate by id and version instead of title and text, so the version must
   * change whenever the item's title or text changes. Ignored for candidates from the item store,
   * which has versions of its own.
   */
  'version'?: (string);
  '_title'?: "title";
  '_version'?: "version";
}
