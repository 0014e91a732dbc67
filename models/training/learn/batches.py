"""Batches of groups. Each group is a row: its shared tokens once, then its other texts, which do
not attend to each other.

This is the server's packed graph (ARCHITECTURE.md) for training. Positions restart after the shared
tokens, so the margins equal those of separate prompts, and a pair costs only its own tokens. Rows
of a batch have similar lengths, so that there is little padding.
"""

import os
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
import torch

ROW_TOKENS = 1024


@dataclass
class EncodedGroup:
    """A shared text and the texts that follow it, as token ids. `targets` has the target margin of
    each; None when they are not yet known."""

    shared: np.ndarray
    others: list[np.ndarray]
    targets: np.ndarray | None = None
    kind: str = ""

    def row_tokens(self) -> int:
        return min(ROW_TOKENS, len(self.shared) + sum(map(len, self.others)))

    def fitting(self) -> int:
        """The number of other texts that fit in a row."""
        ends = len(self.shared) + np.cumsum([len(other) for other in self.others])
        return int((ends <= ROW_TOKENS).sum())


@dataclass(frozen=True)
class Batch:
    """`ids`, `positions` and `segments` are [G, T]; segment 0 is shared and -1 is padding. `last`,
    `targets` and `group` are [N]: the index of a text's last token in the flattened rows, its
    target margin, and its row."""

    ids: torch.Tensor
    positions: torch.Tensor
    segments: torch.Tensor
    last: torch.Tensor
    targets: torch.Tensor
    group: torch.Tensor
    groups: int
    tokens: int

    def to(self, device: str) -> "Batch":
        def moved(value):
            return value.to(device, non_blocking=True) if torch.is_tensor(value) else value

        return self if device == "cpu" else Batch(**{field.name: moved(getattr(self, field.name)) for field in fields(self)})


@dataclass(frozen=True)
class Shapes:
    """The shape of a batch: `tokens` places, in rows of the shortest of `lengths` that fits its
    groups."""

    tokens: int
    lengths: tuple[int, ...]

    def rows(self, length: int) -> int:
        return max(1, self.tokens // length)

    @staticmethod
    def of_device(device: str) -> "Shapes":
        """CUDA compiles a program for each shape, so it has few shapes. A CPU has small batches,
        one for each core, which fit the caches."""
        return Shapes(49152, (384, 512, 768, ROW_TOKENS)) if device == "cuda" else Shapes(1536, tuple(range(64, ROW_TOKENS + 1, 64)))


def plan(groups: list[EncodedGroup], shapes: Shapes, rng: random.Random | None, chunk: int = 4000) -> list[tuple[list[int], int]]:
    """Batches as (indices of their groups, row length), in random order with `rng`, else by
    length."""
    order = list(range(len(groups)))
    if rng is None:
        chunk = max(1, len(order))
    else:
        rng.shuffle(order)
    batches = []
    for start in range(0, len(order), chunk):
        part = sorted(order[start : start + chunk], key=lambda i: groups[i].row_tokens())
        while part:
            length = next(n for n in shapes.lengths if fits(groups, part, n, shapes))
            batches.append((part[: shapes.rows(length)], length))
            part = part[shapes.rows(length) :]
    if rng is not None:
        rng.shuffle(batches)
    return batches


def fits(groups: list[EncodedGroup], part: list[int], length: int, shapes: Shapes) -> bool:
    longest = part[: shapes.rows(length)][-1]
    return length == shapes.lengths[-1] or groups[longest].row_tokens() <= length


def collate(groups: list[EncodedGroup], length: int, rows: int) -> Batch:
    """Makes a batch of `rows` rows; rows beyond the groups are padding. Texts that do not fit are
    left out."""
    ids, positions = np.zeros((rows, length), np.int64), np.zeros((rows, length), np.int64)
    segments = np.full((rows, length), -1, np.int64)
    last, targets, group = [], [], []
    for row, each in enumerate(groups):
        start = len(each.shared)
        ids[row, :start], positions[row, :start], segments[row, :start] = each.shared, np.arange(start), 0
        kept = each.fitting()
        at = start
        for segment, other in enumerate(each.others[:kept], 1):
            here = slice(at, at + len(other))
            ids[row, here], positions[row, here], segments[row, here] = other, start + np.arange(len(other)), segment
            at += len(other)
            last.append(row * length + at - 1)
        targets.append(each.targets[:kept] if each.targets is not None else np.zeros(kept))
        group += [row] * kept
    wanted = np.concatenate(targets).astype(np.float32)
    tensors = map(torch.from_numpy, (ids, positions, segments, np.array(last, np.int64), wanted, np.array(group, np.int64)))
    return Batch(*tensors, groups=len(groups), tokens=int((segments >= 0).sum()))


def margins(model, groups: list[EncodedGroup], device: str, on_progress=lambda done: None) -> list[np.ndarray]:
    """A model's margins for every group's texts. Texts that do not fit in a row are left out.
    `on_progress` is called with the share of batches that is done."""
    shapes = Shapes.of_device(device)
    batches = plan(groups, shapes, None)

    @torch.no_grad()
    def answer(batch: Batch) -> np.ndarray:
        return model(batch.to(device)).float().cpu().numpy()

    found: list[np.ndarray] = [np.zeros(0)] * len(groups)
    with ThreadPoolExecutor(1) as collator, start_workers(device) as workers:
        made = prefetched(lambda batch: collate_places(groups, batch, shapes), batches, collator)
        for done, ((places, _), answers) in enumerate(zip(batches, prefetched(answer, made, workers)), 1):
            for place, own in zip(places, np.split(answers, np.cumsum([groups[place].fitting() for place in places])[:-1])):
                found[place] = own
            on_progress(done / len(batches))
    return found


def collate_places(groups: list[EncodedGroup], batch: tuple[list[int], int], shapes: Shapes) -> Batch:
    places, length = batch
    return collate([groups[place] for place in places], length, shapes.rows(length))


def prefetched(make: Callable, items: Iterable, workers: Executor, ahead: int = 6) -> Iterator:
    """Yields `make` of every item in order. The workers compute up to `ahead` items in advance."""
    waiting = deque()
    for item in items:
        waiting.append(workers.submit(make, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def start_workers(device: str) -> ThreadPoolExecutor:
    """On a CPU, one thread per core, each with a batch of its own: small matrices are multiplied
    faster on one core each than one after the other on all cores."""
    if device != "cpu":
        return ThreadPoolExecutor(1)
    return ThreadPoolExecutor(os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,))
