"""Makes a golden: the token ids and label logits that transformers computes for given requests, in
fp32 on a CPU. `slmrank verify` compares a built model with it.

    pip install -r models/training/requirements.txt
    python models/goldens/make_golden.py --model CHECKPOINT --built models/artifacts/NAME
    npm run -s slmrank -- verify NAME

CHECKPOINT is the folder or .gguf file that NAME was built from; give --adapter if an adapter was
merged into it. Template and labels are read from the built model's manifest. The golden is written
to models/goldens/NAME.json.gz, where `slmrank verify` finds it. With another --out, name the file:
`slmrank verify --golden FILE`.

Without --built, name a template file: a manifest, a recipe, or a file with the five texts of a
template. The requests are a list of {query, instruction, context, candidates: [{title, text}]}, or
an earlier golden. Of a golden, the requests are used and its field `texts` (the origin of the
texts) is kept. The default is the golden of smollm2-135m-instruct, whose requests are about job
postings.

- Every candidate is a row and a batch of its own: prefix, candidate and suffix, without packing.
- The golden has one suffix, or one for each request with a candidate-first template.
- Token ids are those of the tokenizers library. For a GGUF file, the tokenizer is made from the
  file's pieces and merges.
- The integers of a compact folder (`slmrank model quantize`) are converted to fp32 weights.
- PEFT merges the adapter.
- A sequence classifier, or a GGUF file with cls.output.weight, scores with its own head. The label
  ids are then those of its classes.
"""

import argparse
import gzip
import hashlib
import importlib
import json
import sys
from pathlib import Path

GOLDENS = Path(__file__).resolve().parent
sys.path.insert(0, str(GOLDENS.parent / "training"))
REQUIREMENTS = "models/training/requirements.txt"

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


def main() -> None:
    args = parse_arguments()
    import_libraries()
    template = read_template(args.template)
    requests = read_json(args.requests)
    texts = None if isinstance(requests, list) else requests.get("texts")
    requests = requests if isinstance(requests, list) else requests["requests"]
    golden = make_golden(args.model, args.adapter, template, args.labels, requests)
    write_golden(args.out, ({"texts": texts} if texts else {}) | golden)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="the checkpoint: a folder with safetensors, or a .gguf file")
    parser.add_argument("--adapter", type=Path, help="a low-rank adapter that is merged in")
    parser.add_argument("--built", type=Path, help="a built model's folder, for template, labels and the golden's name")
    parser.add_argument("--template", type=Path, help="a JSON file (default: the manifest of --built)")
    parser.add_argument("--labels", help="two words with a comma between (default: those of --built, or yes,no)")
    parser.add_argument("--requests", type=Path, default=GOLDENS / "smollm2-135m-instruct.json.gz", help="a JSON file, .gz or not")
    parser.add_argument("--out", type=Path, help="a .json or .json.gz file (default: models/goldens/NAME.json.gz of --built)")
    args = parser.parse_args()
    manifest = json.loads((args.built / "manifest.json").read_text(encoding="utf-8")) if args.built else None
    args.template = args.template or (args.built and args.built / "manifest.json")
    args.out = args.out or (manifest and GOLDENS / f"{manifest['name']}.json.gz")
    if args.template is None or args.out is None:
        parser.error("--built is needed, or both --template and --out")
    built_labels = [manifest["labels"][side]["text"] for side in ("yes", "no")] if manifest else ["yes", "no"]
    args.labels = built_labels if args.labels is None else args.labels.split(",")
    if len(args.labels) != 2:
        parser.error(f"--labels has {len(args.labels)} words; two are needed")
    return args


def import_libraries() -> None:
    """Imports the heavy libraries after the arguments are parsed, so that --help works without
    them."""
    try:
        for name in ("gguf", "peft", "tokenizers", "torch", "transformers"):
            globals()[name] = importlib.import_module(name)
        for name, members in OURS.items():
            module = importlib.import_module(name)
            globals().update({member: getattr(module, member) for member in members})
    except ModuleNotFoundError as error:
        raise SystemExit(f"{error}: pip install -r {REQUIREMENTS}") from error


OURS = {
    "checkpoints.compact": ("read_compact",),
    "checkpoints.gguf_tokenizer": ("gguf_tokenizer",),
    "texts.prompt": ("PARTS", "encode_candidate", "encode_prefix", "encode_suffix", "label_id", "read_json", "read_template", "template_order"),
}


def make_golden(path: Path, adapter: Path | None, template: dict, labels: list[str], requests: list[dict]) -> dict:
    tokenizer = gguf_tokenizer(path) if path.suffix == ".gguf" else tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
    model = load_model(path)
    if adapter:
        model = peft.PeftModel.from_pretrained(model, adapter).merge_and_unload().eval()
    label_ids, read_logits = label_reader(path, model, tokenizer, labels)
    is_shared = template_order(template) == "query-first"
    answered = []
    for request in requests:
        prefix, suffix = encode_prefix(tokenizer, template, request), encode_suffix(tokenizer, template, request)
        candidates = [answer(read_logits, prefix, encode_candidate(tokenizer, template, each), suffix, each) for each in request["candidates"]]
        ends = {} if is_shared else {"suffix": suffix}
        answered.append({key: request.get(key) for key in ("query", "instruction", "context")} | {"prefix": prefix} | ends | {"candidates": candidates})
    golden = {
        "format": 1,
        "reference": f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}, fp32, cpu",
        "tokenizer": f"tokenizers {tokenizers.__version__}",
        "sourceSha256": source_sha256(path, adapter),
        "template": {part: template[part] for part in PARTS},
        **({"normalize": template["normalize"]} if template["normalize"] else {}),
        "labels": {side: {"text": text, "id": id} for side, text, id in zip(("yes", "no"), labels, label_ids)},
    }
    return golden | ({"suffix": suffix} if is_shared else {}) | {"requests": answered}


def label_reader(path: Path, model, tokenizer, labels: list[str]):
    """Returns the ids of the labels, and a function from a row of token ids to their logits.

    The labels are tokens of the vocabulary, or classes of a classifier.
    """
    rows = gguf_classifier(path, model.config.model_type) if path.suffix == ".gguf" else None
    if rows is not None:
        names, head = rows
        ids = [names.index(label) for label in labels]
        return ids, lambda tokens: (model.model(input_ids=tokens).last_hidden_state[0, -1] @ head.T)[ids]
    if not model.config.architectures[0].endswith("ForSequenceClassification"):
        ids = [label_id(tokenizer, label) for label in labels]
        return ids, lambda tokens: model(input_ids=tokens).logits[0, -1, ids]
    if model.config.num_labels == 1:
        return [1, 0], lambda tokens: torch.cat([model(input_ids=tokens).logits[0], torch.zeros(1)])
    names = model.config.id2label
    ids = [1, 0] if names[1] == "LABEL_1" else [list(names.values()).index(label) for label in labels]
    return ids, lambda tokens: model(input_ids=tokens).logits[0, ids]


def gguf_classifier(path: Path, family: str):
    """Names and rows of the head that llama.cpp writes for rerankers. transformers does not read
    it."""
    reader = gguf.GGUFReader(path)
    names = reader.get_field(f"{family}.classifier.output_labels")
    heads = [tensor for tensor in reader.tensors if tensor.name == "cls.output.weight"]
    if not heads:
        return None
    return names.contents(), torch.from_numpy(gguf.quants.dequantize(heads[0].data, heads[0].tensor_type))


def answer(read_logits, prefix: list[int], ids: list[int], suffix: list[int], candidate: dict) -> dict:
    with torch.no_grad():
        logits = read_logits(torch.tensor([prefix + ids + suffix]))
    return {"title": candidate.get("title"), "text": candidate["text"], "ids": ids, "logits": [float(f"{x:.7g}") for x in logits.tolist()]}


def load_model(path: Path):
    options = dict(dtype=torch.float32, attn_implementation="eager")
    if path.suffix == ".gguf":
        config = transformers.AutoConfig.from_pretrained(path.parent, gguf_file=path.name)
        key_length = gguf.GGUFReader(path).get_field(f"{config.model_type}.attention.key_length")
        if key_length is not None:
            # transformers 5.23 ignores the key and uses its default.
            config.head_dim = key_length.contents()
        return transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, config=config, **options).eval()
    config = transformers.AutoConfig.from_pretrained(path)
    method = (getattr(config, "quantization_config", None) or {}).get("quant_method")
    if method == "slmrank-int8":
        return load_compact(path, config)
    is_classifier = config.architectures[0].endswith("ForSequenceClassification")
    kind = transformers.AutoModelForSequenceClassification if is_classifier else transformers.AutoModelForCausalLM
    return kind.from_pretrained(path, **options).eval()


def load_compact(path: Path, config):
    weights = read_compact(path)
    del config.quantization_config
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager")
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if set(missing) - {"lm_head.weight"} or unexpected:
        raise SystemExit(f"{path}: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model.eval()


def source_sha256(path: Path, adapter: Path | None) -> str:
    """The SHA-256 of one file. For several files, an adapter's two included: the SHA-256 of the
    lines `sha256  name`, one for each file in the order of their names."""
    files = [path] if path.is_file() else list(path.glob("*.safetensors"))
    files += [adapter / name for name in ADAPTER_FILES] if adapter else []
    sums = [(hashlib.sha256(file.read_bytes()).hexdigest(), file.name) for file in sorted(files, key=lambda file: file.name)]
    if len(sums) == 1:
        return sums[0][0]
    return hashlib.sha256("".join(f"{sum}  {name}\n" for sum, name in sums).encode()).hexdigest()


def write_golden(path: Path, golden: dict) -> None:
    raw = (json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
    path.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)
    rows = sum(len(request["candidates"]) for request in golden["requests"])
    print(f"{path}: {rows} rows, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
