import type { Blueprint } from '../../model/manifest.ts';
import { type Layer, tensorOf } from '../calibrate/block-pieces.ts';
import { type Matrix, zeros } from '../numerics/linear-algebra.ts';

/** gate and up without the rows of the neurons that go. */
export function cutMlp(layer: Layer, kept: readonly number[]): Layer {
  return new Map(
    ['mlp.gate_proj.weight', 'mlp.up_proj.weight'].map((name) => [
      name,
      cutRows(layer, name, kept),
    ]),
  );
}

/** Key head groups by the inputs of o_proj that their query heads make: [group x size, (group + 1) x size). */
export function groupInputs(
  { heads, kvHeads, headDim }: Blueprint,
  groups: readonly number[],
): number[] {
  const size = (heads / kvHeads) * headDim;
  return groups.flatMap((group) => Array.from({ length: size }, (_, i) => group * size + i));
}

/** q, k, v and their biases without the heads whose inputs to o_proj go. */
export function cutAttention(layer: Layer, blueprint: Blueprint, kept: readonly number[]): Layer {
  const { heads, kvHeads, headDim } = blueprint;
  const size = (heads / kvHeads) * headDim;
  const groups = [...new Set(kept.map((input) => Math.floor(input / size)))];
  const keys = groups.flatMap((group) =>
    Array.from({ length: headDim }, (_, i) => group * headDim + i),
  );
  const cut = (part: string, rows: readonly number[]) =>
    [`self_attn.${part}_proj.weight`, `self_attn.${part}_proj.bias`]
      .filter((name) => layer.has(name))
      .map((name) => [name, cutRows(layer, name, rows)] as const);
  return new Map([...cut('q', kept), ...cut('k', keys), ...cut('v', keys)]);
}

function cutRows(layer: Layer, name: string, rows: readonly number[]) {
  const { data, dims } = tensorOf(layer, name);
  const [count = 1, ...rest] = dims;
  const size = data.length / count;
  const cut = new Float32Array(rows.length * size);
  rows.forEach((row, at) => cut.set(data.subarray(row * size, (row + 1) * size), at * size));
  return { data: cut, dims: [rows.length, ...rest] };
}

/** A linear's weight [out, in], by its inputs. [in, out] */
export function toInputs({ data, dims }: { data: Float32Array; dims: readonly number[] }): Matrix {
  const [out = 0, inputs = 0] = dims;
  return zeros(inputs, out).map((row, i) => row.map((_, k) => data[k * inputs + i] ?? 0));
}

/** And back: [in, out] to [out, in]. */
export function toWeight(matrix: Matrix): { data: Float32Array; dims: readonly number[] } {
  const [inputs, out] = [matrix.length, matrix[0]?.length ?? 0];
  const data = new Float32Array(out * inputs);
  matrix.forEach((row, i) => {
    row.forEach((value, k) => {
      data[k * inputs + i] = value;
    });
  });
  return { data, dims: [out, inputs] };
}
