import type { Score } from '../score-cache.ts';

/** Format, logits as fp32, tokens with the lowest bit for 'truncated'. Little-endian. */
export const scoreBytes = 13;
const format = 1;
/** Beyond what any model gives, so that a damaged score is found. */
const largestLogit = 1e6;
const mostTokens = 1 << 20;

/** @param score one without a reason why the candidate cannot be scored. */
export function encodeScore({ yes, no, tokens, truncated }: Score): Buffer {
  const bytes = Buffer.alloc(scoreBytes);
  bytes.writeUInt8(format, 0);
  bytes.writeFloatLE(yes, 1);
  bytes.writeFloatLE(no, 5);
  bytes.writeUInt32LE(2 * tokens + (truncated ? 1 : 0), 9);
  return bytes;
}

/** Undefined for bytes that are no score of this format, or one that no model gives. */
export function decodeScore(bytes: Buffer): Score | undefined {
  if (bytes.length !== scoreBytes || bytes.readUInt8(0) !== format) {
    return undefined;
  }
  const [yes, no] = [bytes.readFloatLE(1), bytes.readFloatLE(5)];
  const length = bytes.readUInt32LE(9);
  const tokens = length >>> 1;
  const isSound = [yes, no].every((logit) => Math.abs(logit) <= largestLogit);
  return isSound && tokens <= mostTokens
    ? { yes, no, tokens, truncated: length % 2 === 1 }
    : undefined;
}
