"""JSON lines, packed with gzip or plain."""

import gzip
import json
from pathlib import Path


def read_jsonl(path: Path) -> list[dict]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
