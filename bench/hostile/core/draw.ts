import { createRandom } from '../../../src/base/random.ts';

/** The random choices of one hostile message. Equal seeds give equal choices. */
export interface Draw {
  /** 0 <= value < below */
  count(below: number): number;
  pick<T>(choices: readonly T[]): T;
  /** True with this probability. */
  chance(probability: number): boolean;
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
        throw new Error('this is a bug: the list of choices is empty');
      }
      return choice;
    },
    chance: (probability) => random() < probability,
    bytes: (length) => Buffer.from(Array.from({ length }, () => count(256))),
  };
}
