"""The fp32 weights of a compact checkpoint: integers x scales, with the rows that are also stored
in floats in place of the rounded ones (src/toolchain/files/stored-int8.ts)."""

from pathlib import Path

import torch
from safetensors.torch import load_file


def read_compact(folder: Path) -> dict[str, torch.Tensor]:
    """The weights by their Hugging Face names. They keep the rounding error of the integers."""
    stored = load_file(folder / "model.safetensors")
    weights = {name: values for name, values in stored.items() if ".weight.scale" not in name and ".weight.row." not in name}
    for name, values in weights.items():
        if values.dtype == torch.int8:
            weights[name] = values.float() * stored[f"{name}.scale"][:, None]
    for name, row in stored.items():
        if ".weight.row." in name:
            whole, index = name.rsplit(".row.", 1)
            weights[whole][int(index)] = row
    return weights
