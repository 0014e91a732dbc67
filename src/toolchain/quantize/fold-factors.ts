import type { Blueprint } from '../../model/manifest.ts';
import { type Checkpoint, floatTensors } from '../files/checkpoint.ts';
import type { InputKind } from '../graph/layer-inputs.ts';

/**
 * By what each channel of an input is divided, by what makes it, the weights' columns multiplied; undefined leaves it alone.
 * The model computes the same (SmoothQuant, arXiv 2211.10438, section 4).
 */
export type LayerFactors = Readonly<Partial<Record<InputKind, Float32Array>>>;

interface Fold {
  /** The input whose factors divide the tensor's rows: it makes that input. */
  readonly rows?: InputKind;
  /** The input whose factors multiply the tensor's columns: it reads that input. */
  readonly columns?: InputKind;
}

/** silu(gate) x up is linear in up, and attention in v. */
const folds: Readonly<Record<string, Fold>> = {
  'input_layernorm.weight': { rows: 'qkv' },
  'self_attn.q_proj.weight': { columns: 'qkv' },
  'self_attn.k_proj.weight': { columns: 'qkv' },
  'self_attn.v_proj.weight': { columns: 'qkv', rows: 'o' },
  'self_attn.v_proj.bias': { rows: 'o' },
  'self_attn.o_proj.weight': { columns: 'o' },
  'post_attention_layernorm.weight': { rows: 'gateUp' },
  'mlp.gate_proj.weight': { columns: 'gateUp' },
  'mlp.up_proj.weight': { columns: 'gateUp', rows: 'down' },
  'mlp.down_proj.weight': { columns: 'down' },
};

/** The same model with its channels scaled, by layer. It reads from the original, which stays open. */
export function foldFactors(checkpoint: Checkpoint, layers: readonly LayerFactors[]): Checkpoint {
  return {
    ...floatTensors,
    blueprint: checkpoint.blueprint,
    files: checkpoint.files,
    shapes: checkpoint.shapes,
    readTensor: async (name) => {
      const values = await checkpoint.readTensor(name);
      const [, layer = '', tensor = ''] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? [];
      const { rows, columns } = folds[tensor] ?? {};
      const factors = layers[Number(layer)] ?? {};
      const of = (kind: InputKind | undefined) => kind && factors[kind];
      const made = of(rows);
      scale(values, {
        multiply: of(columns),
        divide: made && tensor.includes('v_proj') ? perKeyHead(made, checkpoint.blueprint) : made,
      });
      return values;
    },
    close: () => checkpoint.close(),
  };
}

/** The channels of v that o's input channels [heads x headDim] are made of: query heads of a key head share its factors. */
function perKeyHead(factors: Float32Array, blueprint: Blueprint): Float32Array {
  const { heads, kvHeads, headDim } = blueprint;
  return Float32Array.from({ length: kvHeads * headDim }, (_, at) => {
    const head = Math.floor(at / headDim) * (heads / kvHeads);
    return factors[head * headDim + (at % headDim)] ?? NaN;
  });
}

/** A matrix [out, in] by columns and rows, or a vector by its values; in place. */
function scale(
  values: Float32Array,
  { multiply, divide }: { multiply: Float32Array | undefined; divide: Float32Array | undefined },
): void {
  const columns = multiply?.length ?? values.length / (divide?.length ?? values.length);
  for (let i = 0; i < values.length; i++) {
    const column = multiply?.[i % columns] ?? 1;
    values[i] = ((values[i] ?? 0) * column) / (divide?.[Math.floor(i / columns)] ?? 1);
  }
}
