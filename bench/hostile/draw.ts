import { createRandom } from '../../src/base/random.ts';

/** Everything random in one hostile message; the same for the same seed. */
export interface Draw {
  /** 0 <= value < below */
  count(below: number): number;
  pick<T>(choices: readonly T[]): T;
  chance(of: number): boolean;
  bytes(length: number): Buffer;
}

export function createDraw(seed: number): Draw {
  const random = createRandom(seed);
  const count = (below: number) => Math.floor(random() * below);
  return {
    count,
    pick: (choices) => {
      const choice = choices[count(choices.length)];
      if (choice === undefined) {
        throw new Error('nothing to pick from; this is a bug');
      }
      return choice;
    },
    chance: (of) => random() < of,
    bytes: (length) => Buffer.from(Array.from({ length }, () => count(256))),
  };
}
