"""Low-rank adapters (LoRA, arXiv 2106.09685): what is learnt is a product of two thin matrices beside each frozen one, W + s B A.

Saved as PEFT saves them, in fp16: `slmrank model build --adapter` and the library itself read the folder.
"""

import json
import math
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import save_file
from torch import nn


class Adapted(NamedTuple):
    """A frozen matrix [out, in] and its factors: `down` [rank, in]; `up` [out, rank], times the scale."""

    whole: torch.Tensor
    down: torch.Tensor
    up: torch.Tensor


class Adapter(nn.Module):
    """`matrices`: of each layer, by their Hugging Face names within it. Begins as no change at all: every `up` is zero."""

    def __init__(self, matrices: list[dict[str, torch.Tensor]], rank: int, alpha: float, seed: int, products: torch.dtype):
        super().__init__()
        self.rank, self.alpha, self.products = rank, alpha, products
        random = torch.Generator().manual_seed(seed)
        self.factors = nn.ParameterDict()
        self.whole: dict[str, torch.Tensor] = {}
        for number, layer in enumerate(matrices):
            for name, values in layer.items():
                down = (torch.rand(rank, values.shape[1], generator=random) * 2 - 1) / math.sqrt(values.shape[1])
                self.whole[key(number, name)] = values.detach().to(products)
                self.factors[f"{key(number, name)}:A"] = nn.Parameter(down)
                self.factors[f"{key(number, name)}:B"] = nn.Parameter(torch.zeros(values.shape[0], rank))

    @property
    def scale(self) -> float:
        return self.alpha / self.rank

    def adapted(self, number: int, name: str) -> Adapted | None:
        """None of what is no matrix."""
        at = key(number, name)
        if at not in self.whole:
            return None
        self.whole[at] = self.whole[at].to(self.factors[f"{at}:A"].device)
        return Adapted(self.whole[at], self.factors[f"{at}:A"], self.factors[f"{at}:B"] * self.scale)

    def stored(self) -> dict[str, torch.Tensor]:
        """The factors by their names in PEFT's file, in fp16."""
        names = {f"base_model.model.model.layers.{at.replace(':', '.lora_').replace('|', '.')}.weight": values for at, values in self.factors.items()}
        return {name: values.detach().half().cpu().contiguous() for name, values in names.items()}

    def differences(self) -> dict[str, torch.Tensor]:
        """What the stored adapter adds to each matrix, by the matrix's name. fp32"""
        stored = {name.removeprefix("base_model.model."): values.float() for name, values in self.stored().items()}
        targets = {name.removesuffix(".lora_A.weight") for name in stored if name.endswith(".lora_A.weight")}
        return {f"{name}.weight": self.scale * stored[f"{name}.lora_B.weight"] @ stored[f"{name}.lora_A.weight"] for name in targets}


def key(number: int, name: str) -> str:
    """Parameter names may have no dots."""
    return f"{number}|{name.replace('.', '|')}"


def product(h: torch.Tensor, weight: torch.Tensor | Adapted) -> torch.Tensor:
    """States times a matrix, in the states' own precision. [tokens, out]"""
    if not isinstance(weight, Adapted):
        return h @ weight.to(h.dtype).t()
    return h @ weight.whole.t() + (h @ weight.down.to(h.dtype).t()) @ weight.up.to(h.dtype).t()


def save_adapter(adapter: Adapter, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stored = adapter.stored()
    modules = sorted({name.split(".")[-3] for name in stored})
    config = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": None, "r": adapter.rank, "lora_alpha": adapter.alpha, "lora_dropout": 0.0,
        "target_modules": modules, "bias": "none", "fan_in_fan_out": False, "use_rslora": False, "use_dora": False, "init_lora_weights": True, "inference_mode": True,
    }
    save_file(stored, folder / "adapter_model.safetensors", {"format": "pt"})
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
