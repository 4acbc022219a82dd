"""The explorers' arithmetic, in the Node.js that comes with Playwright: PyTorch's own numbers.

No browser is opened. That the pages show these numbers is for the browser tests.
"""

import math
from collections.abc import Callable

import pytest
import torch
from node import javascript
from number_readers import HIDDEN as READER_SIZE
from number_readers import untrained_reader
from torch import Tensor, nn

from utils.baselines.denoisers import bm3d
from utils.decoding.search import beam_search
from utils.explorers.packed_readers import pack_reader
from utils.explorers.packed_tensors import pack, pack_weights, unpack
from utils.explorers.packed_transformers import pack_masked_autoencoder, pack_translator
from utils.images.noise import KINDS
from utils.models.attention import (
    AdditiveScore,
    AttentionalDecoder,
    DotScore,
    GeneralScore,
    ScaledDotScore,
)
from utils.models.convolutional import PlainDecoder, ResidualDecoder, ResidualEncoder
from utils.models.language_model import RecurrentLanguageModel, next_token_probabilities
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq
from utils.text.vocabulary import END, START, Vocabulary
from utils.transformers.positions import RotaryPositions, SinePositions
from utils.transformers.stack import Architecture
from utils.transformers.translator import TransformerDecoder, TransformerEncoder
from utils.vision.masked_autoencoder import MaskedAutoencoder
from utils.vision.patches import from_patches, take, to_patches
from utils.vision.reading import place_counts

WORDS, EMBEDDING, HIDDEN = 9, 5, 6
SOURCE = [4, 7, 5, 8]


def close(found: object, expected: Tensor) -> bool:
    found = torch.tensor(found, dtype=torch.float32)
    return torch.allclose(found, expected.float(), atol=1e-5, rtol=1e-4)


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


@pytest.mark.parametrize("kind", ["float32", "float16", "int8", "ascii"])
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


def speaker_of(kind: str) -> Decoder:
    sizes = (WORDS, EMBEDDING, READER_SIZE)
    if kind == "no attention":
        return Decoder(*sizes, context_at_every_step=True)
    return AttentionalDecoder(*sizes, score=ScaledDotScore())


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("scaled dot", {}),
        ("scaled dot", {"knows_places": False}),
        ("no attention", {}),
    ],
)
@torch.no_grad()
def test_a_canvas_is_read_aloud(kind: str, options: dict) -> None:
    """The places' vectors and the state, and what each of two speakers writes of them."""
    model = untrained_reader(speaker_of(kind), speaker_of(kind), **options)
    canvas = torch.rand(1, 1, 40, 112, generator=torch.Generator().manual_seed(2))
    code = """
        const { eye, speakers } = reading.partsOfReader(tensors.readWeights(given.packed.weights));
        const canvas = { shape: [1, 40, 112], data: Float32Array.from(given.canvas) };
        const encoded = reading.readCanvas(eye, canvas);
        const written = Object.entries(speakers).map(([name, weights]) => [
          name, seq2seq.writeEncoded(weights, given.packed.kind, encoded, { longest: 4 }).steps,
        ]);
        return { encoded, written };
    """
    packed = pack_reader(model, "float32")
    found = javascript(code, {"packed": packed, "canvas": canvas.flatten().tolist()})
    encoded = model.reader(canvas, place_counts(canvas))
    assert close(found["encoded"]["outputs"], encoded.outputs[0])
    assert close(found["encoded"]["state"], encoded.state[0][0, 0])
    assert [name for name, _ in found["written"]] == list(model.speakers)
    for name, steps in found["written"]:
        read = torch.tensor([[step["read"] for step in steps]])
        decoded = model.speakers[name](read, encoded)
        assert close([step["logits"] for step in steps], decoded.logits[0])
        if kind == "no attention":
            assert {step["weights"] for step in steps} == {None}
        else:
            assert close([step["weights"] for step in steps], decoded.weights[0])


@pytest.mark.parametrize("shape", [(2, 4, 6), (1, 5, 7)])
def test_of_four_neighbours_the_greatest_is_kept(shape: tuple[int, ...]) -> None:
    numbers = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    code = "return convolutional.maxPool(given)"
    found = javascript(code, {"shape": shape, "data": numbers.flatten().tolist()})
    expected = nn.MaxPool2d(2)(numbers)
    assert found["shape"] == list(expected.shape)
    assert close(found["data"], expected.flatten())


@pytest.mark.parametrize("longest", [3, 12])
def test_a_beam_search(longest: int) -> None:
    """At each width what is kept, and in the end the same hypotheses, with the same scores."""
    model = translator("no attention", context=True)
    with torch.no_grad():
        model.decoder.to_logits.bias[END] += 0.5  # so that some end early
    code = """
        const weights = tensors.readWeights(given.packed);
        const { longest } = given;
        const search = beam_search.beamSearcher(weights, given.source, { longest, more: 2 });
        return [4, 1, 2, 3].map((width) => {
          const steps = search(width);
          const best = beam_search.bestFinished(steps);
          return { width, steps, best, path: best && beam_search.pathTo(steps, ...best) };
        });
    """
    packed = pack_weights(model, "float32")
    given = {"packed": packed, "source": SOURCE, "longest": longest}
    ended = 0
    for found in javascript(code, given):
        width, steps = found["width"], found["steps"]
        watched: list[tuple[Tensor, Tensor, Tensor]] = []
        (hypotheses,) = beam_search(
            model,
            torch.tensor([SOURCE]),
            torch.tensor([len(SOURCE)]),
            longest,
            width,
            length_penalty=0.0,
            watch=lambda *step, watched=watched: watched.append(step),
        )
        assert len(steps) == len(watched)
        for step, (continued, parents, token_ids) in zip(steps, watched, strict=True):
            kept = [one for one in step if one["kept"]]
            assert [one["tokenId"] for one in kept] == token_ids.tolist()
            assert close([one["log"] for one in kept], continued[parents, token_ids])
            dropped = continued.clone()
            dropped[parents, token_ids] = -math.inf
            rivals = [one["log"] for one in step[len(kept) : len(kept) + 2]]
            assert close(rivals, dropped.flatten().topk(2).values)
        finished = [one for one in hypotheses if one.finished]
        ended += len(finished)
        if not finished:
            assert found["best"] is None
            continue
        at, place = found["best"]
        assert steps[at][place]["log"] == pytest.approx(finished[0].log_probability, abs=1e-5)
        words = [steps[i][j]["tokenId"] for i, j in found["path"]]
        assert words == [*finished[0].token_ids, END]
    assert ended


def test_letters_are_drawn_with_their_probabilities() -> None:
    torch.manual_seed(3)
    vocabulary = Vocabulary(["a", "b", "c", " "])
    model = RecurrentLanguageModel(len(vocabulary), EMBEDDING, HIDDEN, cell=nn.GRU)
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 3  # far from equal
    code = """
        const model = new language_model.LanguageModel(tensors.readWeights(given.packed));
        const { begun, temperature } = given;
        return Array.from({ length: 400 }, (_, seed) =>
          model.write(begun, { temperature, seed, longest: 5 }));
    """
    temperature, begun = 1.4, ("b", "a")
    texts = javascript(
        code,
        {
            "packed": pack_weights(model, "float32"),
            "begun": vocabulary.encode(begun),
            "temperature": temperature,
        },
    )
    for steps in texts[:20]:
        written = begun
        for step in steps:
            expected = next_token_probabilities(model, vocabulary, written, temperature)
            assert close(step["probabilities"], expected)
            written = (*written, vocabulary.tokens[step["tokenId"]])
        assert (steps[-1]["tokenId"] == END) == (len(steps) < 5) or len(steps) == 5
        assert all(step["tokenId"] != END for step in steps[:-1])
    first = next_token_probabilities(model, vocabulary, begun, temperature)
    for token_id, probability in enumerate(first.tolist()):
        count = sum(steps[0]["tokenId"] == token_id for steps in texts)
        deviation = math.sqrt(len(texts) * probability * (1 - probability))
        assert abs(count - len(texts) * probability) <= 4 * deviation  # as chance has it


# ------------------------------------------------------------------------------
# The Transformer


@pytest.mark.parametrize(
    ("options", "tied"),
    [
        ({}, False),
        ({"norm": "after"}, True),
        ({"positions": "none", "scaled_embedding": False}, False),
        ({"positions": "learnt", "longest": 9}, False),
        ({"positions": "rotary"}, True),
        ({"positions": "rotary", "pairing": "halves"}, False),
    ],
    ids=str,
)
@torch.no_grad()
def test_a_transformer_translates(options: dict, tied: bool) -> None:
    """With its cache, token by token, what PyTorch computes at once, without any: in every head."""
    torch.manual_seed(4)
    architecture = Architecture(size=12, heads=3, layers=2, inner_size=7, **options)
    model = Seq2Seq(
        TransformerEncoder(WORDS, architecture), TransformerDecoder(WORDS + 2, architecture, tied)
    ).eval()
    for name, parameter in model.named_parameters():  # as after training: no 0 and no 1
        if name.endswith("bias") or "norm" in name:
            parameter += 0.3 * torch.randn_like(parameter)
    model.decoder.to_logits.bias[END] = -9  # it writes on
    found = javascript(
        """
        const network = { ...given.network, weights: tensors.readWeights(given.network.weights) };
        return transformer.translateByTransformer(network, given.source, { longest: 6 });
        """,
        {"network": pack_translator(model, "float32"), "source": SOURCE},
    )
    encoded, looked = model.encoder.with_weights(
        torch.tensor([SOURCE]), torch.tensor([len(SOURCE)])
    )
    assert close(found["encoded"]["outputs"], encoded.outputs[0])
    # (layers, 1, heads, queries, keys) -> (layers, queries, heads, keys)
    assert close(found["encoded"]["weights"], looked[:, 0].transpose(1, 2))
    steps = found["steps"]
    assert len(steps) == 6 and not found["finished"]
    target = torch.tensor([[step["read"] for step in steps]])
    decoded, own, of_source = model.decoder.with_weights(target, encoded)
    keys, values, _ = decoded.state  # (layers, 1, heads, places, head_size)
    # (1, 2 * layers, heads, places, head_size): keys and values of one layer, then of the next
    projected = model.decoder.stack.project_source(encoded.outputs)[0].transpose(1, 2)
    for layer, kept in enumerate(found["encoded"]["source"]):
        assert close(kept["keys"], projected[2 * layer])
        assert close(kept["values"], projected[2 * layer + 1])
    for j, step in enumerate(steps):
        read = j + 1
        assert close(step["logits"], decoded.logits[0, j])
        assert close(step["heads"], own[:, 0, :, j, :read])
        assert close(step["sourceHeads"], of_source[:, 0, :, j])
        for layer, kept in enumerate(step["cache"]):
            assert close(kept["keys"], keys[layer, 0, :, :read].transpose(0, 1))
            assert close(kept["values"], values[layer, 0, :, :read].transpose(0, 1))


@pytest.mark.parametrize("visible", [[3], [0, 2, 7, 15], list(range(16))])
@pytest.mark.parametrize("norm", ["before", "after"])
@torch.no_grad()
def test_hidden_patches_are_restored(norm: str, visible: list[int]) -> None:
    torch.manual_seed(1)
    sizes = {"heads": 2, "norm": norm, "positions": "learnt", "longest": 16}
    model = MaskedAutoencoder(
        Architecture(size=8, layers=2, inner_size=6, **sizes),
        Architecture(size=4, layers=1, inner_size=5, **sizes),
        patch_size=7,
    ).eval()
    image = torch.rand(1, 1, 28, 28)
    code = """
        const network = { ...given.packed, weights: tensors.readWeights(given.packed.weights) };
        const patches = masked_autoencoder.toPatches(given.pixels, 28, given.packed.patch_size);
        const restored = masked_autoencoder.restorePatches(network, patches, given.visible);
        return [patches, restored, masked_autoencoder.fromPatches(restored, 28, 7)];
    """
    packed = pack_masked_autoencoder(model, "float32")
    given = {"packed": packed, "pixels": image.flatten().tolist(), "visible": visible}
    patches, restored, pixels = javascript(code, given)
    expected = to_patches(image, 7)
    assert close(patches, expected[0])
    places = torch.tensor([visible])
    restored_there = model(take(expected, places), places)
    assert close(restored, restored_there[0])
    assert close(pixels, from_patches(restored_there).flatten())


@pytest.mark.parametrize("place", [0, 1, 57])
def test_places_become_waves_and_turns(place: int) -> None:
    code = "return positions.sineCode(given, 10)"
    expected = SinePositions(10).codes(torch.tensor([[place]]))
    assert close(javascript(code, place), expected[0, 0])
    vector = torch.randn(1, 1, 1, 6, generator=torch.Generator().manual_seed(place))
    for pairing in ("neighbours", "halves"):
        code = "return positions.turnedVector(Float32Array.from(given[0]), given[1], given[2])"
        turned = javascript(code, [vector.flatten().tolist(), place, pairing])
        expected = RotaryPositions(6, pairing).turn(vector, torch.tensor([[place]]))
        assert close(turned, expected.flatten())


# ------------------------------------------------------------------------------
# Chinese


@pytest.mark.parametrize(
    ("text", "tokens", "unknown"),
    [
        ("他很累。", "他很累。", []),
        (" 他 很\t累 ", "他很累。", []),
        ("他累吗?", "他累吗？", []),
        ("他累,她累.", "他累，她累。", ["，"]),
        ("龘很a累", "龘很a累。", ["龘", "a"]),
        ("<s>累", "<s>累。", ["<", "s", ">"]),
    ],
)
def test_chinese_is_read_character_by_character(text: str, tokens: str, unknown: list) -> None:
    vocabulary = ["<pad>", "<s>", "</s>", "<unk>", *"他她很累吗。？"]
    code = "return chinese.readChinese(given[0], given[1], 9)"
    found = javascript(code, [text, vocabulary])
    assert found["tokens"] == list(tokens) and found["unknown"] == unknown
    assert all(f"“{character}”" in found["message"] for character in unknown)
    assert bool(found["message"]) == bool(unknown)


@pytest.mark.parametrize(("text", "told"), [("", "nothing to read"), ("。 ？", "nothing to read")])
def test_where_there_is_no_chinese_nothing_is_read(text: str, told: str) -> None:
    found = javascript("return chinese.readChinese(given, [], 9)", text)
    assert found["tokens"] == [] and told in found["message"]


def test_chinese_that_is_too_long_is_not_cut_off() -> None:
    code = "return given.map((text) => chinese.readChinese(text, [], 9))"
    fits, longer = javascript(code, ["累" * 8, "累" * 9])
    assert len(fits["tokens"]) == 9
    assert longer["tokens"] == [] and "10 characters, and 9 is the most" in longer["message"]


def test_words_are_as_long_as_the_glosses_allow() -> None:
    glosses = {"学": "learn", "学习": "learning", "机器": "machine", "constructor": "no"}
    code = "return chinese.glossed(given[0], given[1])"
    words = javascript(code, [list("机器学习学器"), glosses])
    assert [(one["start"], one["end"], one["gloss"]) for one in words] == [
        (0, 2, "machine"),
        (2, 4, "learning"),
        (4, 5, "learn"),
        (5, 6, ""),
    ]


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


def patches(hidden: int, side: int) -> nn.Sequential:
    """Chapter 2's decoder that paints one patch for each cell of the code."""
    within_cell = [nn.Conv2d(4, hidden, kernel_size=1), nn.ReLU()] if hidden else []
    paint = nn.ConvTranspose2d(hidden or 4, 1, side, stride=4, padding=(side - 4) // 2)
    return nn.Sequential(*within_cell, paint, nn.Sigmoid())


@pytest.mark.parametrize(
    ("layers", "make"),
    [
        ("plainLayers", PlainDecoder),
        ("patchLayers", lambda: patches(0, 8)),
        ("patchLayers", lambda: patches(16, 4)),
        ("residualLayers", lambda: ResidualDecoder(8, 2)),
    ],
    ids=["plain", "overlapping", "touching", "residual"],
)
def test_slopes_of_a_decoder(layers: str, make: Callable[[], nn.Module]) -> None:
    """By pixel and by cell: sums of the absolute derivatives, as autograd has them."""
    torch.manual_seed(5)
    decoder = make()
    for module in decoder.modules():
        if isinstance(module, nn.BatchNorm2d):  # as if it had been trained
            for values in (module.weight, module.bias, module.running_mean):
                nn.init.normal_(values)
            nn.init.uniform_(module.running_var, 0.5, 2)
    packed = pack_weights(decoder.eval(), "float32")
    code = torch.randn(1, 4, 7, 7)
    found = javascript(
        """
        const data = Float32Array.from(given.code);
        const code = { shape: [4, 7, 7], data };
        const pass = slopes[given.layers](tensors.readWeights(given.packed))(code);
        return {
            output: pass.output.data,
            cells: given.pixels.map((place) => slopes.cellsBehind(pass, place)),
            pixels: given.cells.map((place) => slopes.pixelsPainted(pass, code, place)),
        };
        """,
        {
            "code": code.flatten().tolist(),
            "layers": layers,
            "packed": packed,
            "pixels": (pixels := [[0, 0], [13, 12], [27, 5]]),
            "cells": (cells := [[0, 0], [3, 2], [6, 5]]),
        },
    )
    with torch.no_grad():
        assert close(found["output"], decoder(code).flatten())
    for (x, y), seen in zip(pixels, found["cells"], strict=True):
        by_cell = torch.func.grad(lambda c, at=(0, 0, y, x): decoder(c)[at])(code)
        expected = by_cell[0].abs().sum(0).flatten()  # (1, 4, 7, 7) -> (49,)
        assert close(seen, expected)
        assert [s > 0 for s in seen] == (expected > 0).tolist()
    for (x, y), seen in zip(cells, found["pixels"], strict=True):
        units = torch.zeros(4, *code.shape)
        units[range(4), 0, range(4), y, x] = 1
        changes = [
            torch.autograd.functional.jvp(decoder, code, unit)[1].flatten() for unit in units
        ]
        expected = torch.stack(changes).abs().sum(0)  # (784,)
        assert close(seen, expected)
        assert [s > 0 for s in seen] == (expected > 0).tolist()


def test_bm3d_works_where_there_is_nothing_of_the_page() -> None:
    """The text that a worker gets is complete, and gives the same numbers."""
    torch.manual_seed(7)
    sizes = {"patchSize": 5, "groupSize": 8, "step": 3}
    given = {"pixels": torch.rand(28 * 28).tolist(), "sizes": sizes}
    here, beside = javascript(
        """
        const made = new Function(`${bm3d.BM3D_SOURCE}\\nreturn bm3d;`)();
        return [bm3d.bm3d, made].map((each) => each(given.pixels, 0.3, given.sizes));
        """,
        given,
    )
    assert len(here) == 28 * 28
    assert here == beside


def test_without_a_worker_the_last_that_was_asked_for_is_answered() -> None:
    answers = javascript(
        """
        const timers = new Map();
        globalThis.setTimeout = (call) => timers.set(timers.size, call).size - 1;
        globalThis.clearTimeout = (timer) => timers.delete(timer);
        globalThis.Worker = class { constructor() { throw new Error("not allowed"); } };
        const calls = [];
        const twice = (number) => { calls.push(number); return 2 * number; };
        const ask = beside.beside(twice, "");
        const answers = [];
        for (const number of [1, 2, 3]) ask([number], (result) => answers.push(result));
        for (const call of [...timers.values()]) call();
        return [calls, answers];
        """
    )
    assert answers == [[3], [6]]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [([1], [2]), ([1, 5], [10]), ([1, 5, 7], [14])],
    ids=["alone", "two", "three"],
)
def test_a_worker_is_asked_for_one_thing_at_a_time(asked: list[int], answered: list[int]) -> None:
    """What was asked for meanwhile is forgotten, but for the last."""
    found = javascript(
        """
        const posted = [];
        globalThis.Worker = class { postMessage(data) { posted.push([this, data]); } };
        const ask = beside.beside((number) => 2 * number, "");
        const answers = [];
        for (const number of given) ask([number], (result) => answers.push(result));
        while (posted.length) {
            if (posted.length > 1) throw new Error("asked for two things at once");
            const [worker, [number]] = posted.shift();
            worker.onmessage({ data: 2 * number });
        }
        return answers;
        """,
        asked,
    )
    assert found == answered


def test_slopes_of_components() -> None:
    torch.manual_seed(6)
    decoder = nn.Linear(9, 16)
    inked = [i for i in range(16) if i not in (0, 7)]  # pixels that no number reaches
    decoder.weight.data[[0, 7]] = 0
    code = torch.randn(9)
    found = javascript(
        """
        const decoder = tensors.readWeights(given.decoder);
        const code = { shape: [1, 3, 3], data: Float32Array.from(given.code) };
        const pass = slopes.componentLayers(decoder)(code);
        return [
            pass.output.data,
            slopes.cellsBehind(pass, [2, 1]),
            slopes.pixelsPainted(pass, code, [0, 2]),
        ];
        """,
        {
            "decoder": {
                "components": pack(decoder.weight.T[:, inked], "float32"),
                "inked": pack(torch.tensor(inked), "uint16"),
                "mean": pack(decoder.bias, "float32"),
            },
            "code": code.tolist(),
        },
    )
    with torch.no_grad():
        expected = [decoder(code), decoder.weight[4 * 1 + 2].abs(), decoder.weight[:, 3 * 2].abs()]
    assert all(close(*pair) for pair in zip(found, expected, strict=True))


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
