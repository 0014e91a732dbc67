"""Writes a Hugging Face folder of a Llama with a tied head (fp32) as GGUF files for llama.cpp.

    python to_gguf.py FOLDER TYPE=FILE...

TYPE is F32, F16, BF16, Q8_0, Q4_0 or Q4_1. As in llama.cpp's own converter, norms stay in F32. The vocabulary has
only names for its ids, since the bench sends token ids.
"""

import json
import sys
from pathlib import Path

import gguf
import numpy
from safetensors.numpy import load_file

NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def main() -> None:
    folder = Path(sys.argv[1])
    config = json.loads((folder / "config.json").read_text())
    weights = {gguf_name(name): values for name, values in arranged(load_file(folder / "model.safetensors"), config)}
    for wanted in sys.argv[2:]:
        kind, _, path = wanted.partition("=")
        write(weights, config, gguf.GGMLQuantizationType[kind], path)


def gguf_name(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    _, _, layer, part = name.split(".", 3)
    return f"blk.{layer}.{NAMES[part.removesuffix('.weight')]}.weight"


def arranged(weights: dict, config: dict):
    """llama.cpp rotates neighbours where Hugging Face rotates halves, so rows of q and k are interleaved."""
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    for name, values in weights.items():
        part = name.removesuffix(".weight").rsplit(".", 1)[-1]
        if part in heads:
            halves = values.reshape(heads[part], 2, values.shape[0] // heads[part] // 2, *values.shape[1:])
            values = halves.swapaxes(1, 2).reshape(values.shape)
        yield name, values


def write(weights: dict, config: dict, kind: gguf.GGMLQuantizationType, path: str) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType["ALL_F32" if kind.name == "F32" else f"MOSTLY_{kind.name}"])
    add_vocabulary(writer, config["vocab_size"])
    for name, values in weights.items():
        own = kind if values.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quants.quantize(values.astype(numpy.float32), own), raw_dtype=own)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer: gguf.GGUFWriter, size: int) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([f"<{i}>" for i in range(size)])
    writer.add_token_types([gguf.TokenType.NORMAL] * size)
    writer.add_token_merges(["< 0"])
    writer.add_add_bos_token(False)
    writer.add_eos_token_id(0)


if __name__ == "__main__":
    main()
