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
