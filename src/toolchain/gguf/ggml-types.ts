import { type TensorType, tensorStorage } from '../files/tensor-type.ts';

/** GGML's type numbers without the retired ones (ggml.h, `enum ggml_type`). */
const ggmlTypes: ReadonlyMap<number, string> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [30, 'BF16'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
  [40, 'NVFP4'],
  [41, 'Q1_0'],
]);

/**
 * The types that weights are read from. I8 is not one of them: it stands for our own compact form,
 * which GGUF does not have.
 */
export const readableTypes: ReadonlyMap<number, TensorType> = new Map(
  [...ggmlTypes].flatMap(([number, name]) =>
    isTensorType(name) && name !== 'I8' ? [[number, name] as const] : [],
  ),
);

function isTensorType(name: string): name is TensorType {
  return Object.hasOwn(tensorStorage, name);
}

/** `IQ2_XXS (16)`, or only the number of an unknown type. */
export function nameGgmlType(typeNumber: number): string {
  const name = ggmlTypes.get(typeNumber);
  return name === undefined ? String(typeNumber) : `${name} (${typeNumber})`;
}
