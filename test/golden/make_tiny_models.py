"""Makes the tiny random checkpoints of logits-tiny/: every family, tied and untied heads, shards,
half precisions, GGUF, an adapter, and classifiers. Also writes rope-scalings.json, from which
test/support/checkpoints/hf-tiny.ts and make_rope_goldens.py make variants of the llama checkpoint.

    pip install -r test/golden/requirements.txt
    python test/golden/make_tiny_models.py

Seeds are fixed. Norm weights and biases are random too, because tests could not notice a missing
norm of ones or a missing bias of zeros.
"""

import json
import shutil
from pathlib import Path

import gguf
import torch
from peft import LoraConfig, get_peft_model
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, LlamaConfig, Qwen2Config, Qwen3Config

OUT = Path(__file__).parent / "logits-tiny"
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = "y e;ye s;n o;Y e;Ye s;N o;Ġ t;i n;e r;Ġ a;o n;r e;Ġt h;Ġth e;a t;Ġ s;o r;e n;in g;u r;a n".split(";")
COMMON = dict(hidden_size=32, intermediate_size=64, vocab_size=288, max_position_embeddings=4096, initializer_range=0.25)

CHECKPOINTS = {
    # name: (config, dtype, shard size)
    "llama": (LlamaConfig(num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True,
                          rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 100000.0}, **COMMON), "float32", None),
    "llama-untied-sharded-bf16": (
        LlamaConfig(num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=1, tie_word_embeddings=False,
                    rms_norm_eps=1e-6, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, **COMMON), "bfloat16", "30KB"),
    "qwen2": (Qwen2Config(num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True,
                          rms_norm_eps=1e-6, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}, **COMMON), "float32", None),
    "qwen3": (Qwen3Config(num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
                          tie_word_embeddings=True, rms_norm_eps=1e-6,
                          rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}, **COMMON), "float32", None),
    "qwen3-untied-fp16": (Qwen3Config(num_hidden_layers=3, num_attention_heads=2, num_key_value_heads=2, head_dim=24,
                                      tie_word_embeddings=False, rms_norm_eps=1e-6,
                                      rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}, **COMMON), "float16", None),
}

SMALL = dict(num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, rms_norm_eps=1e-6,
             rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
             **(COMMON | dict(hidden_size=16, intermediate_size=32)))
CLASSIFIERS = {
    # name: config. transformers names classes LABEL_0 and LABEL_1 when the config has no names.
    "qwen3-score-1": Qwen3Config(head_dim=8, num_labels=1, tie_word_embeddings=True, **SMALL),
    "qwen2-score-2": Qwen2Config(num_labels=2, tie_word_embeddings=True, **SMALL),
    "llama-score-named": LlamaConfig(id2label={0: "yes", 1: "no"}, label2id={"yes": 0, "no": 1}, tie_word_embeddings=False, **SMALL),
}
RERANKER = Qwen3Config(head_dim=32, tie_word_embeddings=False, **(SMALL | dict(hidden_size=32)))

# Values of rope_scaling for the llama checkpoint, which has none: every kind, in old and new forms.
ROPE_SCALINGS = {
    "llama-linear": {"type": "linear", "factor": 4.0},
    "llama-llama3": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                     "original_max_position_embeddings": 256, "rope_theta": 100000.0},
    "llama-yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "beta_fast": 8.0, "beta_slow": 0.1,
                   "rope_theta": 100000.0},
    "llama-yarn-given": {"type": "yarn", "factor": 16.0, "original_max_position_embeddings": 64, "beta_fast": 4.0, "beta_slow": 0.05,
                         "attention_factor": 0.8, "truncate": False},
    "llama-yarn-weights": {"rope_type": "yarn", "factor": 16.0, "original_max_position_embeddings": 64, "mscale": 0.7, "mscale_all_dim": 0.3},
}


def tiny_tokenizer() -> Tokenizer:
    """A tokenizer of bytes and a few merges, in which each label word is one token."""
    pieces = SPECIALS + sorted(pre_tokenizers.ByteLevel.alphabet()) + ["".join(merge.split()) for merge in MERGES]
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, [tuple(merge.split()) for merge in MERGES]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in SPECIALS])
    return tokenizer


def make_folder(name: str, config, dtype: str, shard: str | None) -> None:
    torch.manual_seed(len(name) + config.num_hidden_layers)
    kind = AutoModelForSequenceClassification if name in CLASSIFIERS else AutoModelForCausalLM
    model = kind.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "norm" in key:
                parameter.uniform_(0.5, 1.5)
            elif key.endswith("bias"):
                parameter.normal_(0, 0.5)
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(getattr(torch, dtype)).save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
    (folder / "generation_config.json").unlink(missing_ok=True)
    if name == "qwen2":
        write_rope_as_before_version_5(folder / "config.json")
    tiny_tokenizer().save(str(folder / "tokenizer.json"), pretty=False)


def write_rope_as_before_version_5(path: Path) -> None:
    """Moves `rope_theta` to the top level of config.json, where most published folders have it."""
    config = json.loads(path.read_text())
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    path.write_text(json.dumps(config, indent=2) + "\n")


def make_adapter(source: str, name: str) -> None:
    """Writes an adapter of `source` as PEFT saves it: three kinds of matrices, both factors random,
    and a scale other than 1."""
    torch.manual_seed(5)
    model = AutoModelForCausalLM.from_pretrained(OUT / source, dtype=torch.float32)
    adapted = get_peft_model(model, LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"]))
    with torch.no_grad():
        for key, parameter in adapted.named_parameters():
            if "lora_" in key:
                parameter.normal_(0, 0.2)
    adapted.peft_config["default"].base_model_name_or_path = source
    adapted.save_pretrained(OUT / name)
    (OUT / name / "README.md").unlink(missing_ok=True)


def make_gguf(source: str, name: str, kind: gguf.GGMLQuantizationType) -> None:
    write_gguf(AutoModelForCausalLM.from_pretrained(OUT / source, dtype=torch.float32), name, kind)


def make_reranker(name: str, kind: gguf.GGMLQuantizationType) -> None:
    """Writes an untied Qwen3-Reranker as llama.cpp's converter does: the rows yes and no of its
    head, and no head of the vocabulary."""
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(RERANKER, dtype=torch.float32)
    write_gguf(model, name, kind, is_reranker=True)


def write_gguf(model, name: str, kind: gguf.GGMLQuantizationType, is_reranker: bool = False) -> None:
    """Writes a model and its tokenizer as GGUF, in the layout of llama.cpp's converter: q and k of
    the Llama family are permuted."""
    config = model.config
    family = config.model_type
    writer = gguf.GGUFWriter(OUT / f"{name}.gguf", family)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_rope_dimension_count(head_dim)
    add_tokenizer(writer, config.vocab_size)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[family.upper()], config.num_hidden_layers)
    for key, tensor in model.state_dict().items():
        if key == "lm_head.weight" and config.tie_word_embeddings:
            continue
        array = tensor.numpy()
        if key == "lm_head.weight" and is_reranker:
            pieces = tiny_tokenizer()
            writer.add_pooling_type(gguf.PoolingType.RANK)
            writer.add_array(f"{family}.classifier.output_labels", ["yes", "no"])
            rows = array[[pieces.token_to_id("yes"), pieces.token_to_id("no")]]
            writer.add_tensor("cls.output.weight", gguf.quants.quantize(rows, kind), raw_dtype=kind)
            continue
        if family == "llama" and ("q_proj" in key or "k_proj" in key):
            heads = config.num_attention_heads if "q_proj" in key else config.num_key_value_heads
            array = array.reshape(heads, 2, -1, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)
        plain = array.ndim == 1
        data = array if plain else gguf.quants.quantize(array, kind)
        writer.add_tensor(names.get_name(key, (".weight", ".bias")), data, raw_dtype=None if plain else kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: gguf.GGUFWriter, vocabulary: int) -> None:
    pieces = tiny_tokenizer().get_vocab()
    tokens = sorted(pieces, key=pieces.get)
    tokens += [f"[PAD{i}]" for i in range(len(tokens), vocabulary)]
    unused = gguf.TokenType.UNUSED
    kinds = [gguf.TokenType.CONTROL if token in SPECIALS else unused if token.startswith("[PAD") else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)


if __name__ == "__main__":
    for name, (config, dtype, shard) in CHECKPOINTS.items():
        make_folder(name, config, dtype, shard)
    make_gguf("llama", "llama-q8_0", gguf.GGMLQuantizationType.Q8_0)
    make_gguf("qwen3", "qwen3-q4_0", gguf.GGMLQuantizationType.Q4_0)
    make_adapter("llama", "llama-adapter")
    for name, config in CLASSIFIERS.items():
        make_folder(name, config, "float16", None)
    make_reranker("qwen3-reranker-q5_0", gguf.GGMLQuantizationType.Q5_0)
    (OUT / "rope-scalings.json").write_text(json.dumps(ROPE_SCALINGS, indent=1) + "\n")
