"""A Hugging Face folder from a GGUF file: where training starts.

    python init.py --gguf FILE --to FOLDER
"""

import argparse
import json
from pathlib import Path

import torch
import transformers

from gguf_tokenizer import gguf_tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("gguf", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    read = transformers.AutoModelForCausalLM.from_pretrained(args.gguf.parent, gguf_file=args.gguf.name, dtype=torch.float32)
    # transformers refuses to save what it read from a quantized file, though the weights are fp32 by now: a plain copy does
    config = transformers.AutoConfig.from_pretrained(args.gguf.parent, gguf_file=args.gguf.name)
    config.tie_word_embeddings = True
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(read.state_dict())
    model.tie_weights()
    model.save_pretrained(args.to)
    gguf_tokenizer(args.gguf).save(str(args.to / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, "model_max_length": 8192, "bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}
    (args.to / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    main()
