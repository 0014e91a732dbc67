"""Names that the recipe lacks, and what a share changes."""

import argparse
import json
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np

import run
from wanted import WantedMargins


class Stages(unittest.TestCase):
    def make(self, folder: Path, stages: dict, **given) -> run.Run:
        (folder / "recipe.json").write_text(json.dumps({"grades": [0.1] * 5, "stages": stages, "templates": {}}))
        options = {"recipe": folder / "recipe.json", "to": folder / "out", "device": "cpu", "share": 1.0, "given": [], "stage": [], "data": folder, "embedder": folder, "compressed": []}
        with mock.patch.object(run, "TrainingData"):
            made = run.Run(argparse.Namespace(**(options | given)))
        return made

    def test_refuses_stages_that_the_recipe_lacks(self):
        with tempfile.TemporaryDirectory() as name:
            with self.assertRaisesRegex(SystemExit, "no stage robuster; it has dense, robust"):
                self.make(Path(name), {"dense": {}, "robust": {}}, stage=["robuster"]).all()

    def test_calibrates_on_less_in_small(self):
        with tempfile.TemporaryDirectory() as name:
            tokens = {share: self.make(Path(name), {}, share=share).calibration_tokens({"calibrationTokens": 8192}) for share in (1.0, 0.12, 0.05, 0.001)}
        self.assertEqual(tokens, {1.0: 8192, 0.12: 8192, 0.05: 4096, 0.001: 512})

    def test_without_compressed_texts_their_stage_is_left_out(self):
        recipe = {"compressed": {"set": "short"}, "robust": {"set": "long"}, "int8": {"quantize": {}}}
        for given, wanted in (([], ["robust", "int8"]), ([Path("x.jsonl")], ["compressed", "robust", "int8"])):
            with tempfile.TemporaryDirectory() as name:
                made = self.make(Path(name), recipe, compressed=given)
                made.recipe["sets"] = {"short": {"compressed": True}, "long": {}}
                self.assertEqual([stage for stage, options in recipe.items() if made.has_texts(options)], wanted)


class Answers(unittest.TestCase):
    def test_of_two_stages_each_by_its_share(self):
        margins = WantedMargins({"grades": [0.1, 0.2, 0.4, 0.7, 0.9]}, Path("none"), "cpu", 1.0)
        groups = [SimpleNamespace(grades=np.array([4, 0, 0]))] * 2
        drawn = SimpleNamespace(groups=groups, plain=[SimpleNamespace(kind="occupations"), SimpleNamespace(kind="wordnet")], margins=[np.zeros(3), np.ones(3)])
        given = {"dense": [np.array([2.0, -2.0])], "robust": [np.array([1.0, 0.0])]}
        found = margins.of_groups({"answers": {"dense": 0.75, "robust": 0.25}}, drawn, lambda of, plain: given[of])
        np.testing.assert_allclose(found[0], [1.75, -1.5])
        np.testing.assert_allclose(found[1], np.ones(3))
        half = margins.of_groups({"answers": {"dense": 0.5}}, drawn, lambda of, plain: given[of])
        np.testing.assert_allclose(half[0], [1 + 0.5 * np.log(9), -1 + 0.5 * np.log(1 / 9)])


if __name__ == "__main__":
    unittest.main()
