"""An embedding model. Its cosines distinguish pairs of equal grade, and give targets for pairs
without grades.

After fine-tuning on the grades it is also a teacher: a bi-encoder with the margin
scale x cosine + bias.
"""

import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

from learn.train import listwise, say

MAX_TOKENS = 128


class Embedder(nn.Module):
    """A sentence-transformers folder with mean pooling, such as all-mpnet-base-v2 or
    all-MiniLM-L6-v2."""

    def __init__(self, folder: Path, device: str):
        super().__init__()
        self.device = device
        self.encoder = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.scale, self.bias = nn.Parameter(torch.tensor(14.0)), nn.Parameter(torch.tensor(-8.0))
        self.to(device).eval()

    def ids(self, texts: list[str], limit: int = MAX_TOKENS) -> list[list[int]]:
        self.tokenizer.enable_truncation(limit)
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]

    def vectors(self, ids: list[list[int]]) -> torch.Tensor:
        """Unit vectors, fp32. [texts, width]"""
        length = -(-max(map(len, ids)) // 8) * 8
        padded, kept = torch.ones(len(ids), length, dtype=torch.long), torch.zeros(len(ids), length, dtype=torch.long)
        for row, own in enumerate(ids):
            padded[row, : len(own)], kept[row, : len(own)] = torch.tensor(own), 1
        kept = kept.to(self.device)
        with torch.autocast(self.device, torch.bfloat16):
            states = self.encoder(input_ids=padded.to(self.device), attention_mask=kept).last_hidden_state
        weights = kept[..., None].float()
        return F.normalize((states.float() * weights).sum(1) / weights.sum(1), dim=-1)

    @torch.no_grad()
    def embed(self, texts: list[str]) -> np.ndarray:
        """Unit vectors in fp16, [texts, width]. Batches have texts of similar length, to pad
        little."""
        self.eval()
        ids = self.ids(texts)
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        tokens = 131072 if self.device == "cuda" else 4096
        found, told, at = None, time.monotonic(), 0
        while at < len(order):
            end = at + 1
            while end < len(order) and (end - at + 1) * len(ids[order[end]]) <= tokens:
                end += 1
            part = self.vectors([ids[i] for i in order[at:end]]).half().cpu().numpy()
            found = np.zeros((len(texts), part.shape[1]), np.float16) if found is None else found
            found[order[at:end]] = part
            at = end
            if time.monotonic() - told > 30:
                say(f"embedded {at:,} of {len(order):,} texts")
                told = time.monotonic()
        return found

    def margin(self, cosines: np.ndarray) -> np.ndarray:
        return self.scale.item() * cosines + self.bias.item()

    def fine_tune(self, groups: list, wanted: list[np.ndarray], steps: int, rate: float, seed: str, batch: int = 64) -> None:
        """Trains on candidate-first groups (data.Group) with the target margins `wanted`. The loss
        has a KL and a listwise term, as for rankers."""
        tuned = list(self.encoder.parameters())
        optimizer = torch.optim.AdamW([{"params": tuned}, {"params": [self.scale, self.bias]}], weight_decay=0.01)
        rng = random.Random(seed)
        self.train()
        for step in range(steps):
            share = min(1, (step + 1) / 20) * (1 - step / steps)
            optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["lr"] = rate * share, 5e-3 * share
            places = rng.sample(range(len(groups)), min(batch, len(groups)))
            part = [groups[place] for place in places]
            shared = self.vectors(self.ids([passage(group.shared) for group in part], rng.choice([48, 96, 128])))
            others = self.vectors(self.ids([other.text for group in part for other in group.others], 40))
            row = torch.repeat_interleave(torch.arange(len(part)), torch.tensor([len(group.others) for group in part])).to(self.device)
            margins = (shared[row] * others).sum(1) * self.scale + self.bias
            targets = torch.sigmoid(torch.tensor(np.concatenate([wanted[place] for place in places]), dtype=torch.float32, device=self.device))
            kl = F.binary_cross_entropy_with_logits(margins, targets)
            loss = kl + 0.25 * listwise(margins, 2 ** (4 * targets) - 1, row, len(part)) / (3 * len(part))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(tuned, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if (step + 1) % 25 == 0:
                say(f"teacher: step {step + 1} of {steps}, loss {loss.item():.4f}")
        self.eval()


def passage(text) -> str:
    return f"{text.title}\n{text.text}" if text.title else text.text


def cosine_to_margin(cosines: np.ndarray, wanted: np.ndarray):
    """Fits margin = slope x cosine + offset to judged pairs, by least cross-entropy. Returns the
    function."""
    line = torch.tensor([10.0, -5.0], requires_grad=True)
    x, targets = torch.tensor(cosines, dtype=torch.float32), torch.sigmoid(torch.tensor(wanted, dtype=torch.float32))
    optimizer = torch.optim.LBFGS([line], max_iter=60)

    def closure():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(line[0] * x + line[1], targets)
        loss.backward()
        return loss

    optimizer.step(closure)
    slope, offset = line.tolist()
    say(f"a cosine is worth {slope:.2f} x cosine {offset:+.2f}")
    return lambda values: slope * values + offset
