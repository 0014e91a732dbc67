"""The stages that only mix or mark: averaging, and names that the recipe lacks."""

import argparse
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch
from safetensors.torch import load_file

import run
from tests.test_ranker import LABELS, ours, tiny


class Stages(unittest.TestCase):
    def make(self, folder: Path, stages: dict, **given) -> run.Run:
        (folder / "recipe.json").write_text(json.dumps({"grades": [0.1] * 5, "stages": stages, "templates": {}}))
        options = {"recipe": folder / "recipe.json", "to": folder / "out", "device": "cpu", "share": 1.0, "given": [], "stage": [], "data": folder, "embedder": folder}
        with mock.patch.object(run, "TrainingData"):
            made = run.Run(argparse.Namespace(**(options | given)))
        made.label_ids = LABELS
        return made

    def test_averages_two_checkpoints(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source = folder / "source"
            source.mkdir()
            for file in ("tokenizer.json", "tokenizer_config.json"):
                (source / file).write_text("{}")
            first, second = ours(tiny()), ours(tiny())
            with torch.no_grad():
                for parameter in second.parameters():
                    parameter.add_(1.0)
            first.save(folder / "first", source)
            second.save(folder / "second", source)
            stage = {"from": "late", "average": {"with": "early", "share": 0.25}}
            made = self.make(folder, {"early": {}, "late": {}, "averaged": stage}, given=[f"early={folder / 'first'}", f"late={folder / 'second'}"])
            made.run_stage("averaged", stage)
            found = load_file(folder / "out" / "averaged" / "last" / "model.safetensors")
            before = load_file(folder / "first" / "model.safetensors")
            torch.testing.assert_close(found["model.norm.weight"], before["model.norm.weight"] + 0.75)
            torch.testing.assert_close(found["model.layers.2.mlp.up_proj.weight"], before["model.layers.2.mlp.up_proj.weight"] + 0.75)
            torch.testing.assert_close(found["model.embed_tokens.weight"], before["model.embed_tokens.weight"])

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
