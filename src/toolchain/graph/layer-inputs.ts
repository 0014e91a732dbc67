import { RankError } from '../../base/errors.ts';

/** What a layer's linears read, in groups that read the same. */
export const inputKinds = ['qkv', 'o', 'gateUp', 'down'] as const;
export type InputKind = (typeof inputKinds)[number];

/** The weights that read an input, by name within their layer. */
export const readers: Readonly<Record<InputKind, readonly string[]>> = {
  qkv: ['self_attn.q_proj.weight', 'self_attn.k_proj.weight', 'self_attn.v_proj.weight'],
  o: ['self_attn.o_proj.weight'],
  gateUp: ['mlp.gate_proj.weight', 'mlp.up_proj.weight'],
  down: ['mlp.down_proj.weight'],
};

export interface LayerInput {
  readonly layer: number;
  readonly kind: InputKind;
}

/** `LAYER.INPUT`, such as `0.down`; undefined when it is not one. */
export function parseInput(text: string): LayerInput | undefined {
  const [, layer = '', name = ''] = /^(\d{1,3})\.(\w+)$/.exec(text) ?? [];
  const kind = inputKinds.find((each) => each === name);
  return kind && { layer: Number(layer), kind };
}

/** @throws RankError naming an input of a layer that the model does not have. */
export function assertInputs(inputs: readonly LayerInput[], layers: number): void {
  const odd = inputs.find(({ layer }) => layer >= layers);
  if (odd !== undefined) {
    throw new RankError(
      'invalid-argument',
      `${odd.layer}.${odd.kind} is to stay in floats; the checkpoint has layers 0 to ${layers - 1}`,
    );
  }
}

/** What a weight reads, by its Hugging Face name; undefined for what is no linear layer's. */
export function inputOf(name: string): LayerInput | undefined {
  const [, layer, tensor = ''] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  const kind = inputKinds.find((each) => readers[each].includes(tensor));
  return kind && { layer: Number(layer), kind };
}

/** Hugging Face names of the weights that read an input. */
export function readersOf({ layer, kind }: LayerInput): readonly string[] {
  return readers[kind].map((name) => `model.layers.${layer}.${name}`);
}
