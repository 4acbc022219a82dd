"""The explorers' modules, in the Node.js that comes with Playwright: no browser is opened."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright._impl._driver import compute_driver_executable

from utils.explorers.markup import JAVASCRIPT

MODULES = (
    "drawing/numbers",
    "networks/beam_search",
    "networks/beside",
    "networks/bm3d",
    "networks/convolutional",
    "networks/language_model",
    "networks/masked_autoencoder",
    "networks/positions",
    "networks/reading",
    "networks/seq2seq",
    "networks/slopes",
    "networks/tensors",
    "networks/transformer",
    "text/chinese",
    "text/control_tokens",
    "text/joined",
    "text/typed",
    "text/words",
)


def javascript(code: str, given: object = None, words: Mapping[str, str] | None = None) -> Any:
    """What the body of a function returns; `given` is there, and the modules by their names.

    words: what the page has set as translations before.
    """
    # They come after the words, which a statement `import` would not.
    imports = [
        f"const {Path(name).name} = await import({json.dumps(address_of(name))});"
        for name in MODULES
    ]
    program = f"""
        import {{ readFileSync }} from "node:fs";
        globalThis.bookWords = {json.dumps(words)} ?? undefined;
        {"".join(imports)}
        const given = JSON.parse(readFileSync(0, "utf8"));
        const plain = (_, value) => (ArrayBuffer.isView(value) ? [...value] : value);
        console.log(JSON.stringify((() => {{ {code} }})(), plain));
    """
    node, _ = compute_driver_executable()
    done = subprocess.run(
        [node, "--input-type=module", "--eval", program],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def address_of(module: str) -> str:
    return (JAVASCRIPT / f"{module}.js").as_uri()
