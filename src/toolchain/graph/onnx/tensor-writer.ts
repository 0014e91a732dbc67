import type { Precision } from '../../../model/manifest.ts';
import { CheckpointError } from '../../files/checkpoint.ts';
import { at } from '../../../base/at.ts';
import { transpose } from '../../numerics/float-matrix.ts';
import { toHalf } from '../../numerics/half.ts';
import type { Initializer } from './model-proto.ts';
import type { WeightsFile } from './weights-file.ts';
import type { QuantizedTensor } from '../../numerics/quantize-channels.ts';

/** Writes the tensors of a graph in its precision and lists them as initializers. */
export class TensorWriter {
  readonly initializers: Initializer[] = [];
  readonly precision: Precision;
  readonly #file: WeightsFile;
  readonly #source: string;

  /** `source` names the checkpoint in error messages. */
  constructor(file: WeightsFile, precision: Precision, source: string) {
    this.#file = file;
    this.#source = source;
    this.precision = precision;
  }

  /**
   * Writes halves in an fp16 graph, fp32 in others. @throws CheckpointError when a value does not
   * fit.
   */
  async write(name: string, values: Float32Array, dims: readonly number[]): Promise<void> {
    if (this.precision !== 'fp16') {
      await this.writePrecise(name, values, dims);
      return;
    }
    const half = toHalf(values);
    if (!half.ok) {
      throw new CheckpointError(
        `${this.#source}: tensor ${name}: value ${at(values, half.index)} at ${half.index} ` +
          'does not fit fp16 (at most 65504); build fp32',
      );
    }
    const data = await this.#file.append(half.values);
    this.initializers.push({ name, type: 'float16', dims, data });
  }

  /** Writes fp32 in every precision. */
  async writePrecise(name: string, values: Float32Array, dims: readonly number[]): Promise<void> {
    this.initializers.push({ name, type: 'float32', dims, data: await this.#file.append(values) });
  }

  /** Writes integers [out, in], or transposed to [in, out], and their scales. */
  async writeInt8(
    to: { readonly name: string; readonly scales: string; readonly isTransposed: boolean },
    { values, scales }: QuantizedTensor,
  ): Promise<void> {
    const rows = scales.length;
    const columns = values.length / rows;
    const stored = to.isTransposed ? transpose(values, rows, columns) : values;
    const dims = to.isTransposed ? [columns, rows] : [rows, columns];
    const data = await this.#file.append(stored);
    this.initializers.push({ name: to.name, type: 'int8', dims, data });
    await this.writePrecise(to.scales, scales, [rows]);
  }
}
