import { DataError } from '../../base/errors.ts';
import type { OnBadLine } from '../../base/files/read-lines.ts';

/** Bad lines of which the reasons are shown. */
const mostShown = 5;

/** What becomes of the lines of a file that are no candidates. */
export class BadLines {
  readonly #skips: boolean;
  readonly #shown: string[] = [];
  #count = 0;

  constructor(skips: boolean) {
    this.#skips = skips;
  }

  /** @throws DataError with advice, unless they are skipped. */
  readonly add: OnBadLine = (error) => {
    if (!this.#skips) {
      throw new DataError(`${error.message}. To rank the other lines: --skip-bad`, {
        cause: error,
      });
    }
    this.#count += 1;
    if (this.#shown.length < mostShown) {
      this.#shown.push(error.message);
    }
  };

  /** One line for each that is shown; empty when there are none. */
  describe(): string {
    const more = this.#count - this.#shown.length;
    return [
      ...this.#shown.map((message) => `Skipped ${message}\n`),
      ...(more > 0 ? [`Skipped ${more} more lines\n`] : []),
    ].join('');
  }
}
