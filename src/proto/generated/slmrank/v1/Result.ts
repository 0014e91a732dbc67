// Original file: proto/slmrank/v1/ranking.proto

import type { WireSkipReasonInput as Wire_slmrank_v1_SkipReasonInput, WireSkipReason as Wire_slmrank_v1_SkipReason } from '../../slmrank/v1/SkipReason.ts';
import type { WireTextSourceInput as Wire_slmrank_v1_TextSourceInput, WireTextSource as Wire_slmrank_v1_TextSource } from '../../slmrank/v1/TextSource.ts';
import type { WireTextSpanInput as Wire_slmrank_v1_TextSpanInput, WireTextSpan as Wire_slmrank_v1_TextSpan } from '../../slmrank/v1/TextSpan.ts';
import type { Long } from '@grpc/proto-loader';

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
   * True when the candidate was cut, to the context budget or to Limits.text_bytes.
   */
  'truncated'?: (boolean);
  /**
   * False for candidates that the deadline left out (partial_ok), that lie below the depth (adaptive_depth) or that were
   * skipped (on_bad_candidate).
   */
  'scored'?: (boolean);
  /**
   * Present when return_text was set; of a text with more bytes than Limits.text_bytes, what was kept.
   */
  'text'?: (string);
  'title'?: (string);
  /**
   * True when the score was not computed for this request: it came from the score cache, or from an equal request
   * running at the same time. The digits are the same.
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
   * With return_text, the parts of the stored item's text that `text` was put together from; empty for whole texts.
   */
  'kept'?: (Wire_slmrank_v1_TextSpanInput)[];
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
   * True when the candidate was cut, to the context budget or to Limits.text_bytes.
   */
  'truncated': (boolean);
  /**
   * False for candidates that the deadline left out (partial_ok), that lie below the depth (adaptive_depth) or that were
   * skipped (on_bad_candidate).
   */
  'scored': (boolean);
  /**
   * Present when return_text was set; of a text with more bytes than Limits.text_bytes, what was kept.
   */
  'text'?: (string);
  'title'?: (string);
  /**
   * True when the score was not computed for this request: it came from the score cache, or from an equal request
   * running at the same time. The digits are the same.
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
   * With return_text, the parts of the stored item's text that `text` was put together from; empty for whole texts.
   */
  'kept': (Wire_slmrank_v1_TextSpan)[];
  '_text'?: "text";
  '_title'?: "title";
}
