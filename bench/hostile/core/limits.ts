/** Limits of the server under test, small so that a message can exceed them cheaply. */
export const limits = {
  requestBytes: 131_072,
  textBytes: 32_768,
  candidates: 64,
  metadataBytes: 16_384,
} as const;
