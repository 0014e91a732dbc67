"""Writes a Hugging Face folder to start training from, made from a GGUF file or from a compact
checkpoint such as the bundled one.

    python init.py --gguf FILE --to FOLDER
    python init.py --compact FOLDER --to FOLDER
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

from checkpoints.compact import read_compact
from checkpoints.gguf_tokenizer import gguf_tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--gguf", type=Path)
    source.add_argument("--compact", type=Path)
    parser.add_argument("--to", type=Path, required=True)
    args = parser.parse_args()
    args.to.mkdir(parents=True, exist_ok=True)
    if args.gguf:
        from_gguf(args.gguf, args.to)
    else:
        from_compact(args.compact, args.to)


def from_gguf(gguf: Path, to: Path) -> None:
    read = transformers.AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    # transformers refuses to save a model read from a quantized file, although its weights are fp32
    # by now, so they are copied into a new model.
    config = transformers.AutoConfig.from_pretrained(gguf.parent, gguf_file=gguf.name)
    config.tie_word_embeddings = True
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(read.state_dict())
    model.tie_weights()
    model.save_pretrained(to)
    gguf_tokenizer(gguf).save(str(to / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, "model_max_length": 8192, "bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}
    (to / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def from_compact(compact: Path, to: Path) -> None:
    save_file(read_compact(compact), to / "model.safetensors", {"format": "pt"})
    config = json.loads((compact / "config.json").read_text())
    del config["quantization_config"]
    (to / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        shutil.copy(compact / name, to / name)


if __name__ == "__main__":
    main()
