"""Variations of texts: postings that were scraped, pasted or written in capitals, and the additions
that people make to queries.

A variation changes the form and not the meaning, so a pair keeps its target margin. `Query` has the
exceptions (seniority, negation). What normalization removes (entities, tags, full-width letters)
needs no training.
"""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from texts.data import Text, TrainingData, best_grade, pick

BOILERPLATE = json.loads((Path(__file__).parent / "boilerplate.json").read_text())
PARAGRAPHS = ("equal", "company", "benefits", "apply", "legal", "site")
PLACES = [
    "at a hospital", "in a hospital", "in a school", "at a university", "for a law firm", "in a bank", "at a hotel", "in a restaurant", "at an airport", "in a warehouse",
    "for the city", "for a construction company", "in a nursing home", "at a software company", "on a farm", "in a prison", "for the military", "in a laboratory",
    "at a car dealership", "in a factory", "in a grocery store", "for an insurance company", "at a museum", "on a ship", "near me", "in Chicago", "in Texas", "remote",
]
JUNIOR, SENIOR = ("junior", "entry level", "trainee", "assistant", "apprentice", "intern"), ("senior", "lead", "supervisory", "chief", "head", "principal")
SENIORITY = {"entry level {}": -1, "junior {}": -1, "{} no experience": -1, "{} trainee": -1, "senior {}": 1, "lead {}": 1, "{} supervisor": 1, "experienced {}": 0}
NEGATIONS = ["{}, not {}", "{} but not {}", "{} (no {})", "{}, no {} please", "{} instead of {}", "{} -{}"]
REFUSED = -3.0
"""The largest margin of a candidate that the query excludes."""
LIST_MARKS = ["- ", "* ", "• ", "1) ", "» ", "– "]


@dataclass(frozen=True)
class Query:
    """A changed query, the level that it asks for (-1 junior, 1 senior), and the occupations that
    it excludes."""

    text: str
    level: int = 0
    refused: tuple[str, ...] = ()

    def target(self, plain: float, asked: Text, candidate: Text) -> float:
        """The target margin of a candidate. `plain` is the margin for the query without its
        additions."""
        if self.refused and best_grade(Text("", self.refused), candidate) > best_grade(asked, candidate):
            return min(plain, REFUSED)
        level = level_of(candidate)
        return plain + (0.4 if level == self.level else -0.8) if self.level and level else plain


def level_of(candidate: Text) -> int:
    words = f" {(candidate.title or candidate.text[:80]).lower()} "
    return 1 if any(f" {word} " in words for word in SENIOR) else -1 if any(f" {word} " in words for word in JUNIOR) else 0


def vary_query(rng: random.Random, data: TrainingData, asked: Text, rivals: list[str]) -> Query:
    """Changes a query. `rivals` are occupations that a negation may exclude, such as the
    candidate's."""
    additions = [("place", 3), ("level", 2), ("negation", 2), ("short", 4)] if asked.codes else []
    kind = pick(rng, [("case", 3), ("typos", 2), *additions])
    text = asked.text
    if kind == "place" and len(text.split()) < 6:
        return Query(f"{text}{rng.choice([' ', ', '])}{rng.choice(PLACES)}")
    if kind == "level" and len(text.split()) < 5 and level_of(Text("", (), text)) == 0:
        pattern, level = rng.choice(list(SENIORITY.items()))
        return Query(pattern.format(text), level)
    rivals = [code for code in rivals if code not in asked.codes]
    if kind == "negation" and rivals and len(text.split()) < 6:
        rival = rng.choice(rivals)
        title = rng.choice(data.occupation(rival).titles[:12]) if data.knows(rival) else None
        if title:
            return Query(rng.choice(NEGATIONS).format(text, title.lower()), refused=(rival,))
    if kind == "typos":
        return Query(with_typos(rng, text, 0.15))
    if kind == "short":
        return Query(data.abbreviated(rng, text))
    return Query(rng.choice([str.upper, str.lower, str.title, str.capitalize])(text))


def vary_candidate(rng: random.Random, data: TrainingData, candidate: Text, tokens: int, is_posting: bool) -> Text:
    """Changes a candidate. `tokens` is the number of tokens that will be read: a boilerplate
    paragraph is put first only if tokens are left for the text."""
    title, text = candidate.title, candidate.text
    kinds = {"lower": 3, "list": 3, "typos": 2, "shuffled": 1, "glued": 1, "upper": 1}
    if is_posting:
        kinds |= {"after": 4, "within": 1, "header": 3, "short": 2} | ({"before": 5} if tokens >= 128 else {})
    for kind in {pick(rng, list(kinds.items())) for _ in range(rng.choice([1, 1, 2]))}:
        if kind in ("lower", "upper"):
            change = str.lower if kind == "lower" else str.upper
            title, text = title and change(title), change(text) if rng.random() < 0.7 else text
        elif kind in ("before", "after", "within"):
            text = with_paragraph(rng, text, kind, 45 if tokens < 200 else 90)
        elif kind == "header":
            text = rng.choice(["\n", " ", " | ", ". "]).join([*headers(rng), text])
        elif kind == "list":
            mark, end = rng.choice(LIST_MARKS), rng.choice(["\n", " "])
            text = end.join(mark + sentence for sentence in sentences(text))
        elif kind == "shuffled":
            parts = sentences(text)
            rng.shuffle(parts)
            text = " ".join(parts)
        elif kind == "glued":
            text = re.sub(r"([.;:,]) ", lambda mark: mark[1] if rng.random() < 0.6 else mark[0], text)
        elif kind == "short" and title:
            title = data.abbreviated(rng, title)
        elif kind == "typos":
            title, text = title and with_typos(rng, title, 0.05), with_typos(rng, text, 0.05)
    return Text(text, candidate.codes, title)


def with_paragraph(rng: random.Random, text: str, where: str, words: int) -> str:
    kind = pick(rng, [("equal", 3), ("company", 3), ("benefits", 2), ("apply", 2), ("legal", 2), ("site", 1), ("mixed", 3)])
    choices = BOILERPLATE[kind] if kind != "mixed" else [line for name in PARAGRAPHS for line in BOILERPLATE[name]]
    lines: list[str] = []
    for line in rng.sample(choices, min(len(choices), 5)):
        if lines and len(" ".join([*lines, line]).split()) > words:
            break
        lines.append(line)
    paragraph, between = " ".join(lines), rng.choice([" ", "\n", "\n\n"])
    if where == "within":
        parts = sentences(text)
        at = rng.randint(0, len(parts))
        return between.join([" ".join(parts[:at]), paragraph, " ".join(parts[at:])])
    return between.join([paragraph, text] if where == "before" else [text, paragraph])


def headers(rng: random.Random) -> list[str]:
    chosen = rng.sample(BOILERPLATE["header"], rng.randint(1, 4))
    return [line.format(number=rng.randint(1000, 999999), place=rng.choice(BOILERPLATE["places"]), grade=rng.randint(3, 15)) for line in chosen]


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.;])\s+", text) if part]


def with_typos(rng: random.Random, text: str, share: float) -> str:
    return " ".join(misspelt(rng, word) if len(word) > 3 and rng.random() < share else word for word in text.split(" "))


def misspelt(rng: random.Random, word: str) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    middle = (word[at + 1] + word[at], word[at] * 2 + word[at + 1], word[at + 1])[kind]
    return word[:at] + middle + word[at + 2 :]


def excerpt(rng: random.Random, text: str, tokens: int) -> str:
    """For a small number of tokens: often scattered clauses instead of the beginning, as a
    compressor would select."""
    if tokens > 64 or rng.random() < 0.45:
        return text
    parts = [part.strip() for part in re.split(r"(?<=[.;])\s+|, (?=\w+ing\b)", text) if len(part.split()) >= 2]
    if len(parts) < 3:
        return text
    kept = sorted(rng.sample(range(len(parts)), min(len(parts), rng.randint(1, max(2, tokens // 6)))))
    return " ".join(parts[i] for i in kept)
