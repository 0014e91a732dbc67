// Original file: proto/slmrank/v1/ranking.proto

import type { WireSkipReasonInput as Wire_slmrank_v1_SkipReasonInput, WireSkipReason as Wire_slmrank_v1_SkipReason } from '../../slmrank/v1/SkipReason.ts';
import type { WireTextSourceInput as Wire_slmrank_v1_TextSourceInput, WireTextSource as Wire_slmrank_v1_TextSource } from '../../slmrank/v1/TextSource.ts';
import type { WireTextSpanInput as Wire_slmrank_v1_TextSpanInput, WireTextSpan as Wire_slmrank_v1_TextSpan } from '../../slmrank/v1/TextSpan.ts';
import type { Long } from '@grpc/proto-loader';

export interface WireResultInput {
  /**
   * The candidate's index in the request, from 0.
   */
  'index'?: (number);
  /**
   * The candidate's id, as sent.
   */
  'id'?: (string);
  /**
   * The score in the requested kind; 0 if not scored.
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
   * Whether the candidate was cut, to the context budget or to Limits.text_bytes.
   */
  'truncated'?: (boolean);
  /**
   * False for candidates that were not scored by the deadline (partial_ok), that are beyond the
   * depth (adaptive_depth) or that were skipped (on_bad_candidate).
   */
  'scored'?: (boolean);
  /**
   * Present if return_text was set. A text with more bytes than Limits.text_bytes is returned as
   * cut.
   */
  'text'?: (string);
  'title'?: (string);
  /**
   * Whether the score was taken from the score cache, or from an equal request that ran at the same
   * time, instead of being computed for this request. The score is the same to the last digit.
   */
  'cached'?: (boolean);
  /**
   * Why the candidate was skipped (ON_BAD_CANDIDATE_SKIP).
   */
  'skipReason'?: (Wire_slmrank_v1_SkipReasonInput);
  /**
   * Which text the model read; unspecified for a candidate with its own text.
   */
  'textSource'?: (Wire_slmrank_v1_TextSourceInput);
  /**
   * The source version of the stored item that was read; 0 for a candidate with its own text.
   */
  'itemVersion'?: (number | string | Long);
  /**
   * With return_text, the parts of the stored item's text that make up `text`; empty if it is the
   * whole text.
   */
  'kept'?: (Wire_slmrank_v1_TextSpanInput)[];
  '_text'?: "text";
  '_title'?: "title";
}

export interface WireResult {
  /**
   * The candidate's index in the request, from 0.
   */
  'index': (number);
  /**
   * The candidate's id, as sent.
   */
  'id': (string);
  /**
   * The score in the requested kind; 0 if not scored.
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
   * Whether the candidate was cut, to the context budget or to Limits.text_bytes.
   */
  'truncated': (boolean);
  /**
   * False for candidates that were not scored by the deadline (partial_ok), that are beyond the
   * depth (adaptive_depth) or that were skipped (on_bad_candidate).
   */
  'scored': (boolean);
  /**
   * Present if return_text was set. A text with more bytes than Limits.text_bytes is returned as
   * cut.
   */
  'text'?: (string);
  'title'?: (string);
  /**
   * Whether the score was taken from the score cache, or from an equal request that ran at the same
   * time, instead of being computed for this request. The score is the same to the last digit.
   */
  'cached': (boolean);
  /**
   * Why the candidate was skipped (ON_BAD_CANDIDATE_SKIP).
   */
  'skipReason': (Wire_slmrank_v1_SkipReason);
  /**
   * Which text the model read; unspecified for a candidate with its own text.
   */
  'textSource': (Wire_slmrank_v1_TextSource);
  /**
   * The source version of the stored item that was read; 0 for a candidate with its own text.
   */
  'itemVersion': (string);
  /**
   * With return_text, the parts of the stored item's text that make up `text`; empty if it is the
   * whole text.
   */
  'kept': (Wire_slmrank_v1_TextSpan)[];
  '_text'?: "text";
  '_title'?: "title";
}
