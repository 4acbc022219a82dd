"""The explorers' arithmetic, in the Node.js that comes with Playwright: PyTorch's own numbers.

No browser is opened. That the pages show these numbers is for the browser tests.
"""

import json
import math
import subprocess
from typing import Any

import pytest
import torch
from playwright._impl._driver import compute_driver_executable
from torch import Tensor, nn

from utils.baselines.denoisers import bm3d
from utils.explorers.packed_tensors import pack, pack_weights, unpack
from utils.explorers.page import JAVASCRIPT
from utils.images.noise import KINDS
from utils.models.attention import (
    AdditiveScore,
    AttentionalDecoder,
    DotScore,
    GeneralScore,
    ScaledDotScore,
)
from utils.models.convolutional import ResidualDecoder, ResidualEncoder
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq
from utils.text.vocabulary import END, START

MODULES = ("bm3d", "control_tokens", "convolutional", "numbers", "seq2seq", "tensors")
WORDS, EMBEDDING, HIDDEN = 9, 5, 6
SOURCE = [4, 7, 5, 8]


def javascript(code: str, given: object = None) -> Any:
    """What the body of a function returns; `given` is there, and the modules by their names."""
    imports = [
        f"import * as {name} from {json.dumps((JAVASCRIPT / f'{name}.js').as_uri())};"
        for name in MODULES
    ]
    program = f"""
        import {{ readFileSync }} from "node:fs";
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


def close(found: object, expected: Tensor) -> bool:
    return torch.allclose(torch.tensor(found), expected.float(), atol=1e-5, rtol=1e-4)


# ------------------------------------------------------------------------------
# Numbers and tensors


def test_shares_in_words() -> None:
    code = "return given.map(([share, places]) => numbers.percent(share, places))"
    given = [[0.5, 0], [0.125, 1], [0.0004, 1], [0.001, 1], [0, 1], [0.004, 0], [1, 0]]
    shown = ["50 %", "12.5 %", "< 0.1 %", "0.1 %", "0.0 %", "< 1 %", "100 %"]
    assert javascript(code, given) == shown


def test_numbers_in_words() -> None:
    code = "return given.map((value) => numbers.decimal(value, 1))"
    assert javascript(code, [-1.26, 0.04, -0.04, 3]) == ["−1.3", "0.0", "0.0", "3.0"]


@pytest.mark.parametrize("temperature", [0.1, 1.0, 20.0])
def test_softmax(temperature: float) -> None:
    scores = [800.0, 801.5, -3.0, 799.0]  # their exponentials are too great for any number
    code = "return tensors.softmax(given.scores, given.temperature)"
    found = javascript(code, {"scores": scores, "temperature": temperature})
    assert close(found, torch.softmax(torch.tensor(scores) / temperature, 0))
    assert sum(found) == pytest.approx(1)


def test_sigmoid_and_decibels() -> None:
    values = [-30.0, -1.0, 0.0, 2.5]
    found = javascript("return given.map((value) => tensors.sigmoid(value))", values)
    assert close(found, torch.sigmoid(torch.tensor(values)))
    decibels = javascript("return tensors.psnr([0.5, 0.25], [0.25, 0.25])")
    assert decibels == pytest.approx(-10 * math.log10(0.25**2 / 2))
    assert javascript("return String(tensors.psnr([0.5], [0.5]))") == "Infinity"


@pytest.mark.parametrize("kind", ["float32", "float16", "int8"])
def test_tensors_are_unpacked(kind: str) -> None:
    values = torch.tensor([[0.0, -1.5, 3.0], [6e-5, 0.02, -0.03]])
    packed = pack(values, kind)
    found = javascript("return tensors.readTensor(given)", packed)
    assert found["shape"] == [2, 3]
    assert found["data"] == unpack(packed).flatten().tolist()


# ------------------------------------------------------------------------------
# Networks


def translator(kind: str, bidirectional: bool = False, context: bool = False) -> Seq2Seq:
    """A network with random weights, the kind named as the explorers name it."""
    torch.manual_seed(1)
    encoder = Encoder(WORDS, EMBEDDING, HIDDEN, bidirectional=bidirectional)
    sizes = (WORDS, EMBEDDING, HIDDEN)
    scores = {
        "dot": DotScore,
        "scaled dot": ScaledDotScore,
        "general": lambda: GeneralScore(HIDDEN, HIDDEN),
        "additive": lambda: AdditiveScore(HIDDEN, HIDDEN, 4),
    }
    if kind == "no attention":
        decoder = Decoder(*sizes, context_at_every_step=context)
    else:
        decoder = AttentionalDecoder(*sizes, score=scores[kind]())
    return Seq2Seq(encoder, decoder).eval()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("no attention", {}),
        ("no attention", {"context": True}),
        ("dot", {}),
        ("scaled dot", {"bidirectional": True}),
        ("general", {"bidirectional": True}),
        ("additive", {}),
    ],
)
@torch.no_grad()
def test_a_translation(kind: str, options: dict) -> None:
    """Each step: what was read, the state after it, where it looked, and what may follow."""
    model = translator(kind, **options)
    packed = pack_weights(model, "float32")
    code = """
        const weights = tensors.readWeights(given.packed);
        return seq2seq.translateGreedily(weights, given.kind, given.source, { longest: 6 });
    """
    found = javascript(code, {"packed": packed, "kind": kind, "source": SOURCE})
    encoded = model.encoder(torch.tensor([SOURCE]), torch.tensor([len(SOURCE)]))
    assert close(found["encoded"]["outputs"], encoded.outputs[0])
    state = encoded.state
    for number, step in enumerate(found["steps"]):
        assert step["read"] == (found["steps"][number - 1]["tokenId"] if number else START)
        decoded = model.decoder(torch.tensor([[step["read"]]]), encoded, state)
        state = decoded.state
        assert close(step["hidden"], state[0][-1, 0])
        assert close(step["logits"], decoded.logits[0, 0])
        assert close(step["probabilities"], decoded.logits[0, 0].softmax(-1))
        if kind == "no attention":
            assert step["weights"] is None
        else:
            assert close(step["weights"], decoded.weights[0, 0])
        best = decoded.logits[0, 0].clone()
        best[:END] = -math.inf  # padding and a new beginning are never written
        assert step["tokenId"] == int(best.argmax())
    assert len(found["steps"]) == 6 or found["finished"]


@torch.no_grad()
def test_pictures_are_encoded_and_decoded() -> None:
    torch.manual_seed(2)
    networks = {"encoder": ResidualEncoder(), "decoder": ResidualDecoder()}
    for network in networks.values():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):  # as after training: not 0 and 1
                module.running_mean.uniform_(-0.5, 0.5)
                module.running_var.uniform_(0.5, 2.0)
        network.eval()
    picture = torch.rand(1, 1, 28, 28)
    code = networks["encoder"](picture)
    given = {name: pack_weights(network, "float32") for name, network in networks.items()}
    script = """
        const [encoder, decoder] = [given.encoder, given.decoder].map(tensors.readWeights);
        const code = convolutional.encodePicture(encoder, Float32Array.from(given.pixels));
        return [code.data, convolutional.decodePicture(decoder, code)];
    """
    found = javascript(script, given | {"pixels": picture.flatten().tolist()})
    assert close(found[0], code.flatten())
    assert close(found[1], networks["decoder"](code).flatten())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings",
    [
        {"patch_size": 5, "group_size": 8, "step": 3},  # as in the page
        {"patch_size": 4, "group_size": 16, "step": 1},
        {"patch_size": 6, "group_size": 1, "step": 4},
    ],
)
def test_block_matching(kind: str, settings: dict[str, int]) -> None:
    """BM3D; under all kinds of noise, as where pixels are equal many patches are alike."""
    clean = torch.zeros(1, 1, 28, 28)
    clean[..., 4:24, 12:15] = 1
    clean[..., 5:8, 6:22] = 0.8
    noisy = KINDS[kind](clean, 0.3, torch.Generator().manual_seed(3))
    given = {"noisy": noisy.flatten().tolist(), "sigma": 0.35} | settings
    code = """
        const { patch_size: patchSize, group_size: groupSize, step } = given;
        return bm3d.bm3d(given.noisy, given.sigma, { patchSize, groupSize, step });
    """
    expected = bm3d(noisy, sigma=0.35, **settings).flatten()
    assert expected.std() > 0.05
    assert close(javascript(code, given), expected)
