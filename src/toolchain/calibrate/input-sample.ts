import { at } from '../../base/at.ts';

export interface InputSize {
  readonly channels: number;
  /** Tokens that will be added in total. */
  readonly tokens: number;
  /** Token rows to keep, spaced evenly. */
  readonly sampled: number;
}

/**
 * Statistics of a linear layer's input on calibration rows, and some of its token rows, on which
 * channel factors are tried.
 */
export class InputSample {
  /** Largest magnitude of each channel. [channels] */
  readonly maxima: Float32Array;
  /** X^T X of all inputs. [channels, channels] */
  readonly gram: Float32Array;
  /** [sampled or all, channels] */
  readonly rows: Float32Array;
  readonly size: InputSize;
  #seen = 0;
  #kept = 0;

  constructor(size: InputSize) {
    const { channels, tokens, sampled } = size;
    this.size = size;
    this.maxima = new Float32Array(channels);
    this.gram = new Float32Array(channels * channels);
    this.rows = new Float32Array(Math.min(sampled, tokens) * channels);
  }

  /** inputs [T, channels] and their gram [channels, channels] */
  add(inputs: Float32Array, gram: Float32Array): void {
    gram.forEach((value, i) => {
      this.gram[i] = at(this.gram, i) + value;
    });
    const { channels, tokens, sampled } = this.size;
    for (let start = 0; start < inputs.length; start += channels) {
      for (let i = 0; i < channels; i++) {
        this.maxima[i] = Math.max(at(this.maxima, i), Math.abs(at(inputs, start + i)));
      }
      if (this.#kept < sampled && this.#seen * sampled >= this.#kept * tokens) {
        this.rows.set(inputs.subarray(start, start + channels), this.#kept++ * channels);
      }
      this.#seen++;
    }
  }
}
