// Original file: proto/slmrank/v1/ranking.proto

import type { WireTokenizedTextInput as Wire_slmrank_v1_TokenizedTextInput, WireTokenizedText as Wire_slmrank_v1_TokenizedText } from '../../slmrank/v1/TokenizedText.ts';

export interface WireTokenizeResponseInput {
  'texts'?: (Wire_slmrank_v1_TokenizedTextInput)[];
  /**
   * SHA-256 of tokenizer.json, which identifies the tokenizer.
   */
  'tokenizerHash'?: (string);
}

export interface WireTokenizeResponse {
  'texts': (Wire_slmrank_v1_TokenizedText)[];
  /**
   * SHA-256 of tokenizer.json, which identifies the tokenizer.
   */
  'tokenizerHash': (string);
}
