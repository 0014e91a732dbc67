"""Compressed texts stand for their postings; held-out occupations are in no group; fidelity is what it is by hand."""

import gzip
import json
import math
import random
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from fidelity import fidelity, forms_of, kl, tau
from tests.test_texts import BAKER
from texts.compressed import is_held_out, read_compressed, thinned
from texts.data import Group, Text, read_postings
from texts.groups import vary

RAW = "Bakes bread and rolls every morning. Cleans ovens; orders flour."


def write(folder: str, name: str, entries: list[dict]) -> Path:
    file = Path(folder) / name
    with (gzip.open if name.endswith(".gz") else open)(file, "wt") as lines:
        lines.writelines(json.dumps(entry) + "\n" for entry in entries)
    return file


class Files(unittest.TestCase):
    def test_texts_by_what_they_stand_for(self):
        with tempfile.TemporaryDirectory() as folder:
            corpora = [write(folder, "corpus.jsonl.gz", [{"_id": "a", "text": RAW}]), write(folder, "more.jsonl.gz", [{"_id": "b", "text": "Cooks."}])]
            files = [write(folder, "one.jsonl", [{"_id": "a", "text": "bread, rolls"}, {"_id": "b", "text": " "}]), write(folder, "two.jsonl.gz", [{"_id": "a", "text": "ovens"}])]
            self.assertEqual(read_compressed(files, corpora), {RAW: ["bread, rolls", "ovens"]})
            self.assertEqual(read_compressed([], [Path("not/there")]), {})
            with self.assertRaisesRegex(ValueError, "strange.jsonl: _id 'c' is in none of .*corpus.jsonl.gz"):
                read_compressed([write(folder, "strange.jsonl", [{"_id": "c", "text": "x"}])], corpora)

    def test_forms_by_method(self):
        with tempfile.TemporaryDirectory() as folder:
            file = write(folder, "x.jsonl", [{"_id": "b", "text": "short", "metadata": {"method": "search"}}, {"_id": "z", "text": "other", "metadata": {"method": "search"}}])
            found = forms_of([{"_id": "a", "text": "whole"}, {"_id": "b", "text": "long"}], [file])
        self.assertEqual(found, {"raw": ["whole", "long"], "search": [None, "short"]})


class Variants(unittest.TestCase):
    options = {"titleShare": 1, "shownTitleShare": 0.5, "compressedShare": 0.7, "thinnedShare": 0.5, "variedShare": 0, "variedQueryShare": 0, "textTokens": [[256, 1]]}

    def varied(self, compressed: dict) -> list[Text]:
        data = SimpleNamespace(compressed=compressed)
        group = Group("candidateFirst", None, Text(RAW, (BAKER,), "Baker"), [Text("baker", (BAKER,))], [4], 256)
        return [vary(random.Random(seed), data, group, self.options, True)[0].shared for seed in range(400)]

    def test_in_the_place_of_the_raw_text_in_their_share(self):
        found = self.varied({RAW: ["bread, rolls, ovens", "flour"]})
        short = [text for text in found if text.text != RAW]
        self.assertTrue(240 < len(short) < 320, len(short))
        self.assertTrue(all(set(text.text.split(", ")) <= {"bread", "rolls", "ovens", "flour"} for text in short))
        self.assertTrue({"bread, rolls, ovens", "flour"} < {text.text for text in short})
        for texts in (short, [text for text in found if text.text == RAW]):
            titled = sum(text.title is not None for text in texts) / len(texts)
            self.assertTrue(0.35 < titled < 0.65, titled)

    def test_postings_without_any_stay_raw(self):
        self.assertEqual({text.text for text in self.varied({"Another text.": ["bread"]})}, {RAW})

    def test_thinned_keeps_order_and_something(self):
        phrases = [f"p{i}" for i in range(12)]
        for seed in range(100):
            kept = thinned(random.Random(seed), ", ".join(phrases), 1).split(", ")
            self.assertEqual(kept, [phrase for phrase in phrases if phrase in kept])
            self.assertGreaterEqual(len(kept), 1)
        self.assertEqual(thinned(random.Random(1), "a, b", 0), "a, b")
        self.assertEqual(thinned(random.Random(1), "one phrase", 1), "one phrase")


class HeldOut(unittest.TestCase):
    def test_about_one_in_seven_whatever_the_detail(self):
        held = [is_held_out(f"{major}-{minor}") for major in range(11, 54, 2) for minor in range(1000, 1100)]
        self.assertTrue(0.11 < np.mean(held) < 0.17, np.mean(held))
        self.assertEqual({is_held_out(code[:7]) == is_held_out(code) for code in ("29-1141.00", "43-9061.02", "15-1244.00")}, {True})

    def test_postings_queries_and_pairs_are_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            soc = {"a": "29-1141.00", "b": "51-3011.00"}
            write(folder, "corpus.jsonl.gz", [{"_id": key, "text": key, "title": key, "metadata": {"soc": code}} for key, code in soc.items()])
            write(folder, "queries.jsonl.gz", [{"_id": f"q{key}", "text": f"q{key}", "metadata": {"soc": code}} for key, code in soc.items()])
            (Path(folder) / "qrels").mkdir()
            with gzip.open(Path(folder) / "qrels" / "train.tsv.gz", "wt") as file:
                file.write("query-id\tcorpus-id\tscore\nqa\ta\t4\nqa\tb\t0\nqb\ta\t0\nqb\tb\t4\n")
            postings, judged = read_postings(Path(folder), {"51-3011"})
        self.assertEqual([posting.text for posting in postings], ["a"])
        self.assertEqual([(query.text, [text.text for text in pool]) for query, pool in judged], [("qa", ["a"])])


class Fidelity(unittest.TestCase):
    def test_by_hand(self):
        order = np.array([3.0, 2.0, 1.0, 0.0])
        self.assertEqual((tau(order, order), tau(order, -order)), (1, -1))
        self.assertAlmostEqual(tau(order, np.array([3.0, 2.0, 0.0, 1.0])), 4 / 6)
        self.assertAlmostEqual(kl(np.array([math.log(3)]), np.array([0.0])), math.log(2) - 0.5623351446, places=6)

    def test_of_a_matrix(self):
        wanted = np.random.default_rng(1).normal(size=(60, 5))
        same = fidelity(wanted, wanted)
        self.assertEqual((round(same["kl"], 9), same["tau"], same["tauOfTop"]), (0, 1, 1))
        worst = wanted.copy()
        for query in range(5):
            low = np.argsort(-wanted[:, query])[40:]
            worst[low, query] = worst[low, query][::-1]
        found = fidelity(wanted, worst)
        self.assertEqual(found["tauOfTop"], 1)
        self.assertLess(found["tau"], 1)


if __name__ == "__main__":
    unittest.main()
