"""protocol.ts for adapters in Python."""

import json
import os
import sys
import time


def serve_adapter(open_adapter) -> None:
    """`open_adapter` gets the task and returns its description and a function from a request to scores."""
    with open(sys.argv[1], encoding="utf-8") as file:
        task = json.load(file)
    about, rank = open_adapter(task)
    say({"ready": {"about": about, "pid": os.getpid()}})
    for line in sys.stdin:
        answered = []
        for request in task["requests"][: int(line)]:
            started = time.perf_counter()
            scores = rank(request)
            answered.append({"ms": 1000 * (time.perf_counter() - started), "scores": scores})
        say({"round": answered})


def say(line: dict) -> None:
    print(json.dumps(line), flush=True)


def in_batches(rows: list, size: int, length):
    """Indices of the rows, sorted by length and cut into batches, so that there is little padding."""
    order = sorted(range(len(rows)), key=lambda i: length(rows[i]))
    return [order[start : start + size] for start in range(0, len(order), size)]
