"""Makes a golden for each entry of logits-tiny/rope-scalings.json: the llama checkpoint with that
entry as its rope_scaling.

    pip install -r test/golden/requirements.txt
    python test/golden/make_tiny_models.py
    python test/golden/make_rope_goldens.py
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "models" / "goldens"))
import make_golden  # noqa: E402

TINY = HERE / "logits-tiny"


def main() -> None:
    make_golden.import_libraries()
    template = make_golden.read_template(TINY / "template.json")
    requests = make_golden.read_json(TINY / "requests.json")
    for name, scaling in make_golden.read_json(TINY / "rope-scalings.json").items():
        with tempfile.TemporaryDirectory() as folder:
            changed = Path(shutil.copytree(TINY / "llama", Path(folder) / name))
            config = json.loads((changed / "config.json").read_text())
            theta = config.pop("rope_parameters")["rope_theta"]
            config |= {"rope_theta": theta, "rope_scaling": scaling}
            (changed / "config.json").write_text(json.dumps(config))
            golden = make_golden.make_golden(changed, None, template, ["yes", "no"], requests)
            make_golden.write_golden(TINY / f"{name}.golden.json", golden)


if __name__ == "__main__":
    main()
