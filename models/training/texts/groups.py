"""Turns drawn groups into token ids and target margins. Each group is encoded once in its plain
form, for which teachers compute margins, and in several variants to train on (shorter, without
title, or altered like real texts). All cores draw; the result depends on the seed only."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from texts import prompt
from texts.compressed import thinned
from learn.batches import EncodedGroup
from texts.data import Group, Text, TrainingData, pick
from texts.variations import Query, excerpt, vary_candidate, vary_query

QUERY_TOKENS = 96
JOB_KINDS = ("occupations", "postings")
PLAIN_TOKENS, PLAIN_TOKENS_OF_EIGHT = 192, 104
"""Most tokens of a candidate for teachers. The eight of a query-first group have fewer, to fit in a
row."""


@dataclass(frozen=True)
class Variant:
    """A group to train on. `of` is the index of its plain group. `queries` has the additions of
    each query; None for none."""

    of: int
    group: Group
    queries: list[Query | None]


@dataclass(frozen=True)
class Encoder:
    """Turns groups into token ids with the templates of the served models."""

    tokenizer: Tokenizer
    templates: dict

    @staticmethod
    def of(recipe_file: Path, recipe: dict, tokenizer_file: Path) -> tuple["Encoder", list[int]]:
        """Returns the encoder, and the ids of yes and no."""
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
        templates, label_ids = prompt.read_served(recipe_file, recipe, tokenizer)
        return Encoder(tokenizer, templates), label_ids

    def encode(self, group: Group, kind: str = "") -> EncodedGroup:
        template = self.templates[group.order]
        if group.order == "candidateFirst":
            shared = prompt.encode_prefix(self.tokenizer, template, {"instruction": group.instruction}) + self.candidate(template, group.shared, group.text_tokens)
            own = [prompt.encode_suffix(self.tokenizer, template, {"query": other.text})[-QUERY_TOKENS:] for other in group.others]
        else:
            request = {"instruction": group.instruction, "query": group.shared.text}
            shared, suffix = prompt.encode_prefix(self.tokenizer, template, request), prompt.encode_suffix(self.tokenizer, template, request)
            own = [self.candidate(template, other, group.text_tokens) + suffix for other in group.others]
        return EncodedGroup(np.array(shared, np.int32), [np.array(ids, np.int32) for ids in own], kind=kind)

    def candidate(self, template: dict, text: Text, limit: int) -> list[int]:
        return prompt.encode_candidate(self.tokenizer, template, {"title": text.title, "text": text.text})[:limit]


def plain(group: Group, options: dict) -> Group:
    """The form for teachers, with more of the text than the variants have."""
    return replace(group, text_tokens=options.get("plainTokens", PLAIN_TOKENS) if group.order == "candidateFirst" else PLAIN_TOKENS_OF_EIGHT)


def vary(rng: random.Random, data: TrainingData, group: Group, options: dict, is_posting: bool) -> tuple[Group, list[Query | None]]:
    """A variant of a group, and the changed query of each of its pairs; None for an unchanged
    one."""
    candidate_first = group.order == "candidateFirst"
    tokens = pick(rng, options["textTokens" if candidate_first else "queryFirstTextTokens"])
    varied = rng.random() < options["variedShare"]

    def candidate(text: Text) -> Text:
        shown = text if text.title is None or rng.random() < options.get("shownTitleShare", options["titleShare"]) else Text(text.text, text.codes)
        short = data.compressed.get(text.text)
        if short and rng.random() < options["compressedShare"]:
            return replace(shown, text=thinned(rng, rng.choice(short), options["thinnedShare"]))
        return vary_candidate(rng, data, shown, tokens, is_posting) if varied else replace(shown, text=excerpt(rng, shown.text, tokens))

    def query(text: Text, rivals: tuple[str, ...]) -> Query | None:
        return vary_query(rng, data, text, list(rivals)) if rng.random() < options["variedQueryShare"] else None

    if candidate_first:
        queries = [query(other, group.shared.codes) for other in group.others]
        others = [replace(other, text=asked.text) if asked else other for other, asked in zip(group.others, queries)]
        return replace(group, shared=candidate(group.shared), others=others, text_tokens=tokens), queries
    asked = query(group.shared, tuple(code for other in group.others for code in other.codes))
    shared = replace(group.shared, text=asked.text) if asked else group.shared
    return replace(group, shared=shared, others=[candidate(other) for other in group.others], text_tokens=tokens), [asked] * len(group.others)


def wanted(plain_group: Group, queries: list[Query | None], margins: np.ndarray) -> np.ndarray:
    """The target margins of a variant: those of the plain group, adjusted to the additions of its
    queries."""
    def of_pair(i: int, query: Query | None) -> float:
        asked, candidate = plain_group.others[i], plain_group.shared
        if plain_group.order != "candidateFirst":
            asked, candidate = candidate, asked
        return query.target(float(margins[i]), asked, candidate) if query else float(margins[i])

    return np.array([of_pair(i, query) for i, query in enumerate(queries)], np.float32)


@dataclass(frozen=True)
class Drawn:
    """`plain[i]` and `margins[i]` belong to `groups[i]`, and `encoded[j]` to `variants[j]`. The
    margins of graded groups are zeros until they are known."""

    groups: list[Group]
    plain: list[EncodedGroup]
    variants: list[Variant]
    encoded: list[EncodedGroup]
    margins: list[np.ndarray]


Source = Callable[[random.Random], tuple[Group, np.ndarray | None]]


def draw(source: Source, data: TrainingData, encoder: Encoder, options: dict, count: int, variants: int, seed: str, kind: str) -> Drawn:
    """Draws `count` groups of a source, each in `variants` variants."""
    groups, plain_ones, made, encoded, margins = [], [], [], [], []
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        group, known = source(rng)
        if not group.others:
            continue
        for _ in range(variants):
            variant, queries = vary(rng, data, group, options, kind in JOB_KINDS)
            made.append(Variant(len(groups), variant, queries))
            encoded.append(encoder.encode(variant, kind))
        groups.append(group)
        plain_ones.append(encoder.encode(plain(group, options), kind))
        margins.append(np.zeros(len(group.others)) if known is None else known)
    return Drawn(groups, plain_ones, made, encoded, margins)


def joined(parts: list[Drawn]) -> Drawn:
    groups, plain_ones, variants, encoded, margins = [], [], [], [], []
    for part in parts:
        variants += [replace(variant, of=variant.of + len(groups)) for variant in part.variants]
        groups += part.groups
        plain_ones += part.plain
        encoded += part.encoded
        margins += part.margins
    return Drawn(groups, plain_ones, variants, encoded, margins)


class Occupations:
    """Draws groups with grades on all cores."""

    CHUNK = 50

    def __init__(self, read_data: Callable[[], TrainingData], encoder: Encoder, options: dict, processes: int):
        self.work = (read_data, encoder, options)
        self.processes = processes

    def draw(self, count: int, variants: int, seed: str) -> Drawn:
        chunks = [(at // self.CHUNK, min(self.CHUNK, count - at), variants, seed) for at in range(0, count, self.CHUNK)]
        with Pool(self.processes, start_worker, self.work) as pool:
            return joined(pool.starmap(draw_chunk, chunks, chunksize=1))


worker: dict = {}


def start_worker(read_data: Callable[[], TrainingData], encoder: Encoder, options: dict) -> None:
    worker.update(data=read_data(), encoder=encoder, options=options)


def draw_chunk(number: int, count: int, variants: int, seed: str) -> Drawn:
    data, encoder, options = worker["data"], worker["encoder"], worker["options"]
    return draw(lambda rng: (data.draw(rng, options), None), data, encoder, options, count, variants, f"{seed}/{number}", "occupations")
