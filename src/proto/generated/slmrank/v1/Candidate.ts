// Original file: proto/slmrank/v1/ranking.proto


export interface WireCandidateInput {
  /**
   * The caller's name for the candidate, returned with its result. May be empty or used twice.
   */
  'id'?: (string);
  /**
   * The text to rank. May be empty if there is a title.
   */
  'text'?: (string);
  /**
   * A title, which the template places before the text.
   */
  'title'?: (string);
  /**
   * The version of the item that `id` names, at most 256 bytes. If both are given, the score cache
   * identifies the candidate by id and version instead of title and text, so the version must
   * change whenever the item's title or text changes.
   */
  'version'?: (string);
  '_title'?: "title";
  '_version'?: "version";
}

export interface WireCandidate {
  /**
   * The caller's name for the candidate, returned with its result. May be empty or used twice.
   */
  'id': (string);
  /**
   * The text to rank. May be empty if there is a title.
   */
  'text': (string);
  /**
   * A title, which the template places before the text.
   */
  'title'?: (string);
  /**
   * The version of the item that `id` names, at most 256 bytes. If both are given, the score cache
   * identifies the candidate by id and version instead of title and text, so the version must
   * change whenever the item's title or text changes.
   */
  'version'?: (string);
  '_title'?: "title";
  '_version'?: "version";
}
