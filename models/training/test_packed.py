"""python -m unittest test_packed: a packed pass answers as separate prompts do, and its gradients are theirs."""

import random
import unittest

import torch
import transformers

from packed import ATTENTION, label_logits, pack

LABELS = [5, 9]


def tiny(attention: str):
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=64, hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=True, attn_implementation=attention
    )
    return transformers.LlamaForCausalLM(config)


def drawn_groups(seed: int) -> list:
    rng = random.Random(seed)
    text = lambda: [rng.randrange(64) for _ in range(rng.randint(1, 9))]
    return [(text(), [text() for _ in range(count)], [0] * count, [0.0] * count) for count in (1, 4, 3)]


class PackedPass(unittest.TestCase):
    def test_equals_separate_prompts(self):
        model, plain = tiny(ATTENTION), tiny("eager")
        for seed in range(5):
            groups = drawn_groups(seed)
            together = label_logits(model, LABELS, pack(groups))
            alone = torch.cat([plain(torch.tensor([shared + own])).logits[0, -1:, LABELS] for shared, others, *_ in groups for own in others])
            torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)
            for model_, logits in ((model, together), (plain, alone)):
                model_.zero_grad()
                logits.square().sum().backward()
            for (name, ours), theirs in zip(model.named_parameters(), plain.parameters()):
                torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=1e-4, msg=name)


if __name__ == "__main__":
    unittest.main()
