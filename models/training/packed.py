"""A group in one forward pass: the shared tokens once, every other text behind them, blind to each other.

The same trick as the server's packed graph (ARCHITECTURE.md), for training: positions restart after the shared tokens, and
a block mask keeps the texts apart, so the margins are those of separate prompts. It makes a pair cost its own tokens only.
"""

from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

import prompt
from data import Group


@dataclass(frozen=True)
class Packed:
    """One sequence of T tokens: `ids` and `positions` [T], `mask` [1, 1, T, T], `last` [N] and `grades` [N]."""

    ids: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    last: torch.Tensor
    grades: torch.Tensor


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


def pack(shared: list[int], others: list[list[int]], grades: list[int], device="cpu") -> Packed:
    lengths = [len(shared), *map(len, others)]
    segment = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    positions = torch.cat([torch.arange(len(shared)), *(len(shared) + torch.arange(len(ids)) for ids in others)])
    causal = torch.ones(len(segment), len(segment), dtype=torch.bool).tril()
    seen = causal & ((segment[None, :] == 0) | (segment[None, :] == segment[:, None]))
    mask = torch.zeros(seen.shape).masked_fill_(~seen, float("-inf"))[None, None]
    last = torch.cumsum(torch.tensor(lengths), 0)[1:] - 1
    ids = torch.tensor([token for part in (shared, *others) for token in part])
    return Packed(*(tensor.to(device) for tensor in (ids, positions, mask, last, torch.tensor(grades))))


def label_logits(model, label_ids: list[int], packed: Packed) -> torch.Tensor:
    """yes and no logits of each text behind the shared tokens. [N, 2]"""
    mask = packed.mask.to(model.dtype)
    hidden = model.model(input_ids=packed.ids[None], position_ids=packed.positions[None], attention_mask=mask, use_cache=False).last_hidden_state
    return (hidden[0, packed.last] @ model.lm_head.weight[label_ids].T).float()


