// Original file: proto/slmrank/v1/ranking.proto

import type { WireTokenizedTextInput as Wire_slmrank_v1_TokenizedTextInput, WireTokenizedText as Wire_slmrank_v1_TokenizedText } from '../../slmrank/v1/TokenizedText.ts';

export interface WireTokenizeResponseInput {
  'texts'?: (Wire_slmrank_v1_TokenizedTextInput)[];
  /**
   * Identifies the tokenizer: sha256 of tokenizer.json.
   */
  'tokenizerHash'?: (string);
}

export interface WireTokenizeResponse {
  'texts': (Wire_slmrank_v1_TokenizedText)[];
  /**
   * Identifies the tokenizer: sha256 of tokenizer.json.
   */
  'tokenizerHash': (string);
}
