import { DataError } from '../../base/errors.ts';
import type { OnBadLine } from '../../base/files/read-lines.ts';

/** Most bad lines that are listed with their reason. */
const mostShown = 5;

/** Collects or rejects the lines of a file that are not candidates. */
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

  /** One line per listed bad line; empty without any. */
  describe(): string {
    const more = this.#count - this.#shown.length;
    return [
      ...this.#shown.map((message) => `Skipped ${message}\n`),
      ...(more > 0 ? [`Skipped ${more} more lines\n`] : []),
    ].join('');
  }
}
