import { packMessage } from '../suite/traffic/sender.ts';

/** Requests whose sizes differ: as many words and candidates as a search page has, made small. */
export interface Requests {
  readonly messages: readonly Uint8Array[];
  /** Candidates of each message. */
  readonly candidates: readonly number[];
  readonly meanCandidates: number;
}

const words = 'nurse baker driver clinic night shift bread truck ward oven route early'.split(' ');

export function makeRequests(count: number, random: () => number): Requests {
  const text = (least: number, most: number) =>
    Array.from(
      { length: Math.round(least * (most / least) ** random()) },
      () => words[Math.floor(random() * words.length)],
    ).join(' ');
  const packed = Array.from({ length: count }, () => {
    const candidates = Array.from({ length: Math.round(4 * 4 ** random()) }, (_, i) => ({
      id: `c${i}`,
      text: text(3, 8),
    }));
    return packMessage({ query: text(2, 4), candidates, noCache: true }, 0);
  });
  const candidates = packed.map((message) => message.candidates);
  return {
    messages: packed.map(({ bytes }) => bytes),
    candidates,
    meanCandidates: candidates.reduce((sum, each) => sum + each, 0) / count,
  };
}
