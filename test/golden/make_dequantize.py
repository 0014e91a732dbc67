"""Writes dequantize.json: random blocks of every GGUF type, with the values that the `gguf` package
decodes from them.

    pip install gguf numpy && python test/golden/make_dequantize.py

Blocks are random bytes, so that every bit of the layout matters. Their half-precision scales are
finite, and one in four is subnormal. Values are little-endian fp32 bytes in base64. The seed is
fixed.
"""

import base64
import json
import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import quants

# Type, number of blocks, and the byte offsets of half-precision numbers within a block.
CASES = [
    (T.F32, 32, []),
    (T.F16, 64, [0]),
    (T.BF16, 64, []),
    (T.Q8_0, 4, [0]),
    (T.Q4_0, 4, [0]),
    (T.Q4_1, 4, [0, 2]),
    (T.Q4_K, 3, [0, 2]),
    (T.Q5_K, 3, [0, 2]),
    (T.Q6_K, 3, [208]),
    (T.Q5_0, 4, [0]),
    (T.Q5_1, 4, [0, 2]),
    (T.IQ4_NL, 4, [0]),
]


def random_blocks(rng, kind, count, halves):
    size = gguf.GGML_QUANT_SIZES[kind][1]
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    if kind in (T.F32, T.BF16):
        numbers = rng.standard_normal(count).astype(np.float32)
        return numbers.view(np.uint8).reshape(count, 4)[:, 4 - size :].copy()
    for at in halves:
        numbers = rng.standard_normal(count).astype(np.float16)
        numbers[::4] *= np.float16(2**-16)
        blocks[:, at : at + 2] = numbers.view(np.uint8).reshape(count, 2)
    return blocks


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def main():
    rng = np.random.default_rng(20240607)
    cases = {}
    for kind, count, halves in CASES:
        blocks = random_blocks(rng, kind, count, halves)
        values = quants.dequantize(blocks, kind).astype("<f4")
        cases[kind.name] = {"blocks": encode(blocks), "values": encode(values)}
    target = pathlib.Path(__file__).with_name("dequantize.json")
    target.write_text(json.dumps(cases, indent=1) + "\n")


main()
