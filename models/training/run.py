"""Makes a ranker by a recipe, stage after stage: dense, pruned, recovered, cut, robust, int8, compressed.

    python run.py --recipe recipe.json --data DATA --texts TEXTS --embedder FOLDER --to out [--share 0.02] [--dev-queries 20] [--stage NAME ...] [--given NAME=FOLDER ...] [--compressed FILE ...]

Each stage writes `out/NAME/last`, a Hugging Face folder, and goes on where it was when it is started again. `--share` takes a part of
every stage's groups and tokens: the same recipe in small, on a CPU. `--stage` runs only those; `--given` takes a checkpoint from
elsewhere in the place of a stage's, such as `--given base=FOLDER`. `--compressed`: what `slmrank compress` wrote of the train postings,
without which the stage `compressed` is left out. At the end a table shows dev figures of every checkpoint.
"""

import argparse
import json
import os
import pickle
import random
import subprocess
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch

from checkpoints.calibration import write_rows
from checkpoints.init import from_gguf
from evaluate import evaluate
from learn.batches import EncodedGroup
from learn.ranker import Ranker, read_ranker
from learn.train import Options, Trainer, say
from texts.compressed import is_held_out as is_occupation_held_out
from texts.data import TrainingData
from texts.general import GeneralGroups, is_held_out, read_sources
from texts.groups import Drawn, Encoder, Occupations, draw, joined, wanted
from wanted import WantedMargins, answers_of

ROOT = Path(__file__).resolve().parents[2]
TITLE_GROUPS = 400
"""Groups whose queries unlabelled postings are judged with, beside their own titles."""


class Run:
    def __init__(self, args):
        self.args, self.out, self.device = args, args.to.resolve(), args.device
        self.recipe_file = args.recipe.resolve()
        self.recipe = json.loads(self.recipe_file.read_text())
        self.given = {name: Path(folder).resolve() for name, folder in (each.split("=", 1) for each in args.given)}
        self.data = TrainingData(args.data)
        self.wanted = WantedMargins(self.recipe, args.embedder, args.device, args.share)

    def all(self) -> None:
        stages = self.recipe["stages"]
        unknown = sorted({*self.args.stage, *self.given} - {*stages, "base"})
        if unknown:
            raise SystemExit(f"the recipe has no stage {', '.join(unknown)}; it has {', '.join(stages)}")
        self.encoder, self.label_ids = Encoder.of(self.recipe_file, self.recipe, self.folder("base") / "tokenizer.json")
        for name, stage in stages.items():
            wanted_now = name in self.args.stage if self.args.stage else name not in self.given and self.has_texts(stage)
            if wanted_now and not (self.out / name / "done").exists():
                started = time.monotonic()
                say(f"stage {name}")
                self.run_stage(name, stage)
                (self.out / name / "done").write_text(f"{time.monotonic() - started:.0f} s\n")
        self.table()

    def has_texts(self, stage: dict) -> bool:
        return bool(self.args.compressed) or not self.recipe["sets"].get(stage.get("set"), {}).get("compressed")

    def run_stage(self, name: str, stage: dict) -> None:
        if "prune" in stage:
            self.prune(name, stage)
        elif "quantize" in stage:
            self.quantize(name, stage)
        else:
            self.train(name, stage)

    def folder(self, name: str) -> Path:
        """Where a stage's checkpoint is; the base one is made of the GGUF file that its recipe fetches."""
        if name in self.given:
            return self.given[name]
        folder = self.out / name / "last"
        if name == "base" and not folder.exists():
            self.slmrank("model", "build", "--recipe", "smollm2-135m-instruct")
            folder.mkdir(parents=True)
            from_gguf(ROOT / "models/cache/SmolLM2-135M-Instruct.Q4_1.gguf", folder)
        return folder

    def train(self, name: str, stage: dict) -> None:
        drawn = self.kept(f"sets/{stage['set']}", lambda: self.draw(stage["set"]))
        groups = self.with_targets(name, stage, drawn)
        model = read_ranker(self.folder(stage["from"]), self.label_ids, stage.get("layers"))
        if "adapter" in stage:
            model.adapt(**stage["adapter"], seed=self.recipe["seed"])
        model = model.compiled() if self.device == "cuda" else model
        options = Options.of(self.recipe, name, self.device, self.args.share)
        Trainer(model, groups, options, self.out / name, self.device).run(self.folder(stage["from"]))

    def draw(self, name: str) -> Drawn:
        counts = dict(self.recipe["sets"][name])
        options, variants = self.recipe["groups"] | counts.pop("groups", {}), counts.pop("variants")
        read_data = partial(TrainingData, self.args.data)
        if counts.pop("compressed", False):
            read_data = partial(read_data, hold_out=is_occupation_held_out, compressed=self.args.compressed)
        data = read_data()
        counts = {kind: round(count * self.args.share) for kind, count in counts.items()}
        seed = f"{self.recipe['seed']}/{name}"
        occupations = Occupations(read_data, self.encoder, options, os.cpu_count() or 1).draw(counts.pop("occupations"), variants, seed)
        say(f"{len(occupations.groups):,} groups of occupations")
        embedder, to_margin = self.wanted.embedder(), self.wanted.of_cosines(occupations.groups)
        parts = [occupations]
        titles = sorted({other.text for group in occupations.groups[:TITLE_GROUPS] if group.order == "candidateFirst" for other in group.others})
        for kind, documents in read_sources(self.args.texts, self.args.data / "postings").items():
            if not counts.get(kind):
                continue
            rng = random.Random(f"{seed}/{kind}")
            kept = [document for document in documents if kind == "postings" or not is_held_out(document)]
            kept = rng.sample(kept, min(len(kept), 5 * counts[kind]))
            source = GeneralGroups(kind, kept, titles if kind == "postings" else [], embedder, to_margin)
            parts.append(draw(lambda rng: source.draw(rng, options), data, self.encoder, options, counts[kind], 1, f"{seed}/{kind}", kind))
            say(f"{counts[kind]:,} groups of {kind}")
        return joined(parts)

    def with_targets(self, name: str, stage: dict, drawn: Drawn) -> list[EncodedGroup]:
        plain = self.kept(f"wanted/{name}", lambda: self.wanted.of_groups(stage["wanted"], drawn, lambda of, groups: self.answers(stage, of, groups)))
        ready = []
        for variant, encoded in zip(drawn.variants, drawn.encoded):
            of = plain[variant.of]
            targets = wanted(drawn.groups[variant.of], variant.queries[: len(of)], of)
            ready.append(EncodedGroup(encoded.shared, encoded.others[: len(of)], targets, encoded.kind))
        random.Random(self.recipe["seed"]).shuffle(ready)
        return ready

    def answers(self, stage: dict, of: str, groups: list[EncodedGroup]) -> list[np.ndarray]:
        def ask() -> list[np.ndarray]:
            return answers_of(of, read_ranker(self.folder(of), self.label_ids).to(self.device), groups, self.device)

        return self.kept(f"answers/{stage['set']}-{of}", ask)

    def prune(self, name: str, stage: dict) -> None:
        options = stage["prune"]
        self.slmrank(
            "model", "prune", "--from", self.folder(stage["from"]), "--to", self.out / name / "last", "--mlp-keep", options["mlpKeep"],
            "--drop-layers", options["dropLayers"], "--calibrate", self.calibration(), "--tokens", self.calibration_tokens(options), "--labels", " yes, no", *self.templates(),
        )

    def quantize(self, name: str, stage: dict) -> None:
        options = stage["quantize"]
        floats = ["--float", ",".join(options["floats"])] if options.get("floats") else []
        self.slmrank(
            "model", "quantize", "--from", self.folder(stage["from"]), "--to", self.out / name / "last", "--labels", " yes, no",
            "--calibrate", self.calibration(), "--tokens", self.calibration_tokens(options), *floats, *self.templates(),
        )

    def templates(self) -> list[str]:
        """Calibration rows take them in turn."""
        return [argument for file in self.recipe["templates"].values() for argument in ("--template", str(self.recipe_file.parent / file))]

    def calibration_tokens(self, options: dict) -> int:
        """A share of a tenth takes all of them: they are few."""
        return max(512, round(options["calibrationTokens"] * min(1, 10 * self.args.share)))

    def calibration(self) -> Path:
        file = self.out / "calibration.jsonl.gz"
        if not file.exists():
            write_rows(self.recipe, self.data, 512, file)
        return file

    def slmrank(self, *arguments) -> None:
        subprocess.run(["npm", "run", "-s", "slmrank", "--", *map(str, arguments)], cwd=ROOT, check=True)

    def kept(self, name: str, make):
        """What was made once for this recipe's seed and share, and kept on disk."""
        file = self.out / f"{name}-{self.args.share:g}.pickle"
        if not file.exists():
            made = make()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.with_suffix(".part").write_bytes(pickle.dumps(made))
            file.with_suffix(".part").rename(file)
        return pickle.loads(file.read_bytes())

    def table(self) -> None:
        """Dev figures of every checkpoint that there is, or of those of `--stage`; kept in `figures.json`."""
        figures_file = self.out / "figures.json"
        figures = json.loads(figures_file.read_text()) if figures_file.exists() else {}
        dev = self.args.data / "jobs-bench" / "dev"
        for name in self.args.stage or ("base", *self.recipe["stages"]):
            file = self.folder_if_there(name)
            if name not in figures and file is not None:
                model = read_ranker(file, self.label_ids).to(self.device)
                shown, hidden = (evaluate(model, self.encoder, dev, "dev", self.device, titles, limit=self.args.dev_queries) for titles in (True, False))
                figures[name] = {"parameters": count_parameters(model), "dev": shown, "withoutTitles": hidden["all"]}
                figures_file.write_text(json.dumps(figures, indent=2) + "\n")
        kinds = sorted({kind for row in figures.values() for kind in row["dev"]})
        print(f"{'':12}{'parameters':>12}" + "".join(f"{kind:>14}" for kind in kinds) + f"{'no titles':>12}")
        for name, row in figures.items():
            values = "".join(f"{row['dev'][kind]:14.4f}" for kind in kinds)
            print(f"{name:12}{row['parameters'] / 1e6:11.1f}M{values}{row['withoutTitles']:12.4f}")

    def folder_if_there(self, name: str) -> Path | None:
        """Of checkpoints in floats: `slmrank eval` measures the int8 one."""
        folder = self.given.get(name, self.out / name / "last")
        compact = "quantize" in self.recipe["stages"].get(name, {})
        return None if compact or not (folder / "model.safetensors").exists() else folder


def count_parameters(model: Ranker) -> int:
    return sum(parameter.numel() for parameter in model.parameters()) + model.embedding.numel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("recipe", "data", "texts", "embedder", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--stage", action="append", default=[])
    parser.add_argument("--given", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--compressed", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--dev-queries", type=int, help="measure on the first so many queries only")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    Run(parser.parse_args()).all()


if __name__ == "__main__":
    main()
