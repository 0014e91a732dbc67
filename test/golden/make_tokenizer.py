"""Makes the tokenizer goldens: tokenizers, texts, and the token ids of the reference library
(Hugging Face tokenizers).

    pip install -r test/golden/requirements.txt
    python make_tokenizer.py --gguf SmolLM2.gguf --postings postings.jsonl.gz --out FOLDER
    python make_tokenizer.py --out FOLDER      makes only the Llama 3 one, with the texts in FOLDER

Writes these files with a fixed time stamp, so that the same input gives the same bytes:

    tokenizer-smollm2.json.gz    tokenizer.json of SmolLM2, from the GGUF's vocabulary and merges
                                 (Apache-2.0)
    tokenizer-qwen.json.gz       a small tokenizer like Qwen's (NFC, the same pre-tokenizer, <think>
                                 added but not special), trained here on the postings
    tokenizer-llama3.json.gz     a small tokenizer like Llama 3's, trained here on the texts: the
                                 same pre-tokenizer, ignore_merges, words that only ignore_merges
                                 reaches, added tokens outside the vocabulary. It also has features
                                 that Llama 3 lacks: a normalizer that does nothing, and added
                                 tokens that strip spaces or match whole words only
    tokenizer-texts.json.gz      {"texts": [...], "template": ...,
                                  "ids": {"smollm2": [...], "qwen": [...], "llama3": [...]}}

A text is a string, or [unit, times]. "ids" describes its token ids as plain text, in which no added
token is recognised: "count:digits", with the first 12 digits of the SHA-256 of the decimal ids
joined by commas. "template" has texts in which added tokens are recognised, with all their ids.
Lone surrogates are encoded as U+FFFD.
"""

import argparse
import gzip
import hashlib
import json
import random
import unicodedata
from pathlib import Path

import gguf
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

AWKWARD = [
    "", " ", "  ", "\n", "\r\n", "\t", "\0", "\x7f", "\u0085", "\u00a0", "\ufeff", "\u200b", "\u2028", "\u180e",
    "<|im_start|>", "<|im_end|>", "a<|im_end|>b", "<|endoftext|><|im_start|>system\n", "<think>\n\n</think>", "<|im_end", "|>",
    "{text}", "{query} {title}", "don't I'll we've they're he'd I'm it's", "DON'T I'LL WE'VE THEY'RE HE'D I'M IT'S", "it'\u017f '\u017ft",
    "a  b", "a   b", "  a", "a  ", "a \n b", "a\n\nb", "a \r\n\r\n b", "\n\n\n", "\r\r\r", " \n \n ", "\t\tx", "x\t\t", "a\u00a0\u00a0b", "a\u3000\u3000b",
    "1", "12", " 12", "  12", "12  ", "$45,000.00 - $62,500.00", "2024-09-30T12:00:00Z", "1\u00bd", "x\u00b2", "\u0663\u0664", "\u2167", "\u3007\u4e00", "5  6", "5 \n6",
    "e\u0301", "\u00e9", "E\u0301cole", "a\u0323\u0302", "a\u0302\u0323", "\u1e69 s\u0323\u0307 s\u0307\u0323", "\uac00 \u1100\u1161", "\u0958", "\u2126 \u212b", "\ufb01",
    "\U0001f600", "\U0001f469\U0001f3fd\u200d\U0001f4bb", "\U0001f1fa\U0001f1f8", "\u2764\ufe0f", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3ff ok",
    "\u62db\u8058\u5de5\u7a0b\u5e08\uff0c\u5317\u4eac\u5e02", "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8", "\ud55c\uad6d\uc5b4 \ubb38\uc7a5", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u202eevil\u202c", "\u0627\u200f1\u200e2", "z\u0310\u0335\u0321\u0353a\u0337l\u0328g\u0334o", "\U00020000\U0002a6d6", "\U0010ffff", "\U000f0000", "\ue000",
    "\ud800", "a\ud800b", "\udc00\ud800", "x\ud83d y", "\ud83d\ud83d\ude00",
    "C++/C#/.NET", "https://www.usajobs.gov/job/123?x=1&y=%20#top", "user@example.com", "snake_case camelCase kebab-case", "^^^^", "-----", "=====", "....", "!!!???",
    "a" * 300, "ab" * 200, "0" * 300, " " * 300, "\n" * 300, "\t" * 100, "_" * 200, "\u00e9" * 200, "e\u0301" * 200, "\u4e00" * 200, "\U0001f600" * 100, "aA" * 150,
]  # fmt: skip

LONG = [["a", 100_000], ["ab", 50_000], ["0", 100_000], [" ", 100_000], ["\n ", 50_000], ["\u62db\u8058", 30_000], ["\U0001f600", 25_000], ["e\u0301", 40_000], ["!", 100_000],
        ["a\u0300\u0327", 1], ["\u0300\u0327", 5_000], ["word ", 20_000], ["qzjx", 25_000]]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--postings", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if args.gguf and args.postings:
        with gzip.open(args.postings, "rt", encoding="utf-8") as lines:
            postings = [json.loads(line) for line in lines]
        golden = {"texts": real_texts(postings) + AWKWARD + random_texts(random.Random(1), 1500) + LONG, "ids": {}, "template": {}}
        files = {"smollm2": smollm2(args.gguf), "qwen": qwen(postings)}
    else:
        golden = json.loads(gzip.decompress((args.out / "tokenizer-texts.json.gz").read_bytes()))
        files = {}
    texts = golden["texts"]
    files["llama3"] = llama3([text for text in texts if isinstance(text, str)])
    for name, file in files.items():
        plain = Tokenizer.from_str(json.dumps(file | {"added_tokens": []}))
        golden["ids"][name] = [summary(plain, text) for text in texts]
        golden["template"][name] = [[text, encode(Tokenizer.from_str(json.dumps(file)), text)] for text in template_texts(file)]
        write(args.out / f"tokenizer-{name}.json.gz", file)
    write(args.out / "tokenizer-texts.json.gz", golden)


def real_texts(postings: list[dict]) -> list[str]:
    chosen = random.Random(0).sample(postings, 1500)
    sentences = [sentence for posting in chosen[:300] for sentence in posting["text"].split(". ")]
    return [posting["title"] for posting in chosen[:700]] + [posting["text"] for posting in chosen[700:900]] + sentences[:1500]


def random_texts(rng: random.Random, count: int) -> list[str]:
    """Strings of a few characters of a few kinds, drawn from those whose properties the reference
    knows."""
    known = [c for c in range(0x30000) if c not in range(0xD800, 0xE000) and unicodedata.category(chr(c)) not in ("Cn", "Co") and is_known(chr(c))]
    kinds = [
        [ord(c) for c in "abcdeABCDE'stlm "],
        [ord(c) for c in " \t\r\n\u00a0\u0085\u3000\ufeff"],
        [c for c in known if unicodedata.category(chr(c))[0] == "N"],
        [c for c in known if unicodedata.category(chr(c))[0] == "M"],
        [c for c in known if unicodedata.category(chr(c))[0] in "PS"],
        [c for c in known if unicodedata.category(chr(c))[0] == "L"],
        [c for c in known if unicodedata.category(chr(c))[0] == "C"],
        list(range(0x20, 0x7F)),
        known,
    ]
    texts = []
    for _ in range(count):
        mixed = rng.sample(kinds, rng.randint(1, 4))
        texts.append("".join(chr(rng.choice(rng.choice(mixed))) for _ in range(rng.randint(1, 40))))
    return texts


def is_known(character: str) -> bool:
    """The reference's NFC has Unicode 9's tables: it takes 98 later combining marks for
    starters."""
    probes = [character, character + "\u0334", "\u0345" + character]
    return all(normalizers.NFC().normalize_str(probe) == unicodedata.normalize("NFC", probe) for probe in probes)


def template_texts(file: dict) -> list[str]:
    tokens = [token["content"] for token in file["added_tokens"]]
    return [
        "<|im_start|>system\nAnswer yes or no.<|im_end|>\n<|im_start|>user\n",
        "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        "".join(tokens),
        " ".join(tokens),
        "<<|im_end|>|im_end|> <|im_end|",
        "x<|im_start|>  y 12",
    ] + [text for token in file["added_tokens"] if any(token[flag] for flag in STRIPS) for text in strip_texts(token["content"])]


STRIPS = ("lstrip", "rstrip", "single_word")


def strip_texts(token: str) -> list[str]:
    ends = ["", " ", "\u3000\n ", "\ufeff", "\u0085", "x", "9", "_", "\u0301", "\u200d", "\u65e5", "-", "<|eot_id|> ", " <|eot_id|>"]
    return [f"a{before}{token}{after}b" for before in ends for after in ends] + [f" {token} ", token + token, f"{token} {token}", f"x{token} {token}"]


def smollm2(path: Path) -> dict:
    fields = gguf.GGUFReader(path).fields
    pieces, kinds, merges = (fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "token_type", "merges"))
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, [tuple(merge.split(" ")) for merge in merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    special = [piece for piece, kind in zip(pieces, kinds) if kind == gguf.TokenType.CONTROL]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    return json.loads(tokenizer.to_str())


def qwen(postings: list[dict]) -> dict:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(WORDS % r"\p{N}"), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=3000, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    foreign = [well_formed(text) for text in AWKWARD] * 50
    tokenizer.train_from_iterator([posting["text"] for posting in postings[:1000]] + foreign, trainer)
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False)])
    return json.loads(tokenizer.to_str())


def llama3(texts: list[str]) -> dict:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(WORDS % r"\p{N}{1,3}"), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=3000, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator([well_formed(text) for text in texts], trainer)
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])
    tokenizer.add_tokens(
        [
            AddedToken("<left>", lstrip=True, normalized=False),
            AddedToken("<right>", rstrip=True, normalized=False),
            AddedToken("<both>", lstrip=True, rstrip=True, single_word=True, normalized=False),
            AddedToken("whole", single_word=True, normalized=False),
        ]
    )
    file = json.loads(tokenizer.to_str())
    # Llama 3's vocabulary comes from tiktoken, which has ranks instead of merges, so merges cannot
    # build some of its words. Removing every ninth merge has the same effect here.
    file["model"]["merges"] = [merge for rank, merge in enumerate(file["model"]["merges"]) if rank % 9 != 8]
    file["model"]["ignore_merges"] = True
    file["normalizer"] = {"type": "Sequence", "normalizers": []}
    return file


def summary(tokenizer: Tokenizer, text: str | list) -> str:
    ids = encode(tokenizer, text if isinstance(text, str) else text[0] * text[1])
    return f"{len(ids)}:{hashlib.sha256(','.join(map(str, ids)).encode()).hexdigest()[:12]}"


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(well_formed(text), add_special_tokens=False).ids


def well_formed(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def write(path: Path, content: dict) -> None:
    data = json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()
    path.write_bytes(gzip.compress(data, 9, mtime=0))


if __name__ == "__main__":
    main()
