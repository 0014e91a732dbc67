"""Measures how much the margins change when an input of a layer is rounded to 8 bits, to decide
which inputs stay in floats.

    python sensitivity.py --model CHECKPOINT --template RECIPE.json --calibrate FILE.jsonl.gz \\
        [--rows 120] [--json FILE]

One input of one layer at a time is rounded as in int8 graphs, each token row by its own largest
magnitude. The weights that read it are rounded by output channel. Margins are compared with those
of the unrounded model. Inputs have the names of `slmrank model quantize --float`. The rows are in
the format of its `--calibrate` (checkpoints/calibration.py). --model is the checkpoint that will be
quantized, or the fp32 form of a compact checkpoint (checkpoints/init.py --compact), whose channels
are already scaled.
"""

import argparse
import itertools
import json
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer

from texts import prompt
from texts.files import read_jsonl

READERS = {"qkv": ("self_attn", "q_proj k_proj v_proj"), "o": ("self_attn", "o_proj"), "gateUp": ("mlp", "gate_proj up_proj"), "down": ("mlp", "down_proj")}
CANDIDATE_TOKENS = 160


class Rounding:
    """Makes the linears of a model round their input and weights while their input is in `on`."""

    def __init__(self, model):
        self.on: set[str] = set()
        for index, layer in enumerate(model.model.layers):
            for kind, (block, names) in READERS.items():
                for name in names.split():
                    linear = getattr(getattr(layer, block), name)
                    linear.forward = self.watched(f"{index}.{kind}", linear)

    def watched(self, name: str, linear):
        rounded = to_bytes(linear.weight.detach())

        def forward(x):
            is_on = name in self.on
            return torch.nn.functional.linear(to_bytes(x) if is_on else x, rounded if is_on else linear.weight, linear.bias)

        return forward


def to_bytes(x: torch.Tensor) -> torch.Tensor:
    scale = x.abs().amax(-1, keepdim=True).clamp(min=1e-12) / 127
    return (x / scale).round() * scale


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "template", "calibrate"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=120)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    model = transformers.AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32).eval().requires_grad_(False)
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    template, labels = prompt.read_template(args.template), json.loads(args.template.read_text())["labels"]
    yes, no = (prompt.label_id(tokenizer, labels[side]) for side in ("yes", "no"))
    rows = [encode(tokenizer, template, line) for line in itertools.islice(read_jsonl(args.calibrate), args.rows)]

    def margins() -> torch.Tensor:
        logits = torch.stack([model(torch.tensor([row])).logits[0, -1] for row in rows])
        return logits[:, yes] - logits[:, no]

    rounding = Rounding(model)
    exact = margins()
    print(f"{len(exact)} pairs, margins' standard deviation {exact.std():.3f}", flush=True)

    def cost(inputs: set[str]) -> float:
        rounding.on = inputs
        return (margins() - exact).square().mean().sqrt().item()

    names = [f"{index}.{kind}" for index in range(len(model.model.layers)) for kind in READERS]
    costs = {}
    for name in names:
        costs[name] = cost({name})
        print(f"{len(costs)}/{len(names)} {name:10} {costs[name]:.4f}", flush=True)
    ranked = sorted(names, key=costs.get, reverse=True)
    left = {count: cost(set(ranked[count:])) for count in (0, 1, 2, 3, 4, 6, 8, 12, 16, 24)}
    for count, rms in left.items():
        print(f"the {count:2} worst in floats: margin rms {rms:.4f}  --float {','.join(ranked[:count])}", flush=True)
    if args.json:
        result = {"pairs": len(exact), "marginDeviation": exact.std().item(), "alone": costs, "floats": {",".join(ranked[:count]): rms for count, rms in left.items()}}
        args.json.write_text(json.dumps(result, indent=2) + "\n")


def encode(tokenizer: Tokenizer, template: dict, line: dict) -> list[int]:
    candidate = prompt.encode_candidate(tokenizer, template, line)[:CANDIDATE_TOKENS]
    return prompt.encode_prefix(tokenizer, template, line) + candidate + prompt.encode_suffix(tokenizer, template, line)


if __name__ == "__main__":
    main()
