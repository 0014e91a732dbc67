"""A batch of packed groups has the margins and gradients of transformers for separate prompts."""

import random
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import save_file

from learn.batches import EncodedGroup, Shapes, collate, margins
from learn.ranker import LAYER, Ranker, read_ranker

LABELS = [5, 9]


def tiny() -> transformers.LlamaForCausalLM:
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=64, hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=True, attn_implementation="eager"
    )
    return transformers.LlamaForCausalLM(config)


def ours(theirs: transformers.LlamaForCausalLM, products=torch.float32) -> Ranker:
    return Ranker({name: values.detach().clone() for name, values in theirs.state_dict().items()}, theirs.config.to_dict(), LABELS, products)


def drawn_groups(seed: int, counts=(1, 4, 3)) -> list[EncodedGroup]:
    rng = random.Random(seed)
    def text() -> np.ndarray:
        return np.array([rng.randrange(64) for _ in range(rng.randint(1, 9))])

    return [EncodedGroup(text(), [text() for _ in range(count)], np.zeros(count)) for count in counts]


def alone(model, groups: list[EncodedGroup]) -> torch.Tensor:
    rows = [np.concatenate([group.shared, other]) for group in groups for other in group.others]
    logits = torch.stack([model(torch.tensor(row)[None]).logits[0, -1, LABELS] for row in rows])
    return logits[:, 0] - logits[:, 1]


class PackedBatch(unittest.TestCase):
    def test_equals_separate_prompts(self):
        theirs = tiny()
        model = ours(theirs)
        for seed in range(5):
            groups = drawn_groups(seed)
            together, apart = model(collate(groups, 64, 4)), alone(theirs, groups)
            torch.testing.assert_close(together, apart, atol=1e-5, rtol=1e-4)
            theirs.zero_grad()
            apart.square().sum().backward()
            wanted = {name: parameter.grad for name, parameter in theirs.named_parameters()}
            found = torch.autograd.grad(together.square().sum(), list(model.layers.parameters()))
            for (name, _), gradient in zip(model.layers.named_parameters(), found):
                layer, own = name.split(".")
                torch.testing.assert_close(gradient, wanted[f"model.layers.{layer}.{LAYER[own]}.weight"], atol=1e-4, rtol=1e-3, msg=name)

    def test_products_in_bf16_are_near(self):
        theirs = tiny()
        groups = drawn_groups(3)
        batch = collate(groups, 64, 3)
        exact, found = ours(theirs)(batch), ours(theirs, torch.bfloat16)(batch)
        self.assertGreater((exact - found).abs().max().item(), 0)
        torch.testing.assert_close(found, exact, atol=0.02, rtol=0)

    def test_margins_come_back_in_the_order_of_groups(self):
        model = ours(tiny())
        groups = drawn_groups(7, counts=(2, 5, 1, 3, 4, 2, 6))
        found = margins(model, groups, "cpu")
        self.assertEqual([len(values) for values in found], [2, 5, 1, 3, 4, 2, 6])
        for group, values in zip(groups, found):
            np.testing.assert_allclose(values, model(collate([group], 128, 1)).detach().numpy(), atol=1e-5)

    def test_saves_what_transformers_loads(self):
        model = ours(tiny())
        groups = drawn_groups(2)
        with tempfile.TemporaryDirectory() as folder:
            source, to = Path(folder) / "source", Path(folder) / "last"
            source.mkdir()
            for name in ("tokenizer.json", "tokenizer_config.json"):
                (source / name).write_text("{}")
            model.save(to, source)
            loaded = transformers.LlamaForCausalLM.from_pretrained(to, dtype=torch.float32)
            torch.testing.assert_close(model(collate(groups, 64, 3)), alone(loaded, groups), atol=1e-5, rtol=1e-4)
            self.assertEqual(len(read_ranker(to, LABELS, layers=2).layers), 2)
            with self.assertRaisesRegex(ValueError, "has 3 layers; 4 are wanted"):
                read_ranker(to, LABELS, layers=4)

    def test_refuses_another_family(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "config.json").write_text('{"model_type": "qwen3"}')
            save_file({"x": torch.zeros(1)}, Path(folder) / "model.safetensors")
            with self.assertRaisesRegex(ValueError, "model_type is qwen3"):
                read_ranker(Path(folder), LABELS)


class PlannedBatches(unittest.TestCase):
    def test_shapes_by_device(self):
        self.assertLess(len(Shapes.of_device("cuda").lengths), 6)
        self.assertLess(Shapes.of_device("cpu").tokens, Shapes.of_device("cuda").tokens)


if __name__ == "__main__":
    unittest.main()
