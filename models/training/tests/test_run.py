"""Names that the recipe lacks, and what a share changes."""

import argparse
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import run


class Stages(unittest.TestCase):
    def make(self, folder: Path, stages: dict, **given) -> run.Run:
        (folder / "recipe.json").write_text(json.dumps({"grades": [0.1] * 5, "stages": stages, "templates": {}}))
        options = {"recipe": folder / "recipe.json", "to": folder / "out", "device": "cpu", "share": 1.0, "given": [], "stage": [], "data": folder, "embedder": folder}
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


if __name__ == "__main__":
    unittest.main()
