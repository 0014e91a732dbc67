export interface InputSize {
  readonly channels: number;
  /** That will be added in all. */
  readonly tokens: number;
  /** To be kept, evenly among them. */
  readonly sampled: number;
}

/** What linears read on calibration rows: each channel's largest magnitude, products of channels, and some token rows to try factors on. */
export class InputSample {
  /** [channels] */
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
      this.gram[i] = (this.gram[i] ?? 0) + value;
    });
    const { channels, tokens, sampled } = this.size;
    for (let start = 0; start < inputs.length; start += channels) {
      for (let i = 0; i < channels; i++) {
        this.maxima[i] = Math.max(this.maxima[i] ?? 0, Math.abs(inputs[start + i] ?? 0));
      }
      if (this.#kept < sampled && this.#seen * sampled >= this.#kept * tokens) {
        this.rows.set(inputs.subarray(start, start + channels), this.#kept++ * channels);
      }
      this.#seen++;
    }
  }
}
