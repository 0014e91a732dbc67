"""Calibration rows for `slmrank model prune` and `quantize`: pairs drawn as in training, one
`{query, title?, text}` a line.

    python calibration.py --recipe recipe.json --data FOLDER --rows 512 --to FILE.jsonl.gz
"""

import argparse
import gzip
import json
import random
from pathlib import Path

from texts.data import TrainingData


def write_rows(recipe: dict, data: TrainingData, rows: int, to: Path) -> None:
    rng = random.Random(f"{recipe['seed']}/calibration")
    with gzip.open(to, "wt", encoding="utf-8") as file:
        for _ in range(rows):
            group = data.draw(rng, recipe["groups"])
            other = rng.choice(group.others)
            query, candidate = (other, group.shared) if group.order == "candidateFirst" else (group.shared, other)
            title = {"title": candidate.title} if candidate.title else {}
            file.write(json.dumps({"query": query.text, **title, "text": candidate.text}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("recipe", "data", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=512)
    args = parser.parse_args()
    write_rows(json.loads(args.recipe.read_text()), TrainingData(args.data), args.rows, args.to)


if __name__ == "__main__":
    main()
