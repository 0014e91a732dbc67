"""An adapter's folder again with its factors in fp16: half the bytes, for models/bundled.

    python halve_adapter.py --from out/adapter/last --to FOLDER --base NAME

`--base` is what the config then says the adapter belongs to; nothing of where it was trained is kept.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("from", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--base", required=True)
    args = parser.parse_args()
    source = getattr(args, "from")
    weights = load_file(source / "adapter_model.safetensors")
    halves = {name: values.to(torch.float16) for name, values in weights.items()}
    config = json.loads((source / "adapter_config.json").read_text()) | {"base_model_name_or_path": args.base}
    args.to.mkdir(parents=True, exist_ok=True)
    save_file(halves, args.to / "adapter_model.safetensors", {"format": "pt"})
    (args.to / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    lost = max(float((values.half().float() - values).norm() / values.norm()) for values in weights.values())
    print(f"{sum(values.numel() for values in weights.values()):,} parameters; largest relative error of a factor {lost:.1e}")


if __name__ == "__main__":
    main()
