// Original file: proto/slmrank/v1/ranking.proto


export interface WireResultInput {
  /**
   * The candidate's place in the request, from 0.
   */
  'index'?: (number);
  /**
   * The candidate's id as given.
   */
  'id'?: (string);
  /**
   * The score in the requested kind; 0 when not scored.
   */
  'score'?: (number | string);
  /**
   * logit(yes) - logit(no), fp32.
   */
  'logit'?: (number | string);
  /**
   * Tokens of this candidate that the model read (title and text, without prefix and suffix).
   */
  'tokens'?: (number);
  /**
   * True when the candidate was cut to the context budget.
   */
  'truncated'?: (boolean);
  /**
   * False only in a partial answer, for candidates the deadline left out.
   */
  'scored'?: (boolean);
  /**
   * Present when return_text was set.
   */
  'text'?: (string);
  'title'?: (string);
  '_text'?: "text";
  '_title'?: "title";
}

export interface WireResult {
  /**
   * The candidate's place in the request, from 0.
   */
  'index': (number);
  /**
   * The candidate's id as given.
   */
  'id': (string);
  /**
   * The score in the requested kind; 0 when not scored.
   */
  'score': (number);
  /**
   * logit(yes) - logit(no), fp32.
   */
  'logit': (number);
  /**
   * Tokens of this candidate that the model read (title and text, without prefix and suffix).
   */
  'tokens': (number);
  /**
   * True when the candidate was cut to the context budget.
   */
  'truncated': (boolean);
  /**
   * False only in a partial answer, for candidates the deadline left out.
   */
  'scored': (boolean);
  /**
   * Present when return_text was set.
   */
  'text'?: (string);
  'title'?: (string);
  '_text'?: "text";
  '_title'?: "title";
}
