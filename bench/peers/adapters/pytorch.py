"""transformers on PyTorch: batches of similar lengths, padded on the left, so that the last token of every row is in
the last column and the head computes only this column. A prefix of a request is computed once."""

import math

import torch
import transformers
from transformers.cache_utils import DynamicCache

from protocol import in_batches, serve_adapter

# A shorter prefix costs less to compute again than to copy.
LEAST_SHARED = 16


def open_adapter(task: dict):
    torch.set_num_threads(task["threads"])
    options, labels = task["options"], [task["labels"]["yes"], task["labels"]["no"]]
    model = transformers.AutoModelForCausalLM.from_pretrained(task["model"], dtype=getattr(torch, options["dtype"])).eval()
    if options["linear"] == "int8":
        model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear: torch.ao.quantization.per_channel_dynamic_qconfig})
    if options["compile"] == "yes":
        model.forward = torch.compile(model.forward, dynamic=True)
    size = int(options["batch"])

    @torch.inference_mode()
    def rank(request: dict) -> list[float]:
        prefix, rows = request["prefix"], request["rows"]
        shared = len(prefix) >= LEAST_SHARED
        kept = cache_of(model, prefix) if shared else None
        rows = rows if shared else [prefix + row for row in rows]
        before = len(prefix) if shared else 0
        scores = [0.0] * len(rows)
        for batch in in_batches(rows, size, len):
            logits = run(model, [rows[i] for i in batch], before, kept)[:, labels].float()
            for i, margin in zip(batch, (logits[:, 0] - logits[:, 1]).tolist()):
                scores[i] = 1 / (1 + math.exp(-margin))
        return scores

    kind = "int8 linears (dynamic)" if options["linear"] == "int8" else options["dtype"]
    about = f"torch {torch.__version__}, transformers {transformers.__version__}, {kind}, {model.config._attn_implementation} attention, batches of {size}"
    return about + (", torch.compile" if options["compile"] == "yes" else ""), rank


def cache_of(model, prefix: list[int]) -> DynamicCache:
    return model(input_ids=torch.tensor([prefix]), use_cache=True, logits_to_keep=1).past_key_values


def run(model, rows: list[list[int]], before: int, kept) -> torch.Tensor:
    """Logits of the last token of each row: [rows, vocabulary]. `kept` has `before` tokens."""
    length = max(map(len, rows))
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    mask = torch.zeros(len(rows), before + length, dtype=torch.long)
    mask[:, :before] = 1
    for i, row in enumerate(rows):
        ids[i, length - len(row) :] = torch.tensor(row)
        mask[i, before + length - len(row) :] = 1
    positions = (mask.cumsum(1) - 1).clamp(min=0)[:, before:]
    cache = None if kept is None else expand(kept, len(rows))
    out = model(input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=cache is not None, logits_to_keep=1)
    return out.logits[:, -1]


def expand(kept: DynamicCache, rows: int) -> DynamicCache:
    """Every row sees the same keys and values; nothing is copied before the first append."""
    cache = DynamicCache()
    for layer, each in enumerate(kept.layers):
        cache.update(each.keys.expand(rows, -1, -1, -1), each.values.expand(rows, -1, -1, -1), layer)
    return cache


serve_adapter(open_adapter)
