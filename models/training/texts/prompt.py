"""Encodes prompts to token ids by the same rules as the server (src/text and src/encode), so that
training and serving read the same tokens.

A template has five texts: `prefix`, `context`, `title`, `suffix`, `instruction` (`PromptTemplate` in
src/text/template.ts). A row is `encode_prefix` + `encode_candidate` + `encode_suffix`. The three are
encoded separately, so no token spans two of them.

- The instruction is always in the prefix. Query and context are both in the prefix (query-first:
  candidates share it) or both in the suffix (candidate-first: nothing before the query depends on
  it). `template_order` returns which.
- The template's own text is encoded with its special tokens, a caller's text as plain text, together
  with the spaces of the template right before its placeholder. Spaces at the end of the prefix are
  encoded with the candidate's first text.
- A caller's text is normalized first, by the steps of the recipe or manifest (normalize.py).
- An absent instruction is replaced by the template's, unchanged. An empty title or context is
  absent: its text is left out.
- `encode_candidate(...)[:limit]` cuts a candidate to a number of tokens. Prefix and suffix are never
  cut.

Needs only `tokenizers`. test/text/prompt.test.ts compares both implementations.
"""

import gzip
import json
import re
from pathlib import Path

from tokenizers import Tokenizer

from texts.normalize import normalize, read_steps

PARTS = ("prefix", "context", "title", "suffix", "instruction")
PLACEHOLDER = re.compile(r"( *)\{(instruction|query|context|title|text)\}")


def read_template(path: str | Path) -> dict:
    """The five texts in a manifest, a recipe, a golden, or a file of nothing else (`.json` or
    `.json.gz`).

    `normalize` is added to them: the steps that the same file lists beside its template, or an empty list.
    """
    file = read_json(Path(path))
    found = file.get("template", file)
    missing = [part for part in PARTS if not isinstance(found.get(part), str)]
    if missing:
        raise ValueError(f"{path}: the template has no {', '.join(missing)}")
    template = {part: found[part] for part in PARTS} | {"normalize": read_steps(file.get("normalize"), str(path))}
    template_order(template)
    return template


def read_served(recipe_file: Path, recipe: dict, tokenizer: Tokenizer) -> tuple[dict, list[int]]:
    """Templates by order, and the ids of yes and no, of the serving recipes that a training recipe
    names."""
    served = {order: recipe_file.parent / file for order, file in recipe["templates"].items()}
    labels = read_json(served["candidateFirst"])["labels"]
    return {order: read_template(file) for order, file in served.items()}, [label_id(tokenizer, labels[side]) for side in ("yes", "no")]


def template_order(template: dict) -> str:
    """`query-first` or `candidate-first`, by the part that has query and context."""
    prefix, suffix = ([field for _, field in PLACEHOLDER.findall(template[part])] for part in ("prefix", "suffix"))
    if sorted(prefix) == ["context", "instruction", "query"] and not suffix:
        return "query-first"
    if prefix == ["instruction"] and sorted(suffix) == ["context", "query"]:
        return "candidate-first"
    raise ValueError(f"the template's prefix has the placeholders {prefix}, its suffix {suffix}; query and context stand in one of them, once each")


def encode_prefix(tokenizer: Tokenizer, template: dict, request: dict) -> list[int]:
    """The prefix of a request {query, instruction, context}. It ignores the query if
    candidate-first."""
    return encode_asked(tokenizer, template, template["prefix"].rstrip(" "), request)


def encode_candidate(tokenizer: Tokenizer, template: dict, candidate: dict) -> list[int]:
    """The tokens of a whole candidate {title, text}."""
    prefix = template["prefix"]
    lead = prefix[len(prefix.rstrip(" ")) :]
    values = {field: normalized(template, candidate.get(field)) for field in ("title", "text")}
    title = template["title"] if values["title"] else ""
    return encode_template(tokenizer, lead + title + "{text}", values)


def encode_suffix(tokenizer: Tokenizer, template: dict, request: dict) -> list[int]:
    """The suffix of a request. It is the same for all requests if query-first."""
    return encode_asked(tokenizer, template, template["suffix"], request)


def label_id(tokenizer: Tokenizer, label: str) -> int:
    ids = encode_plain(tokenizer, label)
    if len(ids) != 1:
        raise ValueError(f"label {label!r} is {len(ids)} tokens; one is needed")
    return ids[0]


def encode_asked(tokenizer: Tokenizer, template: dict, source: str, request: dict) -> list[int]:
    values = request_values(template, request)
    return encode_template(tokenizer, source.replace("{context}", template["context"] if values["context"] else ""), values)


def request_values(template: dict, request: dict) -> dict:
    instruction = request.get("instruction")
    return {
        "instruction": template["instruction"] if instruction is None else normalized(template, instruction),
        "query": normalized(template, request.get("query")),
        "context": normalized(template, request.get("context")),
    }


def normalized(template: dict, text: str | None) -> str | None:
    return None if text is None else normalize(text, template.get("normalize", []))


def encode_template(tokenizer: Tokenizer, source: str, values: dict) -> list[int]:
    ids = []
    end = 0
    for match in PLACEHOLDER.finditer(source):
        ids += encode_special(tokenizer, source[end : match.start()])
        ids += encode_plain(tokenizer, match.group(1) + values[match.group(2)])
        end = match.end()
    return ids + encode_special(tokenizer, source[end:])


def encode_special(tokenizer: Tokenizer, text: str) -> list[int]:
    tokenizer.encode_special_tokens = False
    return tokenizer.encode(text, add_special_tokens=False).ids


def encode_plain(tokenizer: Tokenizer, text: str) -> list[int]:
    tokenizer.encode_special_tokens = True
    return tokenizer.encode(text, add_special_tokens=False).ids


def read_json(path: Path):
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
