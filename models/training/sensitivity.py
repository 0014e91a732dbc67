"""What rounding each input of each layer to 8 bits costs the margins: which inputs to leave in floats.

    python sensitivity.py --recipe recipe.json --data FOLDER --model CHECKPOINT [--groups 12] [--json FILE]

Rounds one input of one layer at a time, each token row by its own largest magnitude as int8 graphs do, together with the
weights that read it, by output channel, and compares margins with those of floats on candidate-first groups of training
postings. The names are those of `slmrank model quantize --float`. Give it the checkpoint that is quantized, or the fp32 view
of its compact form (init.py --compact), whose channels are scaled already.
"""

import argparse
import json
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer

import prompt
from data import TrainingData
from packed import encode_group, label_logits, pack
from train import load

READERS = {"qkv": ("self_attn", "q_proj k_proj v_proj"), "o": ("self_attn", "o_proj"), "gateUp": ("mlp", "gate_proj up_proj"), "down": ("mlp", "down_proj")}


class Rounding:
    """Linears that round what they read, and their weights, while their input is in `on`."""

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
    for name in ("recipe", "data", "model"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--groups", type=int, default=12)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    recipe = json.loads(args.recipe.read_text())
    model = load(args.model, "cpu").requires_grad_(False)
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    templates, label_ids = prompt.read_served(args.recipe, recipe, tokenizer)
    data, rng = TrainingData(args.data), random.Random(f"{recipe['seed']}/sensitivity")
    options = recipe["groups"] | {"candidateFirstShare": 1, "sources": {"posting": 1}}
    passes = []
    for _ in range(args.groups):
        group = data.draw(rng, options)
        passes.append(pack([(*encode_group(tokenizer, templates, group), group.grades, [0.0] * len(group.grades))]))

    def margins() -> torch.Tensor:
        logits = torch.cat([label_logits(model, label_ids, packed) for packed in passes])
        return logits[:, 0] - logits[:, 1]

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


if __name__ == "__main__":
    main()
