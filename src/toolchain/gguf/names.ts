/** Hugging Face names of a layer's tensors to GGUF's, without `.weight` or `.bias`. */
const layerNames: ReadonlyMap<string, string> = new Map([
  ['input_layernorm', 'attn_norm'],
  ['self_attn.q_proj', 'attn_q'],
  ['self_attn.k_proj', 'attn_k'],
  ['self_attn.v_proj', 'attn_v'],
  ['self_attn.o_proj', 'attn_output'],
  ['self_attn.q_norm', 'attn_q_norm'],
  ['self_attn.k_norm', 'attn_k_norm'],
  ['post_attention_layernorm', 'ffn_norm'],
  ['mlp.gate_proj', 'ffn_gate'],
  ['mlp.up_proj', 'ffn_up'],
  ['mlp.down_proj', 'ffn_down'],
]);

const outerNames: ReadonlyMap<string, string> = new Map([
  ['model.embed_tokens', 'token_embd'],
  ['model.norm', 'output_norm'],
  ['lm_head', 'output'],
  ['score', 'cls.output'],
]);

/** The GGUF name of an expected tensor. */
export function toGgufName(name: string): string {
  const dot = name.lastIndexOf('.');
  const [stem, kind] = [name.slice(0, dot), name.slice(dot + 1)];
  const [, layer, inner = ''] = /^model\.layers\.(\d+)\.(.+)$/.exec(stem) ?? [];
  const ggufStem = layer === undefined ? outerNames.get(stem) : layerNames.get(inner);
  if (ggufStem === undefined) {
    throw new Error(`no GGUF name for ${name}; this is a bug`);
  }
  return layer === undefined ? `${ggufStem}.${kind}` : `blk.${layer}.${ggufStem}.${kind}`;
}
