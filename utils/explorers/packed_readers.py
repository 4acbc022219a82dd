"""Networks that read numbers aloud, as a page can hold them.

What is written here, `utils/explorers/javascript/networks/reading.js` reads.
"""

from __future__ import annotations

import copy
from typing import cast

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..models.attention import AttentionalDecoder, ScaledDotScore
from ..models.seq2seq import TargetWriter
from ..vision.number_words import LARGEST, number_words
from ..vision.reading import NumberReader
from .packed_tensors import pack_weights

NO_ATTENTION, SCALED_DOT = "no attention", "scaled dot"


def pack_reader(model: NumberReader, kind: str = "ascii") -> dict:
    """{"kind", "weights"}: how its speakers look back, and the weights of `folded(model)` by name.

    kind: of numbers, as in `packed_tensors.pack`; "ascii" is the shortest.

    Raises `ValueError` for speakers with another score than the scaled dot product, and for some
    with attention beside some without.
    """
    looks = {_looks(cast(TargetWriter, speaker)) for speaker in model.speakers.values()}
    if len(looks) != 1:
        raise ValueError(
            f"expected speakers that all look back in the same way, got {sorted(looks)}; the page "
            "names a network by it"
        )
    return {"kind": looks.pop(), "weights": pack_weights(folded(model), kind)}


def folded(model: NumberReader) -> NumberReader:
    """A copy for evaluation, whose convolutions do what their batch normalisations did.

    A normalisation with the mean and variance of training multiplies each channel and adds to it,
    and so can the convolution before it (Jacob et al. 2018, https://arxiv.org/abs/1712.05877,
    section 3.2). What comes out is the same up to rounding.
    """
    model = copy.deepcopy(model).eval()
    for layers in model.reader.features.layers:
        parts = cast(nn.Sequential, layers)
        convolution, normalisation = parts[0], parts[1]
        parts[0] = fuse_conv_bn_eval(
            cast(nn.Conv2d, convolution), cast(nn.BatchNorm2d, normalisation)
        )
        parts[1] = nn.Identity()
    return model


def spoken_numbers(language: str) -> list[str]:
    """All numbers from 0 to 999 in words, each word with the places of the digits that it says.

    Places are counted from 0, from the left: "four0 hundred seven2" for 407 and "fourteen01" for
    14. Raises `ValueError` for another language.
    """
    return [
        " ".join(
            word.text + "".join(map(str, sorted(word.digits)))
            for word in number_words(str(number), language)
        )
        for number in range(LARGEST + 1)
    ]


def _looks(speaker: TargetWriter) -> str:
    if not isinstance(speaker, AttentionalDecoder):
        return NO_ATTENTION
    if type(speaker.attention.score) is not ScaledDotScore:
        raise ValueError(
            "expected speakers with a ScaledDotScore or without attention, got a "
            f"{type(speaker.attention.score).__name__}; the page knows no other"
        )
    return SCALED_DOT
