import { at } from '../../base/at.ts';
import type { Blueprint } from '../../model/manifest.ts';
import { type Checkpoint, floatTensors } from '../files/checkpoint.ts';
import type { InputKind } from '../graph/layer-inputs.ts';

/**
 * Channel factors of a layer's inputs. The tensor that produces an input is divided by them and the
 * weights that read it are multiplied, so the model computes the same (SmoothQuant, arXiv
 * 2211.10438, section 4). An input without factors is unchanged.
 */
export type LayerFactors = Readonly<Partial<Record<InputKind, Float32Array>>>;

interface Fold {
  /** The input that the tensor produces: its factors divide the tensor's rows. */
  readonly rows?: InputKind;
  /** The input that the tensor reads: its factors multiply the tensor's columns. */
  readonly columns?: InputKind;
}

/** Factors pass through up and v because silu(gate) x up is linear in up, and attention in v. */
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

/**
 * The same model with scaled channels; `layers` has the factors by layer. The result reads the
 * original, which must stay open.
 */
export function foldFactors(checkpoint: Checkpoint, layers: readonly LayerFactors[]): Checkpoint {
  return {
    ...floatTensors,
    blueprint: checkpoint.blueprint,
    files: checkpoint.files,
    shapes: checkpoint.shapes,
    readTensor: async (name) => {
      const values = await checkpoint.readTensor(name);
      const [, layer, tensor = ''] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? [];
      const fold = folds[tensor];
      if (layer === undefined || fold === undefined) {
        return values;
      }
      const factors = at(layers, Number(layer));
      const of = (kind: InputKind | undefined) => kind && factors[kind];
      const divide = of(fold.rows);
      const isShared = divide !== undefined && tensor.includes('v_proj');
      scale(values, {
        multiply: of(fold.columns),
        divide: isShared ? perKeyHead(divide, checkpoint.blueprint) : divide,
      });
      return values;
    },
    close: () => checkpoint.close(),
  };
}

/**
 * Converts the factors of o's input [heads x headDim] to factors of v [kvHeads x headDim]. The
 * query heads of a key head share their factors, so those of the first are taken.
 */
function perKeyHead(factors: Float32Array, blueprint: Blueprint): Float32Array {
  const { heads, kvHeads, headDim } = blueprint;
  return Float32Array.from({ length: kvHeads * headDim }, (_, channel) => {
    const head = Math.floor(channel / headDim) * (heads / kvHeads);
    return at(factors, head * headDim + (channel % headDim));
  });
}

/** Scales a matrix [out, in] by columns and rows, or a vector by its values, in place. */
function scale(
  values: Float32Array,
  { multiply, divide }: { multiply: Float32Array | undefined; divide: Float32Array | undefined },
): void {
  const columns = multiply?.length ?? values.length / (divide?.length ?? values.length);
  for (let i = 0; i < values.length; i++) {
    const factor = multiply === undefined ? 1 : at(multiply, i % columns);
    const divisor = divide === undefined ? 1 : at(divide, Math.floor(i / columns));
    values[i] = (at(values, i) * factor) / divisor;
  }
}
