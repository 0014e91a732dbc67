// Original file: proto/slmrank/v1/ranking.proto


export interface WireTokenizedTextInput {
  'tokens'?: (number);
  'ids'?: (number)[];
}

export interface WireTokenizedText {
  'tokens': (number);
  'ids': (number)[];
}
