"""Trains a ranker: KL between the soft label of a grade and softmax of the two label logits, plus a listwise term.

    python train.py --recipe recipe.json --data FOLDER --from CHECKPOINT --to FOLDER [--stage NAME] [--teacher CHECKPOINT] [--steps N] [--device cuda]

One recipe and seed for a CPU (hours) and a CUDA GPU (minutes); matrices are multiplied in bf16 where the processor can. A stage
is a part of the recipe that changes the optimizer's options: `recovery`, `longer`, `adapter`. Progress goes to `log.jsonl` in the output folder, a checkpoint every
`--save-minutes` to its `last`, a Hugging Face folder that transformers, llama.cpp and slmrank load; started again with the same
output, it goes on from there. `--stage recovery --teacher` recovers a pruned ranker (arXiv 2510.22101, section on pruning): for the
first steps part of the label is the teacher's own answer. `--similar` takes an embedding model whose cosines order the pairs of one grade
(similarity.py). A stage with `lora` trains an adapter (arXiv 2106.09685) and writes a folder of PEFT's layout instead of a checkpoint.
A file `finish` in the output folder starts the decay of the learning rate now.
"""

import argparse
import json
import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import torch.nn.functional as F
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer

import prompt
from data import TrainingData
from packed import ATTENTION, Packed, encode_group, label_logits, pack
from similarity import Similarity

STAGES = ("recovery", "longer", "adapter")
SAMPLE = 100
"""Groups whose cosines say what is usual for a grade."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("recipe", "data", "from", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--stage", choices=STAGES)
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--similar", type=Path, help="folder of an embedding model, such as all-MiniLM-L6-v2")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--precision", choices=("bf16", "fp32"), help="of the matrix products; weights and their updates are fp32 either way")
    parser.add_argument("--save-minutes", type=float, default=6)
    args = parser.parse_args()
    if args.teacher and args.stage != "recovery":
        parser.error("--teacher goes with --stage recovery")
    recipe = json.loads(args.recipe.read_text())
    options = recipe["optimizer"]
    options |= recipe[args.stage] if args.stage else {}
    options["steps"] = args.steps or options["steps"]
    args.precision = args.precision or ("bf16" if bf16_is_fast(args.device) else "fp32")
    Trainer(args, recipe).run()


class Trainer:
    def __init__(self, args, recipe: dict):
        self.args, self.recipe, self.options = args, recipe, recipe["optimizer"]
        self.out, self.last = args.to, args.to / "last"
        self.state_file = self.out / "state.pt"
        self.out.mkdir(parents=True, exist_ok=True)
        resumed = self.state_file.exists()
        self.source = getattr(args, "from")
        self.model, self.saved = self.load_trained(resumed)
        self.teacher = load(args.teacher, args.device).requires_grad_(False) if args.teacher else None
        self.tokenizer = Tokenizer.from_file(str(self.source / "tokenizer.json"))
        self.templates, self.label_ids = prompt.read_served(args.recipe, recipe, self.tokenizer)
        self.soft = torch.tensor(recipe["grades"], device=args.device)
        self.data = TrainingData(args.data)
        self.similarity = Similarity(args.similar, self.sample()) if args.similar else None
        self.freeze()
        self.trained = [p for p in self.model.parameters() if p.requires_grad]
        self.workers = start_workers(args.device)
        self.optimizer = torch.optim.AdamW(self.parameter_groups(), lr=0, betas=(0.9, self.options["beta2"]), fused=True)
        self.step, self.decay_from, self.pairs, self.tokens, self.seconds = 0, None, 0, 0, 0.0
        if resumed:
            self.restore()

    def load_trained(self, resumed: bool) -> tuple:
        """The model, and what is written as a checkpoint: the model itself, or only the adapter that was put into it."""
        lora = self.options.get("lora")
        model = load(self.source if lora or not resumed else self.last, self.args.device)
        if not lora:
            return model, model
        if resumed:
            return model, PeftModel.from_pretrained(model, self.last, is_trainable=True)
        config = LoraConfig(r=lora["rank"], lora_alpha=lora["alpha"], target_modules=lora["modules"], task_type="CAUSAL_LM")
        torch.manual_seed(self.recipe["seed"])
        adapted = get_peft_model(model, config)
        config.base_model_name_or_path = self.source.name
        return model, adapted

    def sample(self) -> list:
        rng = random.Random(f"{self.recipe['seed']}/similarity")
        return [self.data.draw(rng, self.recipe["groups"]) for _ in range(SAMPLE)]

    def freeze(self) -> None:
        """The embedding, and with it the tied head, stays as it is: few of its rows are ever seen."""
        self.model.get_input_embeddings().weight.requires_grad_(False)
        for layer in self.model.model.layers[: self.options["frozenLayers"]]:
            layer.requires_grad_(False)

    def parameter_groups(self) -> list[dict]:
        decay = self.options["weightDecay"]
        return [{"params": [p for p in self.trained if p.ndim > 1], "weight_decay": decay}, {"params": [p for p in self.trained if p.ndim < 2], "weight_decay": 0.0}]

    def run(self) -> None:
        say(f"{self.data.summary()}; {sum(p.numel() for p in self.model.parameters()):,} parameters; step {self.step} of {self.options['steps']} on {self.args.device} in {self.args.precision}")
        saved = started = time.monotonic()
        before = self.seconds
        while self.step < self.total_steps():
            figures = self.train_step()
            self.seconds = before + time.monotonic() - started
            self.report(figures)
            if time.monotonic() - saved > 60 * self.args.save_minutes:
                self.save()
                saved = time.monotonic()
        self.save()
        say(f"done: {self.step} steps, {self.pairs:,} pairs, {self.tokens:,} tokens, {self.seconds / 60:.1f} min")

    def total_steps(self) -> int:
        """Moves closer when `finish` appears: the decay then starts at once."""
        length = self.options["decaySteps"]
        planned = self.options["steps"] - length
        if self.decay_from is None and (self.step >= planned or (self.out / "finish").exists()):
            self.decay_from = self.step
        return self.options["steps"] if self.decay_from is None else min(self.options["steps"], self.decay_from + length)

    def learning_rate(self) -> float:
        peak = self.options["learningRate"] * min(1, (self.step + 1) / self.options["warmupSteps"])
        end = self.total_steps()
        return peak if self.decay_from is None else peak * max(0.02, (end - self.step) / max(1, end - self.decay_from))

    def train_step(self) -> dict:
        stage = f"{self.args.stage}/" if self.args.stage else ""
        rng = random.Random(f"{self.recipe['seed']}/{stage}{self.step}")
        rate = self.learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        groups = [self.encoded(self.data.draw(rng, self.recipe["groups"])) for _ in range(self.options["groupsPerStep"])]
        together = self.options["groupsPerPass"]
        passes = [pack(groups[i : i + together], self.args.device) for i in range(0, len(groups), together)]
        sums = {"kl": 0.0, "listwise": 0.0, "teacher": 0.0}
        for packed, (parts, gradients) in zip(passes, self.workers.map(self.gradients, passes)):
            for parameter, gradient in zip(self.trained, gradients):
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
            for name, value in parts.items():
                sums[name] += value / len(groups)
            self.pairs += len(packed.grades)
            self.tokens += len(packed.ids)
        norm = torch.nn.utils.clip_grad_norm_(self.trained, self.options["clip"])
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        return {**sums, "norm": float(norm), "rate": rate}

    def encoded(self, group) -> tuple:
        likeness = self.similarity.deviations(group) if self.similarity else [0.0] * len(group.grades)
        return *encode_group(self.tokenizer, self.templates, group), group.grades, likeness

    def gradients(self, packed: Packed) -> tuple[dict, tuple]:
        """The summed losses of a pass's groups and its share of the step's gradient; runs in a worker thread."""
        parts = self.losses(packed)
        weights = self.weights()
        loss = sum(weights[name] * value for name, value in parts.items()) / self.options["groupsPerStep"]
        return {name: value.item() for name, value in parts.items()}, torch.autograd.grad(loss, self.trained)

    def weights(self) -> dict:
        share = self.recipe["loss"]["teacher"] if self.taught() else 0.0
        return {"kl": 1 - share, "teacher": share, "listwise": self.recipe["loss"]["listwise"]}

    def taught(self) -> bool:
        """For the first `teacherSteps` only: the student soon sees more judgements than its teacher did."""
        return self.teacher is not None and self.step < self.recipe["loss"]["teacherSteps"]

    def losses(self, packed: Packed) -> dict:
        margins = self.margins(self.model, packed)
        with torch.no_grad():
            answers = self.margins(self.teacher, packed).sigmoid() if self.taught() else margins
        parts = {"kl": 0.0, "listwise": 0.0, "teacher": 0.0}
        shifts = self.recipe["loss"]["similarity"] * packed.likeness
        for own, grades, shift, answer in zip(*(values.split(packed.sizes) for values in (margins, packed.grades, shifts, answers))):
            parts["kl"] += kl(torch.sigmoid(self.soft[grades].logit() + shift), own)
            parts["listwise"] += listwise((2.0**grades - 1) * shift.exp(), own) / 3
            if self.taught():
                parts["teacher"] += kl(answer, own)
        return {name: value for name, value in parts.items() if torch.is_tensor(value)}

    def margins(self, model, packed: Packed) -> torch.Tensor:
        with torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.precision == "bf16"):
            logits = label_logits(model, self.label_ids, packed)
        return logits[:, 0] - logits[:, 1]

    def report(self, figures: dict) -> None:
        left = self.seconds / self.step * (self.total_steps() - self.step)
        line = {"step": self.step, "seconds": round(self.seconds, 1), "pairs": self.pairs, "tokens": self.tokens, **{k: round(v, 6) for k, v in figures.items()}}
        with open(self.out / "log.jsonl", "a") as file:
            file.write(json.dumps(line) + "\n")
        if self.step % 10 == 0 or self.step == 1:
            say(f"step {self.step}: kl {figures['kl']:.3f} listwise {figures['listwise']:.3f} teacher {figures['teacher']:.3f} norm {figures['norm']:.2f}, {self.tokens / self.seconds:.0f} tokens/s, {left / 60:.0f} min left")

    def save(self) -> None:
        part = self.out / "part"
        shutil.rmtree(part, ignore_errors=True)
        self.saved.save_pretrained(part)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(self.source / name, part / name)
        state = {"optimizer": self.optimizer.state_dict(), "step": self.step, "decay_from": self.decay_from, "pairs": self.pairs, "tokens": self.tokens, "seconds": self.seconds}
        torch.save(state, self.out / "state.part")
        shutil.rmtree(self.last, ignore_errors=True)
        part.rename(self.last)
        (self.out / "state.part").rename(self.state_file)

    def restore(self) -> None:
        state = torch.load(self.state_file, map_location=self.args.device)
        self.optimizer.load_state_dict(state.pop("optimizer"))
        self.__dict__.update(state)


def start_workers(device: str) -> ThreadPoolExecutor:
    """On CPUs a group for each core: small matrices share one core better than one matrix shares two."""
    if device != "cpu":
        return ThreadPoolExecutor(1)
    return ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,))


def load(folder: Path, device: str):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=ATTENTION).to(device).train()


def bf16_is_fast(device: str) -> bool:
    return device != "cpu" or torch.cpu._is_avx512_bf16_supported()


def kl(target: torch.Tensor, margins: torch.Tensor) -> torch.Tensor:
    """Mean KL of Bernoulli(target) from Bernoulli(sigmoid(margin)), in nats."""
    own = torch.special.xlogy(target, target) + torch.special.xlogy(1 - target, 1 - target)
    return (own + F.binary_cross_entropy_with_logits(margins, target, reduction="none")).mean()


def listwise(gains: torch.Tensor, margins: torch.Tensor) -> torch.Tensor:
    """Cross-entropy between a group's gains and the softmax of its margins; 0 where nothing is relevant."""
    return -(gains / gains.sum().clamp(min=1) * F.log_softmax(margins, 0)).sum()


def say(line: str) -> None:
    print(time.strftime("%H:%M:%S "), line, flush=True)


if __name__ == "__main__":
    main()
