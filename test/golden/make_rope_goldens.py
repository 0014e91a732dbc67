"""Makes the goldens of logits-tiny/rope-scalings.json: the llama checkpoint with each of them as its rope_scaling.

Needs requirements.txt, and make_tiny_models.py run before:  python test/golden/make_rope_goldens.py
"""

import json
import shutil
import tempfile
from pathlib import Path

from make_logits import make_golden, read_json, read_template, write_golden

TINY = Path(__file__).parent / "logits-tiny"


def main() -> None:
    template, requests = read_template(TINY / "template.json"), read_json(TINY / "requests.json")
    for name, scaling in read_json(TINY / "rope-scalings.json").items():
        with tempfile.TemporaryDirectory() as folder:
            changed = Path(shutil.copytree(TINY / "llama", Path(folder) / name))
            config = json.loads((changed / "config.json").read_text())
            theta = config.pop("rope_parameters")["rope_theta"]
            config |= {"rope_theta": theta, "rope_scaling": scaling}
            (changed / "config.json").write_text(json.dumps(config))
            write_golden(TINY / f"{name}.golden.json", make_golden(changed, None, template, ["yes", "no"], requests))


if __name__ == "__main__":
    main()
