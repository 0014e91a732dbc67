import { at } from '../../base/at.ts';
import type { Blueprint } from '../../model/manifest.ts';
import { type Layer, tensorOf } from '../calibrate/block-pieces.ts';
import { type Matrix, zeros } from '../numerics/linear-algebra.ts';

/** gate and up with the rows of the kept neurons only. */
export function cutMlp(layer: Layer, kept: readonly number[]): Layer {
  return new Map(
    ['mlp.gate_proj.weight', 'mlp.up_proj.weight'].map((name) => [
      name,
      cutRows(layer, name, kept),
    ]),
  );
}

/** The inputs of o_proj that groups of query heads produce; a group's inputs are consecutive. */
export function groupInputs(
  { heads, kvHeads, headDim }: Blueprint,
  groups: readonly number[],
): number[] {
  const size = (heads / kvHeads) * headDim;
  return groups.flatMap((group) => Array.from({ length: size }, (_, i) => group * size + i));
}

/** q, k, v and their biases with only the heads that produce the kept inputs of o_proj. */
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
  const [, ...rest] = dims;
  const size = data.length / at(dims, 0);
  const cut = new Float32Array(rows.length * size);
  rows.forEach((row, i) => cut.set(data.subarray(row * size, (row + 1) * size), i * size));
  return { data: cut, dims: [rows.length, ...rest] };
}

/** A linear weight [out, in], transposed to rows by input. [in, out] */
export function toInputs({ data, dims }: { data: Float32Array; dims: readonly number[] }): Matrix {
  const [out, inputs] = [at(dims, 0), at(dims, 1)];
  return zeros(inputs, out).map((row, i) => row.map((_, k) => at(data, k * inputs + i)));
}

/** The inverse of `toInputs`: [in, out] to [out, in]. */
export function toWeight(matrix: Matrix): { data: Float32Array; dims: readonly number[] } {
  const [inputs, out] = [matrix.length, at(matrix, 0).length];
  const data = new Float32Array(out * inputs);
  matrix.forEach((row, i) => {
    row.forEach((value, k) => {
      data[k * inputs + i] = value;
    });
  });
  return { data, dims: [out, inputs] };
}
