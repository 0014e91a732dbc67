"""Orders a run's candidates by the cosine of an embedding model: a baseline for `slmrank report
pareto`.

Reads a Hugging Face folder of an encoder and writes TREC runs of the same candidates, one for each
number of tokens, with and without titles. It is not needed to build or serve a model. The runs are
kept under bench/results/pareto/runs.

With `--candidate-tokens` the model reads exactly the characters that a ranker with that budget
reads: the first tokens of title and text by the ranker's own tokenizer and template
(`encode_candidate` of prompt.py), decoded to text.
"""

import argparse
import csv
import gzip
import json
import sys
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from texts.prompt import encode_candidate, read_template


def open_text(path):
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8")


def find(folder, name):
    found = [path for path in (folder / name, folder / f"{name}.gz") if path.exists()]
    if not found:
        raise SystemExit(f"{folder} has neither {name} nor {name}.gz")
    return found[0]


def read_jsonl(path):
    with open_text(path) as lines:
        return {record["_id"]: record for record in map(json.loads, lines)}


def read_run(path):
    run = {}
    with open_text(path) as lines:
        for query, _, passage, _, score, _ in csv.reader(lines, delimiter=" "):
            run.setdefault(query, []).append((float(score), passage))
    # The sort is stable, so ties keep the order of the file.
    return {query: [p for _, p in sorted(found, key=lambda each: -each[0])] for query, found in run.items()}


class Cut:
    """Cuts texts to the first tokens, which a ranker reads. `cut` counts the texts that were
    longer."""

    def __init__(self, tokenizer, template, limit):
        self.tokenizer, self.template, self.limit = tokenizer, template, limit
        # Decodes to the exact characters. A tokenizer made from a GGUF file has no decoder.
        tokenizer.decoder = decoders.ByteLevel()
        # Spaces at the end of the template's prefix are encoded with the candidate's first text,
        # but are not part of it.
        prefix = template["prefix"]
        self.lead = prefix[len(prefix.rstrip(" ")) :]
        self.cut = 0

    def __call__(self, candidate):
        ids = encode_candidate(self.tokenizer, self.template, candidate)
        text = self.tokenizer.decode(ids[: self.limit], skip_special_tokens=False).removeprefix(self.lead)
        if len(ids) <= self.limit:
            return text
        self.cut += 1
        # The cut may leave an incomplete character, which decodes to U+FFFD.
        return text.rstrip("\ufffd")


class Encoder:
    """Computes unit vectors. Pooling, token limit and query prefix should be those of the model
    card."""

    def __init__(self, folder, pooling, max_tokens, query_prefix):
        from transformers import AutoModel, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder).eval()
        self.pooling, self.max_tokens, self.query_prefix = pooling, max_tokens, query_prefix

    def embed_queries(self, texts):
        return self.embed_passages([self.query_prefix + text for text in texts])

    @torch.inference_mode()
    def embed_passages(self, texts, batch=16):
        # Sorted by length, so that there is little padding. The order is restored below.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors, started = [None] * len(texts), time.monotonic()
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            inputs = self.tokenizer(
                [texts[i] for i in part],
                padding=True,
                truncation=True,
                max_length=self.max_tokens,
                return_tensors="pt",
            )
            states = self.model(**inputs).last_hidden_state  # [batch, tokens, width]
            for i, vector in zip(part, self.pool(states, inputs["attention_mask"])):
                vectors[i] = vector
            done = start + len(part)
            if done == len(order) or (start // batch) % 20 == 0:
                left = (time.monotonic() - started) / done * (len(order) - done)
                print(f"{done} of {len(order)} texts, {left:.0f} s left", flush=True)
        return torch.stack(vectors)

    def pool(self, states, mask):
        if self.pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = mask.unsqueeze(-1).to(states.dtype)
            pooled = (states * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(pooled, dim=-1)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="Hugging Face folder of an encoder")
    parser.add_argument("--pooling", choices=("mean", "cls"), default="mean")
    parser.add_argument("--max-tokens", type=int, default=512, help="of the encoder's own, as its card says")
    parser.add_argument("--query-prefix", default="", help="what the card puts before queries")
    parser.add_argument("--beir", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--candidate-tokens", help="budgets of the ranker, comma between; whole texts without")
    parser.add_argument("--tokenizer", type=Path, help="the ranker's tokenizer.json; needed with --candidate-tokens")
    parser.add_argument("--template", type=Path, help="the ranker's recipe or manifest; needed with --candidate-tokens")
    parser.add_argument("--name", required=True, help="the runs' tag, and the first part of their files' names")
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.candidate_tokens and not (options.tokenizer and options.template):
        parser.error("--candidate-tokens needs --tokenizer and --template: those of the ranker whose budget it is")
    return options


def write_run(path, run, tag):
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without a time stamp, equal runs are equal files.
    with open(path, "wb") as file, gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed:
        for query, found in run.items():
            for place, (passage, score) in enumerate(found, 1):
                packed.write(f"{query} Q0 {passage} {place} {score:.6f} {tag}\n".encode())


def plan_runs(options):
    """Yields for each run its name, whether it has titles, and its `Cut`; None for whole texts."""
    budgets = [int(each) for each in options.candidate_tokens.split(",")] if options.candidate_tokens else [None]
    for budget in budgets:
        for titles in (True, False):
            cut = budget and Cut(Tokenizer.from_file(str(options.tokenizer)), read_template(options.template), budget)
            length = f"{budget}-tokens" if budget else "whole"
            yield f"{options.name}.{length}.{'titles' if titles else 'no-titles'}", titles, cut


def candidate_of(record, titles):
    return {"title": record.get("title", "") if titles else "", "text": record["text"]}


def whole_text(candidate):
    return f"{candidate['title']}\n{candidate['text']}" if candidate["title"] else candidate["text"]


def order_by_cosine(run, query_vectors, passage_vectors):
    ordered = {}
    for query, vector in zip(run, query_vectors):
        cosines = (torch.stack([passage_vectors[each] for each in run[query]]) @ vector).tolist()
        ordered[query] = sorted(zip(run[query], cosines), key=lambda each: -each[1])
    return ordered


def main():
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    run = read_run(options.run)
    queries, corpus = read_jsonl(find(options.beir, "queries.jsonl")), read_jsonl(find(options.beir, "corpus.jsonl"))
    passages = list(dict.fromkeys(passage for found in run.values() for passage in found))
    encoder = Encoder(options.model, options.pooling, options.max_tokens, options.query_prefix)
    query_vectors = encoder.embed_queries([queries[each]["text"] for each in run])
    for name, titles, cut in plan_runs(options):
        texts = [(cut or whole_text)(candidate_of(corpus[each], titles)) for each in passages]
        print(f"{name}: {cut.cut if cut else 0} of {len(texts)} texts cut", flush=True)
        vectors = dict(zip(passages, encoder.embed_passages(texts)))
        write_run(options.out / f"{name}.trec.gz", order_by_cosine(run, query_vectors, vectors), options.name)


if __name__ == "__main__":
    main()
