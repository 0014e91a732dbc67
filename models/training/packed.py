"""Groups in one forward pass: each group's shared tokens once, its other texts behind them, blind to each other.

The same trick as the server's packed graph (ARCHITECTURE.md), for training: positions restart after the shared tokens, and
attention is computed in two parts (the shared tokens among themselves; every other text over the shared tokens and its own),
so the margins are those of separate prompts. It makes a pair cost its own tokens only, in attention too.
"""

from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from transformers import AttentionInterface

import prompt
from data import Group

ATTENTION = "slmrank_groups"
"""The name by which a transformers model takes `group_attention`."""


@dataclass(frozen=True)
class Part:
    """Where one group of N texts, L tokens at most, lies in the pass."""

    start: int
    shared: int
    own: torch.Tensor
    """[N * L] places of each text's tokens in the pass; a short text repeats its last."""
    kept: torch.Tensor
    """Which of those N * L are tokens, in the order of the pass."""
    causal: tuple[torch.Tensor, torch.Tensor]
    """Added to scores: [S, S] of the shared tokens, [L, L] within a text."""


@dataclass(frozen=True)
class Packed:
    """One sequence of T tokens: `ids` and `positions` [T]; `last`, `grades` and `likeness` [N], `sizes` says how many of each group."""

    ids: torch.Tensor
    positions: torch.Tensor
    parts: list[Part]
    last: torch.Tensor
    grades: torch.Tensor
    likeness: torch.Tensor
    """How much more alike than other pairs of their grade, in standard deviations."""
    sizes: list[int]


def encode_group(tokenizer: Tokenizer, templates: dict, group: Group) -> tuple[list[int], list[list[int]]]:
    """Shared tokens and each other text's own."""
    template = templates[group.order]
    if group.order == "candidateFirst":
        shared = prompt.encode_prefix(tokenizer, template, {"instruction": group.instruction})
        shared += candidate_ids(tokenizer, template, group.shared, group.text_tokens)
        return shared, [prompt.encode_suffix(tokenizer, template, {"query": other.text})[:96] for other in group.others]
    request = {"instruction": group.instruction, "query": group.shared.text}
    suffix = prompt.encode_suffix(tokenizer, template, request)
    own = [candidate_ids(tokenizer, template, other, group.text_tokens) + suffix for other in group.others]
    return prompt.encode_prefix(tokenizer, template, request), own


def candidate_ids(tokenizer: Tokenizer, template: dict, text, limit: int) -> list[int]:
    return prompt.encode_candidate(tokenizer, template, {"title": text.title, "text": text.text})[:limit]


def pack(groups: list[tuple[list[int], list[list[int]], list[int], list[float]]], device="cpu") -> Packed:
    """`groups`: shared tokens, other texts' tokens, their grades, their likeness."""
    ids, positions, parts, last = [], [], [], []
    for shared, others, *_ in groups:
        start, length = len(ids), max(map(len, others))
        ids += shared
        positions += range(len(shared))
        own = torch.empty(len(others), length, dtype=torch.long)
        for row, text in zip(own, others):
            row.copy_(len(ids) + torch.arange(length).clamp(max=len(text) - 1))
            ids += text
            positions += range(len(shared), len(shared) + len(text))
            last.append(len(ids) - 1)
        kept = torch.cat([n * length + torch.arange(len(text)) for n, text in enumerate(others)])
        causal = (above_diagonal(len(shared)).to(device), above_diagonal(length).to(device))
        parts.append(Part(start, len(shared), own.view(-1).to(device), kept.to(device), causal))
    grades = [grade for *_, group, _ in groups for grade in group]
    likeness = [value for *_, group in groups for value in group]
    ids, positions, last, grades, likeness = (torch.tensor(values, device=device) for values in (ids, positions, last, grades, likeness))
    return Packed(ids, positions, parts, last, grades, likeness, [len(group) for *_, group in groups])


def above_diagonal(size: int) -> torch.Tensor:
    return torch.full((size, size), float("-inf")).triu(1)


def group_attention(module, query, key, value, attention_mask, scaling, parts: list[Part], **_):
    """Attention of a packed pass, as transformers calls it. query [1, H, T, D], key and value [1, K, T, D]; returns [1, T, H, D]."""
    heads, kinds, size = query.shape[1], key.shape[1], query.shape[-1]
    query, key, value = query[0] * scaling, key[0], value[0]
    done = []
    for part in parts:
        here = slice(part.start, part.start + part.shared)
        shared_key, shared_value = key[:, here], value[:, here]
        seen = query[:, here].reshape(kinds, -1, size) @ shared_key.transpose(1, 2)
        weights = probabilities(seen.view(-1, part.shared, part.shared), part.causal[0]).view(seen.shape)
        done.append((weights @ shared_value).view(heads, part.shared, size))

        length = len(part.causal[1])
        own_query, own_key, own_value = (states[:, part.own] for states in (query, key, value))
        of_shared = (own_query.reshape(kinds, -1, size) @ shared_key.transpose(1, 2)).view(heads, -1, length, part.shared)
        texts = of_shared.shape[1]
        by_text = own_query.view(kinds, -1, texts, length, size).transpose(1, 2).reshape(kinds * texts, -1, size)
        of_own = (by_text @ own_key.reshape(-1, length, size).transpose(1, 2)).view(kinds, texts, -1, length, length)
        of_own = of_own.transpose(1, 2).reshape(heads, texts, length, length)
        bias = torch.cat([torch.zeros(length, part.shared, device=query.device), part.causal[1]], 1)
        weights = probabilities(torch.cat([of_shared, of_own], -1), bias)
        mixed = (weights[..., : part.shared].reshape(kinds, -1, part.shared) @ shared_value).view(heads, texts, length, size)
        within = weights[..., part.shared :].reshape(kinds, -1, texts, length, length).transpose(1, 2)
        own = (within.reshape(kinds * texts, -1, length) @ own_value.reshape(-1, length, size)).view(kinds, texts, -1, length, size)
        mixed = mixed + own.transpose(1, 2).reshape(heads, texts, length, size)
        done.append(mixed.reshape(heads, -1, size)[:, part.kept])
    return torch.cat(done, 1).transpose(0, 1)[None], None


def probabilities(scores: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores.float() + bias, -1).to(scores.dtype)


AttentionInterface.register(ATTENTION, group_attention)


def label_logits(model, label_ids: list[int], packed: Packed) -> torch.Tensor:
    """yes and no logits of each text behind its shared tokens, fp32. [N, 2]"""
    hidden = model.model(input_ids=packed.ids[None], position_ids=packed.positions[None], use_cache=False, parts=packed.parts).last_hidden_state
    with torch.autocast(packed.ids.device.type, enabled=False):
        return hidden[0, packed.last].float() @ model.lm_head.weight[label_ids].T
