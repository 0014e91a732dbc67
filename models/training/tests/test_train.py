"""Batches have every group once; losses equal those computed by hand; an interrupted training ends
like an uninterrupted one."""

import math
import random
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from learn import train
from learn.batches import ROW_TOKENS, EncodedGroup, Shapes, collate, plan, prefetched
from learn.train import Options, Trainer, listwise, losses
from tests.test_ranker import drawn_groups, ours, tiny


class Batches(unittest.TestCase):
    def test_every_group_once_in_rows_that_hold_it(self):
        rng = random.Random(1)
        groups = [EncodedGroup(np.zeros(rng.randint(5, 200), int), [np.zeros(rng.randint(1, 60), int) for _ in range(rng.randint(1, 20))]) for _ in range(300)]
        for shapes in (Shapes.of_device("cpu"), Shapes.of_device("cuda")):
            for order in (None, random.Random(2)):
                batches = plan(groups, shapes, order, chunk=80)
                self.assertEqual(sorted(place for places, _ in batches for place in places), list(range(300)))
                for places, length in batches:
                    self.assertLessEqual(len(places) * length, max(shapes.tokens, length))
                    self.assertTrue(all(groups[place].row_tokens() <= length for place in places))

    def test_made_ahead_in_order(self):
        made = []
        with ThreadPoolExecutor(2) as workers:
            found = prefetched(lambda item: made.append(item) or item * 2, iter(range(20)), workers, ahead=3)
            self.assertEqual(next(found), 0)
            self.assertLess(len(made), 20)
            self.assertEqual(list(found), [2 * item for item in range(1, 20)])

    def test_a_failure_ahead_is_raised(self):
        with ThreadPoolExecutor(1) as workers, self.assertRaises(ZeroDivisionError):
            list(prefetched(lambda item: 1 / item, [1, 0, 1], workers))

    def test_collated_by_hand(self):
        group = EncodedGroup(np.array([7, 8]), [np.array([1]), np.array([2, 3])], np.array([0.5, -1.0]))
        batch = collate([group], 6, 2)
        self.assertEqual(batch.ids.tolist(), [[7, 8, 1, 2, 3, 0], [0] * 6])
        self.assertEqual(batch.positions.tolist(), [[0, 1, 2, 2, 3, 0], [0] * 6])
        self.assertEqual(batch.segments.tolist(), [[0, 0, 1, 2, 2, -1], [-1] * 6])
        self.assertEqual((batch.last.tolist(), batch.targets.tolist(), batch.group.tolist()), ([2, 4], [0.5, -1.0], [0, 0]))
        self.assertEqual((batch.groups, batch.tokens), (1, 5))

    def test_leaves_out_what_does_not_fit_a_row(self):
        group = EncodedGroup(np.zeros(1000, int), [np.zeros(20, int), np.zeros(4, int), np.zeros(1, int)], np.array([1.0, 2.0, 3.0]))
        self.assertEqual(group.fitting(), 2)
        self.assertEqual(collate([group], ROW_TOKENS, 1).targets.tolist(), [1.0, 2.0])


class Losses(unittest.TestCase):
    def test_by_hand(self):
        group = EncodedGroup(np.array([1]), [np.array([1]), np.array([2])], np.array([math.log(3), -math.log(3)]))
        batch = collate([group], 4, 2)
        kl, ranked = losses(torch.tensor([0.0, 0.0]), batch)
        self.assertAlmostEqual(kl.item(), math.log(2) - 0.5623351446, places=5)  # entropy of 0.75 in nats
        gains = [2**3 - 1, 2**1 - 1]
        self.assertAlmostEqual(ranked.item(), math.log(2) * sum(gains) / sum(gains) / 3, places=5)
        self.assertAlmostEqual(losses(torch.tensor([math.log(3), -math.log(3)]), batch)[0].item(), 0, places=6)

    def test_a_group_without_gains_asks_for_nothing(self):
        self.assertEqual(listwise(torch.tensor([3.0, 1.0]), torch.tensor([0.0, 0.0]), torch.tensor([0, 0]), 1).item(), 0)


class Training(unittest.TestCase):
    OPTIONS = Options(tokens=2500, learning_rate=4e-3, passes=2, seed="test", warmup_steps=2)

    def groups(self) -> list[EncodedGroup]:
        """Groups whose targets depend on the first token of a text."""
        groups = drawn_groups(5, counts=(3, 4, 5, 2) * 5)
        return [replace(group, targets=np.array([3.0 if other[0] % 2 else -3.0 for other in group.others])) for group in groups]

    def trainer(self, folder: Path, groups: list[EncodedGroup]) -> Trainer:
        with mock.patch.object(train.Shapes, "of_device", return_value=Shapes(128, (32, 64, 128))):
            return Trainer(ours(tiny()), groups, self.OPTIONS, folder, "cpu")

    def source(self, folder: Path) -> Path:
        (folder / "source").mkdir()
        for name in ("tokenizer.json", "tokenizer_config.json"):
            (folder / "source" / name).write_text("{}")
        return folder / "source"

    def test_learns_and_goes_on_after_an_interruption(self):
        groups = self.groups()
        with tempfile.TemporaryDirectory() as folder:
            source = self.source(Path(folder))
            whole = self.trainer(Path(folder) / "whole", groups)
            whole.run(source)
            lines = (Path(folder) / "whole" / "log.jsonl").read_text().splitlines()
            self.assertEqual(len(lines), len(whole.steps))
            first = self.trainer(Path(folder) / "parts", groups)
            with mock.patch.object(Trainer, "report", side_effect=[None] * 4 + [KeyboardInterrupt]), mock.patch.object(train, "SAVE_SECONDS", -1):
                self.assertRaises(KeyboardInterrupt, first.run, source)
            second = self.trainer(Path(folder) / "parts", groups)
            second.run(source)
            for one, other in zip(whole.model.parameters(), second.model.parameters()):
                torch.testing.assert_close(one, other)
        batch = collate(groups[:4], 64, 4)
        before, after = losses(ours(tiny())(batch), batch)[0].item(), losses(whole.model(batch), batch)[0].item()
        self.assertLess(after, 0.75 * before)


if __name__ == "__main__":
    unittest.main()
