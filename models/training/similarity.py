"""What grades leave equal, ordered by an embedding model: how much more alike two texts are than others of their grade.

Grades compare occupations, so five values stand for every pair; cosines of an encoder that has read far more text than a run
here does tell the pairs of one grade apart. A teacher for soft labels, offline: nothing of it is needed to serve.
"""

from collections import defaultdict
from pathlib import Path
from statistics import fmean

import torch
import transformers

from data import Group, Text

MAX_TOKENS = 128
"""What all-MiniLM-L6-v2 was trained with."""
BATCH = 12
LIMIT = 2.0
"""Deviations beyond this many standard deviations are cut."""


class Similarity:
    """`folder`: a Hugging Face folder of a BERT encoder with mean pooling, such as all-MiniLM-L6-v2. `sample`: groups that say what is usual."""

    def __init__(self, folder: Path, sample: list[Group]):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval().requires_grad_(False)
        self.vectors: dict[str, torch.Tensor] = {}
        by_grade = defaultdict(list)
        for group in sample:
            for grade, cosine in zip(group.grades, self.cosines(group)):
                by_grade[grade].append(cosine)
        self.usual = {grade: fmean(cosines) for grade, cosines in by_grade.items()}
        squares = [(cosine - self.usual[grade]) ** 2 for grade, cosines in by_grade.items() for cosine in cosines]
        self.spread = fmean(squares) ** 0.5

    def deviations(self, group: Group) -> list[float]:
        """Of each of the group's other texts to the shared one, in standard deviations within a grade; -2 to 2."""
        found = [(cosine - self.usual[grade]) / self.spread for grade, cosine in zip(group.grades, self.cosines(group))]
        return [max(-LIMIT, min(LIMIT, value)) for value in found]

    def cosines(self, group: Group) -> list[float]:
        [shared] = self.embed([as_passage(group.shared)])
        return [float(shared @ other) for other in self.embed([as_passage(text) for text in group.others])]

    @torch.inference_mode()
    def embed(self, texts: list[str]) -> list[torch.Tensor]:
        """Unit vectors; those of texts seen before are kept. By length, so that little is padded."""
        new = sorted({text for text in texts if text not in self.vectors}, key=len)
        for start in range(0, len(new), BATCH):
            part = new[start : start + BATCH]
            inputs = self.tokenizer(part, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
            mask = inputs["attention_mask"].unsqueeze(-1)
            with torch.autocast("cpu", torch.bfloat16):
                states = self.model(**inputs).last_hidden_state.float() * mask
            self.vectors.update(zip(part, torch.nn.functional.normalize(states.sum(1), dim=-1)))
        return [self.vectors[text] for text in texts]


def as_passage(text: Text) -> str:
    return f"{text.title}\n{text.text}" if text.title else text.text
