"""Training groups: a text and the texts judged against it, with grades derived from occupations.

One packed forward pass scores one group: the shared text (a candidate in candidate-first order, a
query in query-first order) and the texts that follow it. Grades compare O*NET-SOC codes, as the
data's own judgements do: 4 for the same detailed occupation, 3 broad, 2 minor, 1 major, else 0.
ESCO texts compare their ISCO-08 groups in the same way.

Occupations of the dev folders are never used: their codes, their O*NET titles, tasks and
descriptions, and every ESCO occupation that shares a label with one of their titles.
"""

import csv
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from texts.compressed import read_compressed
from texts.files import read_jsonl

NEEDS = [
    "I want a job where I {}", "looking for work where I would {}", "position where you {}", "something where I can {}", "{}",
    "I am good at this: {}", "job: {}", "I would like to {}", "roles that let me {}", "who hires people to {}",
]
GERUND_NEEDS = ["work {}", "job that involves {}", "I am good at {}, what job fits", "I enjoy {}", "experience in {}", "{}"]
INSTRUCTIONS = [
    "Judge whether the document is what the query asks for.",
    "Given a search query, find the documents that satisfy it.",
    "Given a job search query, retrieve job postings that match it.",
    "Decide whether the text is relevant to the search.",
    "Is this posting a good result for what the person searched?",
    "Rank job postings for the searcher.",
    "Answer yes if the document is relevant to the query, otherwise no.",
    "Given a web search query, retrieve relevant passages that answer the query.",
]
TITLE_QUERIES = ["{}", "{}", "{}", "{}", "{} job", "{} jobs", "{} position", "work as {}", "hiring {}"]
AMBIGUOUS = 4
"""A title that this many occupations or more share is too ambiguous to use."""


@dataclass
class Occupation:
    code: str
    titles: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    description: str = ""


@dataclass(frozen=True)
class Text:
    """A query or a candidate. `codes` are its occupations."""

    text: str
    codes: tuple[str, ...]
    title: str | None = None


@dataclass(frozen=True)
class Group:
    order: str
    instruction: str | None
    shared: Text
    others: list[Text]
    grades: list[int]
    text_tokens: int


def grade(left: str, right: str) -> int:
    """The grade of two codes, O*NET-SOC `29-1215.00` or ISCO-08 `isco:2166`; 0 for a mixed pair."""
    lengths = (9, 8, 7, 6) if left.startswith("isco:") else (7, 6, 4, 2)
    if left.startswith("isco:") != right.startswith("isco:"):
        return 0
    if left.startswith("isco:") and left.split("#")[-1] == right.split("#")[-1]:
        return 4
    levels = (None, *lengths[:3]) if left.startswith("isco:") else lengths
    for value, length in zip((4, 3, 2, 1), levels):
        if length is not None and left[:length] == right[:length]:
            return value
    return 0


def best_grade(query: Text, candidate: Text) -> int:
    return max((grade(left, right) for left in query.codes for right in candidate.codes), default=0)


class TrainingData:
    """The data that groups are drawn from. `root` is the data folder, whose README names the
    files."""

    def __init__(self, root: Path, hold_out: Callable[[str], bool] = lambda code: False, compressed: Sequence[Path] = ()):
        """`hold_out`: detailed occupations to leave out beside those of dev; `compressed`: files of `read_compressed`."""
        held = dev_codes(root) | {code for code in posting_codes(root) if hold_out(code)}
        self.occupations, held_titles = read_onet(root / "onet-27.0", held)
        self.esco = read_esco(root / "esco-occupations", held_titles)
        self.postings, self.judged = read_postings(root / "jobs-bench" / "train", held)
        self.judged_with = defaultdict(list)
        for query, candidates in self.judged:
            for candidate in candidates:
                self.judged_with[candidate.text].append(query)
        self.by_level = index_levels([*self.occupations, *self.esco])
        self.postings_by_level = index_levels([text.codes[0] for text in self.postings], self.postings)
        self.task_verbs = {task.split(" ")[0].lower() for occupation in self.occupations.values() for task in occupation.tasks}
        self.title_codes = defaultdict(set)
        for occupation in [*self.occupations.values(), *self.esco.values()]:
            for title in occupation.titles:
                self.title_codes[title.lower()].add(occupation.code)
        self.short_forms = read_short_forms(root / "onet-27.0", held)
        self.spelt_alike = index_spelling(self.title_codes)
        self.compressed = read_compressed(compressed, [root / "jobs-bench" / "train" / "corpus.jsonl.gz", root / "postings" / "postings.jsonl.gz"])

    def summary(self) -> str:
        return f"{len(self.postings)} postings, {len(self.judged)} judged queries, {len(self.occupations)} O*NET and {len(self.esco)} ESCO occupations"

    def draw(self, rng: random.Random, options: dict) -> Group:
        source = pick(rng, list(options["sources"].items()))
        candidate_first = rng.random() < options["candidateFirstShare"]
        instruction = None if rng.random() < options["defaultInstructionShare"] else rng.choice(INSTRUCTIONS)
        if candidate_first:
            shared = self.candidate(rng, source, options)
            others = self.queries_for(rng, shared, options["queriesPerCandidate"])
            grades = [best_grade(query, shared) for query in others]
            tokens = pick(rng, options["textTokens"])
            return Group("candidateFirst", instruction, shared, others, grades, tokens)
        shared, others = self.candidates_for(rng, source, options)
        grades = [best_grade(shared, candidate) for candidate in others]
        return Group("queryFirst", instruction, shared, others, grades, pick(rng, options["queryFirstTextTokens"]))

    def candidate(self, rng: random.Random, source: str, options: dict, code: str | None = None) -> Text:
        """An unchanged posting, or a text made from an occupation's title, tasks and
        description."""
        if source == "posting":
            text = rng.choice(self.postings_by_level[code[:7]] if code else self.postings)
        else:
            text = self.made_candidate(rng, code or rng.choice(list(self.occupations if source == "onet" else self.esco)))
        return text if rng.random() < options["titleShare"] else Text(text.text, text.codes)

    def made_candidate(self, rng: random.Random, code: str) -> Text:
        occupation = self.occupation(code)
        parts = rng.sample(occupation.tasks, min(len(occupation.tasks), rng.randint(2, 6)))
        if occupation.description and (not parts or rng.random() < 0.4):
            parts.insert(0, occupation.description)
        title = rng.choice(occupation.titles)
        return Text(" ".join(parts), (code,), title if rng.random() < 0.5 else title.title())

    def knows(self, code: str) -> bool:
        return code in self.occupations or code in self.esco

    def abbreviated(self, rng: random.Random, text: str) -> str:
        """Replaces `registered nurse` by `RN` or the reverse, if O*NET has both forms."""
        found = self.short_forms.get(text.lower())
        if not found:
            return text
        short = rng.choice(found)
        return short if rng.random() < 0.7 else short.lower()

    def alike_in_letters(self, rng: random.Random, code: str) -> Text | None:
        """A title of another field with a word that starts like one of this occupation's titles
        (`barista`, `barrister`)."""
        words = [word for word in rng.choice(self.occupation(code).titles).lower().split() if len(word) >= 5]
        choices = [title for word in words for title in self.spelt_alike.get(word[:4], []) if word not in title.split()]
        for title in rng.sample(choices, min(len(choices), 6)):
            codes = tuple(sorted(self.title_codes[title]))
            if len(codes) < AMBIGUOUS and max(grade(code, other) for other in codes) <= 1:
                return Text(title, codes)
        return None

    def occupation(self, code: str) -> Occupation:
        return self.occupations[code] if code in self.occupations else self.esco[code]

    def queries_for(self, rng: random.Random, candidate: Text, count: int) -> list[Text]:
        """Judged queries of the candidate's pool first, because their negatives are similar; then
        titles and needs of near and far occupations."""
        code = candidate.codes[0]
        queries = {}
        for query in self.pool_queries(rng, candidate, count // 3):
            queries.setdefault(query.text.lower(), query)
        wanted = [(4, 0.34), (3, 0.14), (2, 0.18), (1, 0.12), (0, 0.22)]
        for _ in range(4 * count):
            if len(queries) >= count:
                break
            roll = rng.random()
            query = (
                self.own_words(rng, candidate) if roll < 0.04
                else self.alike_in_letters(rng, code) if roll < 0.08 and self.knows(code)
                else self.query_at(rng, code, pick(rng, wanted))
            )
            if query is not None:
                queries.setdefault(query.text.lower(), query)
        drawn = list(queries.values())
        rng.shuffle(drawn)
        return drawn

    def pool_queries(self, rng: random.Random, candidate: Text, count: int) -> list[Text]:
        pool = self.judged_with.get(candidate.text, [])
        return [restyle(rng, query) for query in rng.sample(pool, min(count, len(pool)))]

    def own_words(self, rng: random.Random, candidate: Text) -> Text | None:
        """A sentence of the candidate's own text: the most literal match."""
        sentences = [s for s in re.split(r"[.;]\s+", candidate.text) if 3 <= len(s.split()) <= 25]
        return Text(rng.choice(sentences).lower(), candidate.codes) if sentences else None

    def query_at(self, rng: random.Random, code: str, level: int) -> Text | None:
        """A query for an occupation that has this grade with `code`."""
        near = self.at_level(rng, code, level)
        if near is None:
            return None
        occupation = self.occupation(near)
        if occupation.tasks and rng.random() < 0.4:
            return Text(self.as_need(rng, occupation.tasks), (near,))
        title = rng.choice(occupation.titles)
        codes = tuple(sorted(self.title_codes[title.lower()]))
        return None if len(codes) >= AMBIGUOUS else restyle(rng, Text(rng.choice(TITLE_QUERIES).format(title), codes))

    def as_need(self, rng: random.Random, tasks: list[str]) -> str:
        """A sentence in plain language that asks to do one or two of an occupation's tasks."""
        text = " and ".join(shortened(rng, task) for task in rng.sample(tasks, 2 if len(tasks) > 1 and rng.random() < 0.25 else 1))
        if rng.random() < 0.45:
            return rng.choice(GERUND_NEEDS).format(with_gerunds(text, self.task_verbs))
        return rng.choice(NEEDS).format(text)

    def at_level(self, rng: random.Random, code: str, level: int) -> str | None:
        key = prefix_at(code, level)
        choices = self.by_level.get(key, []) if level else (self.by_level["isco:"] if code.startswith("isco:") else self.by_level["soc"])
        for _ in range(8):
            other = rng.choice(choices) if choices else None
            if other is not None and grade(code, other) == level:
                return other
        return None

    def candidates_for(self, rng: random.Random, source: str, options: dict) -> tuple[Text, list[Text]]:
        count = options["candidatesPerQuery"]
        if source == "posting" and rng.random() < 0.75:
            query, pool = rng.choice(self.judged)
            good = [c for c in pool if best_grade(query, c) >= 3]
            rest = [c for c in pool if best_grade(query, c) < 3]
            drawn = rng.sample(good, min(len(good), rng.randint(1, 3)))
            drawn += rng.sample(rest, min(len(rest), count - len(drawn)))
            kept = [c if rng.random() < options["titleShare"] else Text(c.text, c.codes) for c in drawn]
            rng.shuffle(kept)
            return restyle(rng, query), kept
        code = rng.choice(self.postings).codes[0] if source == "posting" else rng.choice(list(self.occupations if source == "onet" else self.esco))
        query = None
        while query is None:
            query = self.query_at(rng, code, 4)
            code = code if query else rng.choice(list(self.occupations))
        drawn = []
        for level in [4, 4, 3, 2, 2, 1, 0, 0][:count]:
            near = self.at_level(rng, query.codes[0], level)
            if near is not None:
                real = near[:7] in self.postings_by_level and rng.random() < 0.7
                drawn.append(self.candidate(rng, "posting" if real else "made", options, near))
        rng.shuffle(drawn)
        return query, drawn


def prefix_at(code: str, level: int) -> str:
    if code.startswith("isco:"):
        return code if level == 4 else code[: 6 + level]
    return code[: (2, 2, 4, 6, 7)[level]]


def index_levels(codes, values=None) -> dict[str, list]:
    index = defaultdict(list)
    for code, value in zip(codes, values or codes):
        keys = {prefix_at(code, level) for level in (1, 2, 3, 4)} | {"isco:" if code.startswith("isco:") else "soc"}
        for key in keys:
            index[key].append(value)
    return index


def dev_codes(root: Path) -> set[str]:
    """The detailed occupations (7 characters) in the dev folders."""
    codes = {entry["metadata"].get("soc") for name in ("queries", "corpus") for entry in read_jsonl(root / "jobs-bench" / "dev" / f"{name}.jsonl.gz")}
    codes |= {entry["_id"] for entry in read_jsonl(root / "onet-titles" / "dev" / "corpus.jsonl.gz")}
    return {code[:7] for code in codes if code}


def posting_codes(root: Path) -> set[str]:
    """Detailed occupations of the judged train postings."""
    return {entry["metadata"]["soc"][:7] for entry in read_jsonl(root / "jobs-bench" / "train" / "corpus.jsonl.gz")}


def read_onet(root: Path, held: set[str]) -> tuple[dict[str, Occupation], set[str]]:
    occupations = {row["O*NET-SOC Code"]: Occupation(row["O*NET-SOC Code"], [row["Title"]], [], row["Description"]) for row in read_table(root / "occupation_data.txt.gz")}
    for name, column in (("alternate_titles", "Alternate Title"), ("sample_of_reported_titles", "Reported Job Title")):
        for row in read_table(root / f"{name}.txt.gz"):
            long, short = re.fullmatch(r"(.*?)(?:\s*\((.*)\))?", row[column]).groups()
            occupations[row["O*NET-SOC Code"]].titles += [long, short] if short else [long]
    for row in read_table(root / "task_statements.txt.gz"):
        occupations[row["O*NET-SOC Code"]].tasks.append(row["Task"])
    held_titles = {title.lower() for code, occupation in occupations.items() if code[:7] in held for title in occupation.titles}
    kept = {code: occupation for code, occupation in occupations.items() if code[:7] not in held}
    for occupation in kept.values():
        occupation.titles = sorted({title for title in occupation.titles if title.lower() not in held_titles}) or occupation.titles[:1]
    return kept, held_titles


def read_short_forms(root: Path, held: set[str]) -> dict[str, list[str]]:
    """The other forms of titles, by lower-case title: O*NET writes `Licensed Practical Nurse
    (LPN)`."""
    forms = defaultdict(set)
    for name, column in (("alternate_titles", "Alternate Title"), ("sample_of_reported_titles", "Reported Job Title")):
        for row in read_table(root / f"{name}.txt.gz"):
            match = re.fullmatch(r"(.+?) \((.+)\)", row[column])
            if match and row["O*NET-SOC Code"][:7] not in held:
                forms[match[1].lower()].add(match[2])
                forms[match[2].lower()].add(match[1])
    return {form: sorted(others) for form, others in forms.items()}


def index_spelling(titles) -> dict[str, list[str]]:
    """Titles by the first four letters of each of their words of at least five letters."""
    index = defaultdict(list)
    for title in sorted(titles):
        for start in {word[:4] for word in title.split() if len(word) >= 5}:
            index[start].append(title)
    return index


def read_esco(root: Path, held_titles: set[str]) -> dict[str, Occupation]:
    occupations = {}
    with gzip.open(root / "occupations_en.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            titles = [row["preferredLabel"], *filter(None, row["altLabels"].split("\n"))]
            if not row["description"] or any(title.lower() in held_titles for title in titles):
                continue
            code = f"isco:{row['iscoGroup']}#{row['preferredLabel']}"
            occupations[code] = Occupation(code, titles, [], row["description"])
    return occupations


def read_postings(root: Path, held: set[str]) -> tuple[list[Text], list[tuple[Text, list[Text]]]]:
    corpus = {entry["_id"]: Text(entry["text"], (entry["metadata"]["soc"],), entry["title"]) for entry in read_jsonl(root / "corpus.jsonl.gz")}
    queries = {entry["_id"]: Text(entry["text"], (entry["metadata"]["soc"],)) for entry in read_jsonl(root / "queries.jsonl.gz")}
    corpus, queries = ({name: text for name, text in texts.items() if text.codes[0][:7] not in held} for texts in (corpus, queries))
    pools = defaultdict(list)
    with gzip.open(root / "qrels" / "train.tsv.gz", "rt") as file:
        for line in list(file)[1:]:
            query, candidate, _ = line.split("\t")
            if query in queries and candidate in corpus:
                pools[query].append(corpus[candidate])
    return list(corpus.values()), [(queries[query], pool) for query, pool in pools.items()]


def shortened(rng: random.Random, task: str) -> str:
    """A task as the end of a sentence. A long task is cut to its first clauses."""
    clauses = task.rstrip(".").split(", ")
    text = ", ".join(clauses[: rng.randint(1, len(clauses))] if len(task) > 90 else clauses)
    return text[:1].lower() + text[1:]


def with_gerunds(text: str, verbs: set[str]) -> str:
    """Turns `plan and direct work` into `planning and directing work`: changes the first word and
    later verbs that follow `and` or `or`."""
    words = text.split(" ")
    joined = [i for i in range(1, len(words)) if words[i - 1] in ("and", "or") and words[i] in verbs]
    for i in [0, *joined]:
        words[i] = gerund(words[i])
    return " ".join(words)


def gerund(word: str) -> str:
    stem, ending = re.fullmatch(r"(.*?)(\W*)", word).groups()
    if stem.endswith("ie"):
        stem = stem[:-2] + "y"
    elif stem.endswith("e") and not stem.endswith(("ee", "oe", "ye")):
        stem = stem[:-1]
    elif re.fullmatch(r"[^aeiou]*[aeiou][bdgmnprt]", stem):
        stem += stem[-1]
    return stem + "ing" + ending


def restyle(rng: random.Random, query: Text) -> Text:
    roll = rng.random()
    text = query.text.lower() if roll < 0.6 else query.text.title() if roll < 0.7 else query.text
    return Text(text, query.codes)


def pick(rng: random.Random, weighted: list):
    values, weights = zip(*weighted)
    return rng.choices(values, weights)[0]


def read_table(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))
