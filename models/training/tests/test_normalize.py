"""Normalized texts equal those of the server's normalizer. Run: python -m unittest
tests.test_normalize"""

import json
import unittest
from pathlib import Path

from texts.normalize import RULES, STEPS, normalize, read_steps

GOLDEN = json.loads((Path(__file__).resolve().parents[3] / "test" / "golden" / "normalize.json").read_text())


class Normalize(unittest.TestCase):
    def test_makes_of_each_text_what_the_server_makes(self):
        self.assertEqual(RULES, GOLDEN["rules"])
        for case in GOLDEN["cases"]:
            with self.subTest(**case):
                self.assertEqual(normalize(case["input"], case["steps"]), case["output"])

    def test_reads_a_hostile_text_in_linear_time(self):
        # If a pattern were quadratic, this would take hours.
        for piece in ("<", "<a ", "<!--", "&", "&#1", '<p a="', "<script>", "<p   ", "A1 ", "\u00a0"):
            normalize(piece * 200_000, list(STEPS))

    def test_takes_steps_in_their_order_only(self):
        self.assertEqual(read_steps(None, "r.json"), [])
        self.assertEqual(read_steps(["html", "spaces"], "r.json"), ["html", "spaces"])
        for steps in (["spaces", "html"], ["html", "html"], ["lower"], "html"):
            with self.assertRaisesRegex(ValueError, "r.json: 'normalize' is .*; some of html, nfkc, invisible, spaces, capitals"):
                read_steps(steps, "r.json")


if __name__ == "__main__":
    unittest.main()
