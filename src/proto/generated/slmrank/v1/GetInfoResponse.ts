// Original file: proto/slmrank/v1/ranking.proto

import type { WireLimitsInput as Wire_slmrank_v1_LimitsInput, WireLimits as Wire_slmrank_v1_Limits } from '../../slmrank/v1/Limits.ts';
import type { WireReplicaInput as Wire_slmrank_v1_ReplicaInput, WireReplica as Wire_slmrank_v1_Replica } from '../../slmrank/v1/Replica.ts';
import type { WireItemsInfoInput as Wire_slmrank_v1_ItemsInfoInput, WireItemsInfo as Wire_slmrank_v1_ItemsInfo } from '../../slmrank/v1/ItemsInfo.ts';
import type { WireChoiceInput as Wire_slmrank_v1_ChoiceInput, WireChoice as Wire_slmrank_v1_Choice } from '../../slmrank/v1/Choice.ts';

export interface WireGetInfoResponseInput {
  'model'?: (string);
  /**
   * "llama", "qwen2", "qwen3"
   */
  'family'?: (string);
  'parameters'?: (number | string);
  'scoreFingerprint'?: (string);
  'templateHash'?: (string);
  'precision'?: (string);
  /**
   * The execution provider in use: "cpu" or "cuda".
   */
  'executionProvider'?: (string);
  'limits'?: (Wire_slmrank_v1_LimitsInput | null);
  /**
   * Padded candidate lengths in use, ascending: the model's own, or others that fit the lengths of
   * recent candidates better.
   */
  'buckets'?: (number)[];
  /**
   * Most packed tokens in one batch.
   */
  'tokenBudget'?: (number);
  'replicas'?: (Wire_slmrank_v1_ReplicaInput)[];
  /**
   * The label words whose logits are compared (for a sequence classifier, the names of its
   * classes), and the model's default instruction.
   */
  'yesLabel'?: (string);
  'noLabel'?: (string);
  'instruction'?: (string);
  'version'?: (string);
  /**
   * "query-first": query and context are in the shared prefix. "candidate-first": they follow each
   * candidate, so prefix_tokens counts only the instruction, and packed_tokens counts the query
   * once for every candidate.
   */
  'templateOrder'?: (string);
  /**
   * Absent when the server has no item store.
   */
  'items'?: (Wire_slmrank_v1_ItemsInfoInput | null);
  'choices'?: (Wire_slmrank_v1_ChoiceInput)[];
  '_items'?: "items";
}

export interface WireGetInfoResponse {
  'model': (string);
  /**
   * "llama", "qwen2", "qwen3"
   */
  'family': (string);
  'parameters': (number);
  'scoreFingerprint': (string);
  'templateHash': (string);
  'precision': (string);
  /**
   * The execution provider in use: "cpu" or "cuda".
   */
  'executionProvider': (string);
  'limits': (Wire_slmrank_v1_Limits | null);
  /**
   * Padded candidate lengths in use, ascending: the model's own, or others that fit the lengths of
   * recent candidates better.
   */
  'buckets': (number)[];
  /**
   * Most packed tokens in one batch.
   */
  'tokenBudget': (number);
  'replicas': (Wire_slmrank_v1_Replica)[];
  /**
   * The label words whose logits are compared (for a sequence classifier, the names of its
   * classes), and the model's default instruction.
   */
  'yesLabel': (string);
  'noLabel': (string);
  'instruction': (string);
  'version': (string);
  /**
   * "query-first": query and context are in the shared prefix. "candidate-first": they follow each
   * candidate, so prefix_tokens counts only the instruction, and packed_tokens counts the query
   * once for every candidate.
   */
  'templateOrder': (string);
  /**
   * Absent when the server has no item store.
   */
  'items'?: (Wire_slmrank_v1_ItemsInfo | null);
  'choices': (Wire_slmrank_v1_Choice)[];
  '_items'?: "items";
}
