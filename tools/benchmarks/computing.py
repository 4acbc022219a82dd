"""What the networks and the codec do in a second, and how that grows with what they are given."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from tools.benchmarks import networks
from tools.benchmarks.networks import NETWORKS, TWO_THREADS, made_batch, network, translator
from tools.benchmarks.timing import (
    exponent,
    floating_point_operations,
    matrix_product,
    peak_bytes,
    rates,
    rounded,
    timed,
)
from utils.compression.codec import Codec, compress, decompress
from utils.decoding.search import beam_search, greedy
from utils.models.convolutional import ResidualDecoder, ResidualEncoder
from utils.models.seq2seq import translation_loss
from utils.training.loop import seeded

MEGABYTE = 1e6
GIGA = 1e9
# Decoding
SENTENCES, WORDS = 100, 12
BEAMS = (1, 4)
# The codec
IMAGES, BITS = 512, 4
# Growth: what else stays the same is a batch of 64 sentences of 16 tokens, of 1,000 words.
USUAL = {"sentences": 64, "length": 16, "vocabulary": 1_000}
SIZES = {
    "length": (8, 16, 32, 64),
    "sentences": (16, 32, 64, 128, 256),
    "vocabulary": (500, 1_000, 2_000, 4_000, 8_000),
}
KINDS_THAT_GROW = ("no attention", "scaled dot", "additive")
NUMBERS_OF_IMAGES = (16, 64, 256, 1_024)


def training() -> Iterator[dict]:
    """Each network: images or tokens a second, share of the matrix product's speed, memory."""
    speeds = {threads: matrix_product(threads) for threads in (1, 2)}
    for name in NETWORKS:
        trained = network(name)
        operations = floating_point_operations(trained.train)
        memory = peak_bytes(trained.train)
        for threads in (1, 2) if name in TWO_THREADS else (1,):
            seconds = timed(trained.train, threads)
            yield {
                "network": name,
                "chapter": trained.chapter,
                "unit": trained.unit,
                "threads": threads,
                "rate": rates(trained.amount, seconds),
                "operations": rounded(operations / trained.amount),
                "gigaflops": rounded(operations / seconds["median"] / GIGA),
                "matrix_product": rounded(speeds[threads] / GIGA),
                "megabytes": rounded(memory / MEGABYTE, 3),
            }


def decoding() -> Iterator[dict]:
    """Each translator: sentences a second, greedily and with a beam."""
    corpus = networks.pairs("de", "en", (1, 2, 3))
    sizes = tuple(map(len, networks.vocabularies(corpus)))
    for kind in ("no attention", *networks.SCORES):
        with seeded(0):
            model = networks.endless(translator(kind, 128, sizes))
        batch = made_batch(SENTENCES, WORDS, min(sizes))
        for beam in BEAMS:

            def search(model=model, batch=batch, beam=beam) -> None:
                if beam == 1:
                    greedy(model, batch.source, batch.source_lengths, WORDS)
                else:
                    beam_search(model, batch.source, batch.source_lengths, WORDS, beam)

            yield {
                "network": kind,
                "beam": beam,
                "rate": rates(SENTENCES, timed(search)),
                "megabytes": rounded(peak_bytes(search) / MEGABYTE, 3),
            }


def new_codec() -> Codec:
    with seeded(0):
        encoder, decoder = ResidualEncoder().eval(), ResidualDecoder().eval()
    return Codec.fit(encoder, decoder, networks.digits()[:1_000], BITS)


def codec() -> Iterator[dict]:
    """Megabytes of pixels, one byte each, that are written and read in a second."""
    made = new_codec()
    images = networks.digits()[:IMAGES]
    data = compress(images, made)
    ways = {
        "compress": lambda: compress(images, made),
        "decompress": lambda: decompress(data, made),
    }
    for name, way in ways.items():
        seconds = timed(way)
        yield {
            "way": name,
            "images": rates(len(images), seconds),
            "megabytes_per_second": rates(images.numel() / MEGABYTE, seconds),
            "megabytes": rounded(peak_bytes(way) / MEGABYTE, 3),
        }


def growth() -> Iterator[dict]:
    """Seconds for several sizes of one thing, and the exponent of the power law through them."""
    for kind in KINDS_THAT_GROW:
        for name, sizes in SIZES.items():
            points = []
            for size in sizes:
                usual = USUAL | {name: size}
                batch = made_batch(**usual)
                with seeded(0):
                    model = translator(kind, 128, (usual["vocabulary"],) * 2)

                def step(model=model, batch=batch) -> None:
                    model.zero_grad()
                    translation_loss(model, batch).backward()

                points.append((size, timed(step, seconds=0.2)["median"]))
            yield grown(kind, name, points)
    made = new_codec()
    ways = {"compress": lambda images: compress(images, made)}
    ways["decompress"] = lambda data: decompress(data, made)
    for way, act in ways.items():
        points = []
        for count in NUMBERS_OF_IMAGES:
            images = networks.digits()[:count]
            given = images if way == "compress" else compress(images, made)
            points.append((count, timed(lambda: act(given), seconds=0.2)["median"]))  # noqa: B023
        yield grown(way, "images", points)


def grown(what: str, by: str, points: list[tuple[int, float]]) -> dict:
    return {
        "what": what,
        "by": by,
        "points": [[size, rounded(seconds)] for size, seconds in points],
        "exponent": round(exponent(*zip(*points, strict=True)), 2),
    }


def prepare() -> None:
    """One thread, as the notebooks have it; torch's own Timer sets others for what needs two."""
    torch.set_num_threads(1)
