"""The ranker in training: Llama in plain PyTorch, which computes margins for batches of packed
groups (batches.py).

`read_ranker` reads a Hugging Face folder and `Ranker.save` writes one. Matrices are multiplied in
bf16 (`products`). Weights, their updates, norms and the residual stream are fp32. The embedding and
the tied head are frozen, because training texts use few of its rows.
"""

import json
import shutil
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

from learn.adapter import Adapter, product, save_adapter
from learn.batches import Batch

LAYER = {
    "attention_norm": "input_layernorm", "q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
    "mlp_norm": "post_attention_layernorm", "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj",
}
"""A layer's tensors by our names, with the Hugging Face names without `model.layers.N.` and
`.weight`."""
EMBEDDING, NORM = "model.embed_tokens.weight", "model.norm.weight"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
POSITIONS = 4096


class Ranker(nn.Module):
    """`weights` have Hugging Face names. `label_ids` are those of yes and no. `products` is the
    type in which matrices are multiplied."""

    def __init__(self, weights: dict[str, torch.Tensor], config: dict, label_ids: list[int], products=torch.bfloat16):
        super().__init__()
        self.products = products
        self.config = config
        self.head_size = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
        self.epsilon = config["rms_norm_eps"]
        self.layers = nn.ModuleList(
            nn.ParameterDict({name: nn.Parameter(weights[f"model.layers.{i}.{theirs}.weight"].float()) for name, theirs in LAYER.items()})
            for i in range(config["num_hidden_layers"])
        )
        self.norm = nn.Parameter(weights[NORM].float())
        embedding = weights[EMBEDDING].float()
        cosine, sine = rotation(self.head_size, rope_theta(config))
        buffers = {"embedding": embedding, "head": embedding[label_ids[0]] - embedding[label_ids[1]], "cosine": cosine, "sine": sine}
        for name, values in buffers.items():
            self.register_buffer(name, values)
        self.before, self.after = before_attention, after_attention
        self.adapter: Adapter | None = None

    def adapt(self, rank: int, alpha: float, seed: int) -> None:
        """From here on only low-rank factors of the layers' matrices are trained (LoRA, arXiv 2106.09685)."""
        self.requires_grad_(False)
        matrices = [{LAYER[name]: values for name, values in layer.items() if values.ndim > 1} for layer in self.layers]
        self.adapter = Adapter(matrices, rank, alpha, seed, self.products)

    def matrices(self, number: int) -> dict:
        """A layer's values by our names; where it is adapted, matrices with their factors."""
        layer = self.layers[number]
        return layer if self.adapter is None else {name: self.adapter.adapted(number, LAYER[name]) or values for name, values in layer.items()}

    def compiled(self) -> "Ranker":
        """Compiles the operations before and after attention. Faster on CUDA, where batches have
        few shapes."""
        self.before, self.after = torch.compile(before_attention, dynamic=False), torch.compile(after_attention, dynamic=False)
        return self

    def forward(self, batch: Batch) -> torch.Tensor:
        """The margin of each text: the logit of yes minus that of no at its last token. [N] fp32"""
        groups, length = batch.ids.shape
        x = self.embedding[batch.ids.view(-1)]
        places = batch.positions.view(-1)
        turn = self.cosine[places][:, None], self.sine[places][:, None]
        mask = attention_mask(batch.segments).to(self.products)
        for number in range(len(self.layers)):
            layer = self.matrices(number)
            q, k, v = self.before(x, layer["attention_norm"], layer["q"], layer["k"], layer["v"], turn, self.head_size, self.epsilon, self.products)
            q, k, v = (states.view(groups, length, -1, self.head_size).transpose(1, 2) for states in (q, k, v))
            shared_by = q.shape[1] // k.shape[1]
            k, v = k.repeat_interleave(shared_by, 1), v.repeat_interleave(shared_by, 1)
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask.expand(-1, q.shape[1], -1, -1))
            mixed = mixed.transpose(1, 2).reshape(groups * length, -1)
            x = self.after(x, mixed, layer["o"], layer["mlp_norm"], layer["gate"], layer["up"], layer["down"], self.epsilon, self.products)
        return rms_norm(x[batch.last], self.norm, self.epsilon) @ self.head

    def weights(self) -> dict[str, torch.Tensor]:
        named = {EMBEDDING: self.embedding, NORM: self.norm}
        for i, layer in enumerate(self.layers):
            named |= {f"model.layers.{i}.{theirs}.weight": layer[name] for name, theirs in LAYER.items()}
        if self.adapter is not None:
            named |= {name: named[name] + difference for name, difference in self.adapter.differences().items()}
        return {name: values.detach().float().cpu().contiguous() for name, values in named.items()}

    def save(self, folder: Path, tokenizer_from: Path) -> None:
        """Writes a Hugging Face folder that transformers, llama.cpp and slmrank load, with the
        adapter merged. The folder appears only when it is complete. The adapter itself is written
        beside it, as `adapter`."""
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        save_file(self.weights(), part / "model.safetensors", {"format": "pt"})
        (part / "config.json").write_text(json.dumps(self.config, indent=2) + "\n")
        for name in TOKENIZER_FILES:
            shutil.copy(tokenizer_from / name, part / name)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
        if self.adapter is not None:
            save_adapter(self.adapter, folder.with_name("adapter"))


def read_ranker(folder: Path, label_ids: list[int], layers: int | None = None) -> Ranker:
    """Reads a Hugging Face folder. `layers` is the number of layers to keep, from the first; None
    for all."""
    config = json.loads((folder / "config.json").read_text())
    if config["model_type"] != "llama":
        raise ValueError(f"{folder}/config.json: model_type is {config['model_type']}; only llama is trained here")
    weights = load_file(folder / "model.safetensors")
    if layers is not None:
        if layers > config["num_hidden_layers"]:
            raise ValueError(f"{folder} has {config['num_hidden_layers']} layers; {layers} are wanted")
        config = {**config, "num_hidden_layers": layers}
    return Ranker(weights, config, label_ids)


def rope_theta(config: dict) -> float:
    return (config.get("rope_parameters") or config)["rope_theta"]


def rotation(head_size: int, theta: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines by position. [POSITIONS, head_size / 2]"""
    angles = torch.arange(POSITIONS)[:, None] / theta ** (torch.arange(0, head_size, 2) / head_size)[None]
    return angles.cos(), angles.sin()


def rms_norm(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon) * weight


def before_attention(x, norm, q, k, v, turn, head_size: int, epsilon: float, products):
    """Rotated queries, rotated keys and values of every token. [tokens, heads, head_size] each"""
    h = rms_norm(x, norm, epsilon).to(products)
    queries, keys, values = (product(h, weight).view(len(x), -1, head_size) for weight in (q, k, v))
    return rotated(queries, turn), rotated(keys, turn), values


def rotated(states: torch.Tensor, turn) -> torch.Tensor:
    (first, second), (cosine, sine) = states.float().chunk(2, -1), turn
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], -1).to(states.dtype)


def after_attention(x, mixed, o, norm, gate, up, down, epsilon: float, products) -> torch.Tensor:
    x = x + product(mixed, o).float()
    h = rms_norm(x, norm, epsilon).to(products)
    inner = F.silu(product(h, gate).float()).to(products) * product(h, up)
    return x + product(inner, down).float()


def attention_mask(segments: torch.Tensor) -> torch.Tensor:
    """The mask that is added to attention scores, [G, 1, T, T]. A token attends to itself and to
    earlier tokens of the shared text (segment 0) and of its own text; padding (-1) attends only to
    itself."""
    place = torch.arange(segments.shape[1], device=segments.device)
    earlier = place[:, None] >= place[None]
    reader, read = segments[:, :, None], segments[:, None]
    seen = earlier & ((read == 0) | (read == reader)) & (read >= 0) | (place[:, None] == place[None])
    return torch.zeros(seen.shape, device=segments.device).masked_fill_(~seen, float("-inf"))[:, None]
