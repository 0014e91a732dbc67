"""The training loop. It can be interrupted and resumed, and prints progress and the time left.

The loss of a pair is the KL divergence of the target p(yes) from the model's (arXiv 2510.22101). A
group adds a listwise term: the cross-entropy between its gains 2^(4 p) - 1 and the softmax of its
margins.
"""

import json
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from learn.batches import Batch, EncodedGroup, Shapes, collate_places, plan, prefetched, start_workers
from learn.ranker import Ranker

SAVE_SECONDS = 300


@dataclass(frozen=True)
class Options:
    """Options of a stage. Training ends after `tokens` tokens; groups are repeated when they run
    out. The learning rate is constant for the share `steady` of the steps, then falls as a
    cosine."""

    tokens: int
    learning_rate: float
    passes: int
    seed: str
    warmup_steps: int = 25
    steady: float = 0.35
    weight_decay: float = 0.02
    beta2: float = 0.98
    clip: float = 1.0
    listwise: float = 0.25

    @staticmethod
    def of(recipe: dict, stage: str, device: str, share: float) -> "Options":
        named = dict(recipe["optimizer"][device]) | recipe["stages"][stage].get("optimizer", {}).get(device, {})
        return Options(tokens=int(recipe["stages"][stage]["tokens"] * share), seed=f"{recipe['seed']}/{stage}", **named)


class Trainer:
    """Trains in `folder`: `log.jsonl` has every step, `last` the newest checkpoint, and `state.pt`
    the state from which an interrupted run resumes."""

    def __init__(self, model: Ranker, groups: list[EncodedGroup], options: Options, folder: Path, device: str):
        self.model, self.groups, self.options, self.folder, self.device = model.to(device), groups, options, folder, device
        self.shapes = Shapes.of_device(device)
        self.trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.workers, self.collator = start_workers(device), ThreadPoolExecutor(1)
        matrices, vectors = ([p for p in self.trained if (p.ndim > 1) == wide] for wide in (True, False))
        decayed = [{"params": matrices, "weight_decay": options.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(decayed, lr=0, betas=(0.9, options.beta2), fused=True)
        self.steps = self.plan_steps()
        self.step, self.pairs, self.tokens, self.seconds = 0, 0, 0, 0.0
        folder.mkdir(parents=True, exist_ok=True)

    def plan_steps(self) -> list[list[tuple[list[int], int]]]:
        """The batches of every step, up to the number of tokens. The plan is the same after a
        restart."""
        batches, planned, epoch = [], 0, 0
        while planned < self.options.tokens:
            for places, length in plan(self.groups, self.shapes, random.Random(f"{self.options.seed}/{epoch}")):
                batches.append((places, length))
                planned += sum(self.groups[place].row_tokens() for place in places)
                if planned >= self.options.tokens:
                    break
            epoch += 1
        width = self.options.passes
        return [batches[at : at + width] for at in range(0, len(batches), width)]

    def run(self, tokenizer_from: Path) -> Ranker:
        self.resume()
        say(f"{len(self.groups):,} groups, {len(self.steps):,} steps on {self.device}, from step {self.step}")
        saved = started = time.monotonic()
        before = self.seconds
        for made in prefetched(self.collated, self.steps[self.step :], self.collator):
            figures = self.train_step(made)
            self.seconds = before + time.monotonic() - started
            self.report(figures)
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save(tokenizer_from)
                saved = time.monotonic()
        self.save(tokenizer_from)
        return self.model

    def rate(self) -> float:
        done = self.step / len(self.steps)
        steady = self.options.steady
        falling = 1.0 if done < steady else max(0.02, 0.5 * (1 + math.cos(math.pi * (done - steady) / (1 - steady))))
        return self.options.learning_rate * min(1, (self.step + 1) / self.options.warmup_steps) * falling

    def collated(self, batches: list[tuple[list[int], int]]) -> list[Batch]:
        return [collate_places(self.groups, batch, self.shapes) for batch in batches]

    def train_step(self, made: list[Batch]) -> dict[str, float]:
        rate = self.rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        of_step = sum(batch.groups for batch in made)
        sums = {"kl": 0.0, "listwise": 0.0}
        for batch, (parts, gradients) in zip(made, self.workers.map(lambda batch: self.gradients(batch, of_step), made)):
            for parameter, gradient in zip(self.trained, gradients):
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
            sums = {name: sums[name] + parts[name] * batch.groups / of_step for name in sums}
            self.pairs += len(batch.last)
            self.tokens += batch.tokens
        norm = torch.nn.utils.clip_grad_norm_(self.trained, self.options.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return {name: float(value) for name, value in sums.items()} | {"norm": float(norm), "rate": rate}

    def gradients(self, batch: Batch, of_step: int) -> tuple[dict, tuple]:
        """The losses of a batch, and its share of the step's gradient. On a CPU, worker threads run
        several batches at once."""
        batch = batch.to(self.device)
        kl, listwise = losses(self.model(batch), batch)
        loss = (kl + self.options.listwise * listwise) * (batch.groups / of_step)
        return {"kl": kl.detach(), "listwise": listwise.detach()}, torch.autograd.grad(loss, self.trained)

    def report(self, figures: dict[str, float]) -> None:
        left = self.seconds / self.step * (len(self.steps) - self.step)
        line = {"step": self.step, "seconds": round(self.seconds, 1), "pairs": self.pairs, "tokens": self.tokens}
        with open(self.folder / "log.jsonl", "a") as file:
            file.write(json.dumps(line | {name: round(value, 6) for name, value in figures.items()}) + "\n")
        if self.step % 25 == 0 or self.step in (1, len(self.steps)):
            rate = self.tokens / max(1e-9, self.seconds)
            say(f"step {self.step} of {len(self.steps)}: kl {figures['kl']:.4f} listwise {figures['listwise']:.3f}, {rate:,.0f} tokens/s, {left / 60:.1f} min left")

    def save(self, tokenizer_from: Path) -> None:
        self.model.save(self.folder / "last", tokenizer_from)
        counts = {name: getattr(self, name) for name in ("step", "pairs", "tokens", "seconds")}
        torch.save({"weights": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "counts": counts}, self.folder / "state.part")
        (self.folder / "state.part").rename(self.folder / "state.pt")

    def resume(self) -> None:
        state_file = self.folder / "state.pt"
        if state_file.exists():
            state = torch.load(state_file, map_location=self.device)
            self.model.load_state_dict(state["weights"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.__dict__.update(state["counts"])


def losses(margins: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean KL divergence of the target p(yes) from the model's, in nats, and a third of the mean
    listwise cross-entropy of a group."""
    wanted = torch.sigmoid(batch.targets)
    own = torch.special.xlogy(wanted, wanted) + torch.special.xlogy(1 - wanted, 1 - wanted)
    kl = (own + F.binary_cross_entropy_with_logits(margins, wanted, reduction="none")).mean()
    return kl, listwise(margins, 2 ** (4 * wanted) - 1, batch.group, batch.ids.shape[0]) / (3 * batch.groups)


def listwise(margins: torch.Tensor, gains: torch.Tensor, group: torch.Tensor, rows: int) -> torch.Tensor:
    """The cross-entropy between a group's gains and the softmax of its margins, summed over
    groups."""
    highest = margins.new_full((rows,), -1e30).scatter_reduce(0, group, margins.detach(), "amax")
    log_sum = margins.new_zeros(rows).index_add(0, group, (margins - highest[group]).exp()).clamp(min=1e-30).log() + highest
    total = margins.new_zeros(rows).index_add(0, group, gains).clamp(min=1)
    return -(gains / total[group] * (margins - log_sum[group])).sum()


def say(line: str) -> None:
    print(time.strftime("%H:%M:%S "), line, flush=True)
