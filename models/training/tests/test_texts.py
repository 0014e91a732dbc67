"""Variations keep target margins, with the stated exceptions; held-out texts are never drawn;
figures equal those computed by hand."""

import collections
import gzip
import json
import random
import tempfile
import unittest
from pathlib import Path

import numpy as np

from evaluate import ndcg_by_kind
from texts import general
from texts.data import Group, Occupation, Text
from texts.general import Document, GeneralGroups, is_held_out, write_held_out
from texts.groups import wanted
from texts.variations import BOILERPLATE, NEGATIONS, PARAGRAPHS, REFUSED, Query, excerpt, vary_candidate, vary_query, with_typos

NURSE, CLERK, BAKER = "29-1141.00", "43-9061.00", "51-3011.00"


class Titles:
    """The part of `TrainingData` that variations use."""

    short_forms = {"registered nurse": ["RN"]}

    def knows(self, code: str) -> bool:
        return code in (NURSE, CLERK, BAKER)

    def occupation(self, code: str) -> Occupation:
        return Occupation(code, [{NURSE: "Registered Nurse", CLERK: "Office Clerk", BAKER: "Baker"}[code]])

    def abbreviated(self, rng: random.Random, text: str) -> str:
        return self.short_forms.get(text.lower(), [text])[0]


class Queries(unittest.TestCase):
    nurse, clerk = Text("Cares for patients.", (NURSE,), "Registered Nurse"), Text("Files letters.", (CLERK,), "Office Clerk")

    def test_a_negation_refuses_only_what_it_names(self):
        asked = Text("office clerk", (CLERK,))
        query = Query("office clerk, not registered nurse", refused=(NURSE,))
        self.assertEqual(query.target(-1.0, asked, self.nurse), REFUSED)
        self.assertEqual(query.target(2.0, asked, self.clerk), 2.0)
        self.assertEqual(query.target(-4.0, asked, self.nurse), -4.0)

    def test_a_level_moves_candidates_that_have_one(self):
        asked, senior = Text("nurse", (NURSE,)), Text("Leads the ward.", (NURSE,), "Senior Nurse")
        self.assertLess(Query("junior nurse", level=-1).target(1.0, asked, senior), 1.0)
        self.assertGreater(Query("senior nurse", level=1).target(1.0, asked, senior), 1.0)
        self.assertEqual(Query("senior nurse", level=1).target(1.0, asked, self.nurse), 1.0)

    def test_additions_by_kind(self):
        rng, seen = random.Random(4), collections.Counter()
        for _ in range(400):
            query = vary_query(rng, Titles(), Text("registered nurse", (NURSE,)), [NURSE, BAKER])
            self.assertNotIn(NURSE, query.refused)
            if query.refused:
                self.assertIn("baker", query.text)
            seen["short" if query.text == "RN" else "refused" if query.refused else "level" if query.level else "other"] += 1
        self.assertEqual(set(seen), {"short", "refused", "level", "other"})

    def test_general_queries_get_no_additions(self):
        rng = random.Random(5)
        for _ in range(200):
            text = vary_query(rng, Titles(), Text("corn mint", ()), []).text.lower()
            self.assertFalse(any(word in text.split() for word in ("not", "junior", "senior", "hospital")), text)

    def test_targets_of_a_variant(self):
        group = Group("candidateFirst", None, self.nurse, [Text("clerk", (CLERK,)), Text("nurse", (NURSE,))], [0, 4], 64)
        found = wanted(group, [Query("clerk, not nurse", refused=(NURSE,)), None], np.array([-0.5, 3.0]))
        np.testing.assert_allclose(found, [REFUSED, 3.0])
        queries_first = Group("queryFirst", None, Text("clerk", (CLERK,)), [self.nurse, self.clerk], [0, 4], 64)
        asked = Query("clerk, not nurse", refused=(NURSE,))
        np.testing.assert_allclose(wanted(queries_first, [asked, asked], np.array([-0.5, 3.0])), [REFUSED, 3.0])

    def test_every_negation_names_both(self):
        for pattern in NEGATIONS:
            self.assertRegex(pattern.format("A", "B"), "^A.*B")


class Candidates(unittest.TestCase):
    text = "Prepares meals for patients. Keeps the kitchen clean; washes dishes. Orders food and records deliveries."

    def test_the_words_stay(self):
        for seed in range(300):
            varied = vary_candidate(random.Random(seed), Titles(), Text(self.text, (BAKER,), "Cook"), 256, is_posting=True)
            kept = sum(word in varied.text.lower().replace(".", " ") for word in ("meals", "patients", "kitchen", "dishes", "deliveries"))
            self.assertGreaterEqual(kept, 2, varied.text)
            self.assertEqual(varied.codes, (BAKER,))

    def test_a_paragraph_comes_first_only_where_more_is_read(self):
        starts = tuple(line[:20] for kind in PARAGRAPHS for line in BOILERPLATE[kind])

        def often(tokens: int, is_posting: bool) -> int:
            made = (vary_candidate(random.Random(seed), Titles(), Text(self.text, ()), tokens, is_posting) for seed in range(300))
            return sum(varied.text.startswith(starts) for varied in made)

        self.assertGreater(often(128, True), 20)
        self.assertLess(often(32, True), 20)
        self.assertEqual(often(128, False), 0)

    def test_the_same_for_a_seed(self):
        one, other = (vary_candidate(random.Random(9), Titles(), Text(self.text, ()), 128, True) for _ in range(2))
        self.assertEqual(one, other)

    def test_typos_are_as_many_as_asked(self):
        words = " ".join(["hospital"] * 1000)
        changed = sum(word != "hospital" for word in with_typos(random.Random(1), words, 0.1).split())
        self.assertTrue(60 < changed < 140, changed)
        self.assertEqual(with_typos(random.Random(1), words, 0), words)

    def test_an_excerpt_is_of_the_text(self):
        clauses = {part.strip() for part in self.text.replace(";", ";|").replace(". ", ".|").split("|")}
        found = {excerpt(random.Random(seed), self.text, 16) for seed in range(50)}
        self.assertGreater(len(found), 3)
        for short in found - {self.text}:
            self.assertTrue(any(short.startswith(clause) for clause in clauses), short)
        self.assertEqual(excerpt(random.Random(1), self.text, 200), self.text)


class FakeEmbedder:
    """A text's vector is its letters."""

    device = "cpu"

    def embed(self, texts: list[str]) -> np.ndarray:
        counts = np.array([[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


class GeneralTexts(unittest.TestCase):
    documents = [
        Document(Text(f"{kind} of {illness}: {'rest and water' if kind == 'treatment' else 'fever and pain'}", (), illness), [f"what is the {kind} of {illness}?"], illness)
        for illness in (f"illness{chr(97 + i)}" for i in range(20)) for kind in ("treatment", "symptoms")
    ]

    def test_own_answers_are_wanted_and_rivals_are_not(self):
        groups = GeneralGroups("medquad", self.documents, [], FakeEmbedder(), lambda cosines: 10 * cosines - 8)
        options = {"titleShare": 0.5, "defaultInstructionShare": 0.5, "textTokens": [[64, 1]]}
        for seed in range(30):
            group, margins = groups.draw(random.Random(seed), options)
            subject = group.shared.text.split(" of ")[1].split(":")[0]
            kind = group.shared.text.split(" ")[0]
            for other, margin in zip(group.others, margins):
                if other.text == f"what is the {kind} of {subject}?":
                    self.assertGreaterEqual(margin, general.WANTED)
                elif f"of {subject}?" in other.text:
                    self.assertLessEqual(margin, general.UNWANTED)

    def test_held_out_by_subject(self):
        by_subject = collections.defaultdict(set)
        for document in self.documents:
            by_subject[document.subject].add(is_held_out(document))
        self.assertTrue(all(len(found) == 1 for found in by_subject.values()))
        many = [Document(Text(f"text {i}", ()), ["q"]) for i in range(2000)]
        self.assertTrue(120 < sum(map(is_held_out, many)) < 210)

    def test_a_held_out_folder_has_its_answers_in_the_run(self):
        with tempfile.TemporaryDirectory() as folder:
            write_held_out("medquad", self.documents, Path(folder))

            def lines(name: str) -> list[str]:
                with gzip.open(Path(folder) / name, "rt") as file:
                    return file.read().splitlines()

            run = collections.defaultdict(list)
            for line in lines("runs/bm25.trec.gz"):
                query, _, document, rank, score, _ = line.split()
                run[query].append((document, int(rank), float(score)))
            judged = [line.split("\t") for line in lines("qrels/test.tsv.gz")[1:]]
            self.assertEqual({query for query, *_ in judged}, {json.loads(line)["_id"] for line in lines("queries.jsonl.gz")})
            for query, document, _ in judged:
                found = [each for each, *_ in run[query]]
                self.assertIn(document, found)
                self.assertEqual(len(found), len(set(found)))
                self.assertEqual([score for *_, score in run[query]], sorted((score for *_, score in run[query]), reverse=True))


class Figures(unittest.TestCase):
    def test_ndcg_by_hand(self):
        grades = {"q": {"a": 1, "b": 0, "c": 2}, "empty": {"a": 0}}
        order = {"q": ["a", "b", "c"], "empty": ["a"]}
        scores = {("q", "a"): 1.0, ("q", "b"): 3.0, ("q", "c"): 2.0, ("empty", "a"): 0.0}
        found = ndcg_by_kind(scores, order, {"q": {"metadata": {"kind": "need"}}, "empty": {}}, grades)
        wanted_value = (3 / np.log2(3) + 1 / 2) / (3 + 1 / np.log2(3))
        self.assertEqual(set(found), {"all", "need"})
        self.assertAlmostEqual(found["all"], wanted_value)


if __name__ == "__main__":
    unittest.main()
