import { DataError } from '../../base/errors.ts';
import type { OnBadLine } from '../../base/files/read-lines.ts';

/** The number of bad lines that are listed with their reason; the others are counted. */
const mostShown = 5;

/** Collects the lines of a file that are not candidates, or throws at the first one. */
export class BadLines {
  readonly #skips: boolean;
  readonly #shown: string[] = [];
  #count = 0;

  constructor(skips: boolean) {
    this.#skips = skips;
  }

  /** @throws DataError with the error's message and advice, unless bad lines are skipped. */
  readonly add: OnBadLine = (error) => {
    if (!this.#skips) {
      throw new DataError(`${error.message}. --skip-bad ranks the other lines`, {
        cause: error,
      });
    }
    this.#count += 1;
    if (this.#shown.length < mostShown) {
      this.#shown.push(error.message);
    }
  };

  /** The listed bad lines, and how many more there are; empty when there are none. */
  describe(): string {
    const more = this.#count - this.#shown.length;
    return [
      ...this.#shown.map((message) => `Skipped ${message}\n`),
      ...(more > 0 ? [`Skipped ${more} more lines\n`] : []),
    ].join('');
  }
}
