// Original file: proto/slmrank/v1/ranking.proto

import type { WireResultInput as Wire_slmrank_v1_ResultInput, WireResult as Wire_slmrank_v1_Result } from '../../slmrank/v1/Result.ts';
import type { WireUsageInput as Wire_slmrank_v1_UsageInput, WireUsage as Wire_slmrank_v1_Usage } from '../../slmrank/v1/Usage.ts';
import type { WireStageTimesInput as Wire_slmrank_v1_StageTimesInput, WireStageTimes as Wire_slmrank_v1_StageTimes } from '../../slmrank/v1/StageTimes.ts';
import type { WireScoreKindInput as Wire_slmrank_v1_ScoreKindInput, WireScoreKind as Wire_slmrank_v1_ScoreKind } from '../../slmrank/v1/ScoreKind.ts';

export interface WireRankResponseInput {
  /**
   * Best first, ties in the order given. Results that were not scored follow, in the order given.
   */
  'results'?: (Wire_slmrank_v1_ResultInput)[];
  'usage'?: (Wire_slmrank_v1_UsageInput | null);
  'times'?: (Wire_slmrank_v1_StageTimesInput | null);
  /**
   * Hash of weights, graph, template, normalizer, tokenizer, precision and labels. Equal
   * fingerprints mean comparable scores.
   */
  'scoreFingerprint'?: (string);
  'model'?: (string);
  'requestId'?: (string);
  'scoreKind'?: (Wire_slmrank_v1_ScoreKindInput);
  /**
   * False if candidates that were to be scored were not scored by the deadline (partial_ok).
   * Skipped candidates do not make it false.
   */
  'complete'?: (boolean);
}

export interface WireRankResponse {
  /**
   * Best first, ties in the order given. Results that were not scored follow, in the order given.
   */
  'results': (Wire_slmrank_v1_Result)[];
  'usage': (Wire_slmrank_v1_Usage | null);
  'times': (Wire_slmrank_v1_StageTimes | null);
  /**
   * Hash of weights, graph, template, normalizer, tokenizer, precision and labels. Equal
   * fingerprints mean comparable scores.
   */
  'scoreFingerprint': (string);
  'model': (string);
  'requestId': (string);
  'scoreKind': (Wire_slmrank_v1_ScoreKind);
  /**
   * False if candidates that were to be scored were not scored by the deadline (partial_ok).
   * Skipped candidates do not make it false.
   */
  'complete': (boolean);
}
