"""An adapter begins as no change, learns alone, and says the same in PEFT's library and merged."""

import tempfile
import unittest
from pathlib import Path

import peft
import torch
import transformers

from learn.batches import collate
from learn.train import losses
from tests.test_ranker import alone, drawn_groups, ours, tiny


def moved(model):
    """Factors that change something, as fp16 holds them."""
    torch.manual_seed(3)
    with torch.no_grad():
        for values in model.adapter.parameters():
            values.copy_((0.2 * torch.randn(values.shape)).half())
    return model


class Adapters(unittest.TestCase):
    def test_begins_as_no_change_and_learns_alone(self):
        plain, model = ours(tiny()), ours(tiny())
        model.adapt(rank=4, alpha=8, seed=1)
        batch = collate(drawn_groups(4), 64, 4)
        torch.testing.assert_close(model(batch), plain(batch))
        trained = {name for name, values in model.named_parameters() if values.requires_grad}
        self.assertEqual(len(trained), 2 * 7 * 3)
        self.assertTrue(all(name.startswith("adapter.") for name in trained))
        gradients = torch.autograd.grad(losses(model(batch), batch)[0], [values for values in model.parameters() if values.requires_grad])
        self.assertGreater(sum(values.abs().sum().item() for values in gradients), 0)

    def test_the_same_packed_merged_and_in_peft(self):
        theirs = tiny()
        model = ours(theirs)
        model.adapt(rank=4, alpha=8, seed=1)
        groups = drawn_groups(2)
        batch = collate(groups, 64, 3)
        before, found = model(batch), moved(model)(batch)
        self.assertGreater((before - found).abs().max().item(), 0.05)
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            source.mkdir()
            for name in ("tokenizer.json", "tokenizer_config.json"):
                (source / name).write_text("{}")
            model.save(Path(folder) / "last", source)
            merged = transformers.LlamaForCausalLM.from_pretrained(Path(folder) / "last", dtype=torch.float32)
            torch.testing.assert_close(alone(merged, groups), found, atol=1e-4, rtol=1e-3)
            torch.testing.assert_close(alone(peft.PeftModel.from_pretrained(theirs, Path(folder) / "adapter"), groups), found, atol=1e-4, rtol=1e-3)


if __name__ == "__main__":
    unittest.main()
