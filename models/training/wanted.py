"""The target margins of every group: from grades, from an embedding model, and from the answers of
an earlier stage's model.

`wanted` of a stage in the recipe has the weights: `grades`, `teacher` (the embedding model after
fine-tuning on the grades), and `answers` of stages, each with its share. Occupations use all three,
unlabelled postings the embedding model and the answers, other texts the embedding model only.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from learn.batches import EncodedGroup, margins
from learn.ranker import Ranker
from learn.teacher import Embedder, cosine_to_margin, passage
from learn.train import say
from texts.data import Group
from texts.groups import JOB_KINDS, Drawn

JUDGED_SAMPLE = 400
"""Number of groups on which cosines are compared with grades."""
LIMIT = 2.0
"""Deviations of a cosine from the mean of its grade are clipped to this many standard
deviations."""


class WantedMargins:
    def __init__(self, recipe: dict, embedder_folder: Path, device: str, share: float):
        self.recipe, self.embedder_folder, self.device, self.share = recipe, embedder_folder, device, share
        grades = np.array(recipe["grades"])
        self.of_grade = np.log(grades / (1 - grades))
        self.untuned: Embedder | None = None

    def embedder(self) -> Embedder:
        if self.untuned is None:
            self.untuned = Embedder(self.embedder_folder, self.device)
        return self.untuned

    def of_cosines(self, groups: list[Group]) -> Callable[[np.ndarray], np.ndarray]:
        """A function from cosines to margins, fitted to graded groups."""
        judged = [group for group in groups if group.order == "candidateFirst"][:JUDGED_SAMPLE]
        cosines = cosines_of(self.embedder(), judged)
        return cosine_to_margin(np.concatenate(cosines), self.of_grade[np.concatenate([group.grades for group in judged])])

    def of_groups(self, wanted: dict, drawn: Drawn, answers: Callable[[str, list[EncodedGroup]], list[np.ndarray]]) -> list[np.ndarray]:
        """The target margins of every plain group. Where `answers` are used, a group has targets
        for only as many of its texts as the answers cover."""
        kinds = [encoded.kind for encoded in drawn.plain]
        found = list(drawn.margins)
        judged = [i for i, kind in enumerate(kinds) if kind == "occupations"]
        for i, own in zip(judged, self.of_occupations(wanted, [drawn.groups[i] for i in judged])):
            found[i] = own
        if "answers" in wanted:
            jobs = [i for i, kind in enumerate(kinds) if kind in JOB_KINDS]
            plain, rest = [drawn.plain[i] for i in jobs], 1 - sum(wanted["answers"].values())
            answered = [(share, answers(of, plain)) for of, share in wanted["answers"].items()]
            for place, i in enumerate(jobs):
                own = sum(share * given[place] for share, given in answered)
                found[i] = rest * found[i][: len(own)] + own
        return found

    def of_occupations(self, wanted: dict, groups: list[Group]) -> list[np.ndarray]:
        graded = [self.of_grade[group.grades] for group in groups]
        if "teacher" not in wanted:
            return graded
        settings, untuned = self.recipe["teacher"], cosines_of(self.embedder(), groups)
        by_grade = [own + settings["withinGrade"] * away for own, away in zip(graded, deviations(groups, untuned))]
        teacher = Embedder(self.embedder_folder, self.device)
        first = [i for i, group in enumerate(groups) if group.order == "candidateFirst"]
        steps = max(2, round(settings["steps"] * min(1, 4 * self.share)))
        teacher.fine_tune([groups[i] for i in first], [graded[i] for i in first], steps, settings["learningRate"], str(self.recipe["seed"]))
        of_teacher = [teacher.margin(cosines) for cosines in cosines_of(teacher, groups)]
        part = wanted["grades"] / (wanted["grades"] + wanted["teacher"])
        return [part * own + (1 - part) * other for own, other in zip(by_grade, of_teacher)]


def cosines_of(embedder: Embedder, groups: list[Group]) -> list[np.ndarray]:
    """The cosines of every group's shared text with its other texts."""
    texts = sorted({passage(text) for group in groups for text in (group.shared, *group.others)})
    place = {text: i for i, text in enumerate(texts)}
    vectors = embedder.embed(texts).astype(np.float32)
    return [vectors[[place[passage(other)] for other in group.others]] @ vectors[place[passage(group.shared)]] for group in groups]


def deviations(groups: list[Group], cosines: list[np.ndarray]) -> list[np.ndarray]:
    """How many standard deviations each cosine differs from the mean of its grade, clipped to
    LIMIT."""
    all_grades, all_cosines = np.concatenate([group.grades for group in groups]), np.concatenate(cosines)
    usual = np.array([all_cosines[all_grades == grade].mean() if (all_grades == grade).any() else 0.0 for grade in range(5)])
    spread = max(1e-6, float(np.sqrt(np.mean((all_cosines - usual[all_grades]) ** 2))))
    return [np.clip((own - usual[group.grades]) / spread, -LIMIT, LIMIT) for group, own in zip(groups, cosines)]


def answers_of(name: str, model: Ranker, groups: list[EncodedGroup], device: str) -> list[np.ndarray]:
    """A ranker's margins for every group; prints progress every 30 seconds."""
    started = told = time.monotonic()

    def tell(share: float) -> None:
        nonlocal told
        if time.monotonic() - told > 30:
            told = time.monotonic()
            say(f"answers of {name}: {share:.0%}, {(told - started) * (1 - share) / share / 60:.1f} min left")

    return margins(model, groups, device, tell)
