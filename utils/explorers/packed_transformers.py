"""Networks made of Transformers, as a page can hold them.

What is written here, `transformer.js` and `masked_autoencoder.js` in the folder
`utils/explorers/javascript/networks` read.
"""

from __future__ import annotations

from ..models.seq2seq import Seq2Seq
from ..transformers.stack import Architecture
from ..transformers.translator import TransformerDecoder, TransformerEncoder
from ..vision.masked_autoencoder import MaskedAutoencoder
from .packed_tensors import pack_weights

READ_OUT, EMBEDDING = "decoder.to_logits.weight", "decoder.embedding.weight"


def pack_translator(model: Seq2Seq, kind: str = "ascii") -> dict:
    """{"encoder", "decoder", "weights"}: what each half is made of, and all weights by name.

    kind: as in `packed_tensors.pack`; "ascii" is the shortest. A tied last layer has its numbers in
        the embedding and is left out.

    Raises `ValueError` for a translator that is not a Transformer's encoder with its decoder, and
    for halves with other numbers of heads or layers than each other.
    """
    encoder, decoder = model.encoder, model.decoder
    if not isinstance(encoder, TransformerEncoder) or not isinstance(decoder, TransformerDecoder):
        raise ValueError(
            "expected a TransformerEncoder with a TransformerDecoder, got "
            f"{type(encoder).__name__} and {type(decoder).__name__}; the page reads no other pair"
        )
    halves = {"encoder": encoder.stack.architecture, "decoder": decoder.stack.architecture}
    grids = {name: (half.layers, half.heads) for name, half in halves.items()}
    if grids["encoder"] != grids["decoder"]:
        raise ValueError(
            "expected as many layers and heads in encoder and decoder, as the page draws them in "
            f"one grid, got {grids['encoder']} and {grids['decoder']}"
        )
    weights = pack_weights(model, kind)
    if decoder.to_logits.weight is decoder.embedding.weight:
        del weights[READ_OUT]
    return {**{name: _described(half) for name, half in halves.items()}, "weights": weights}


def pack_masked_autoencoder(model: MaskedAutoencoder, kind: str = "ascii") -> dict:
    """{"read_by", "written_by", "patch_size", "weights"}: both stacks' making, and all weights.

    kind: as in `packed_tensors.pack`; "ascii" is the shortest.
    """
    return {
        "read_by": _described(model.encoder.stack.architecture),
        "written_by": _described(model.decoder.architecture),
        "patch_size": model.encoder.patch_size,
        "weights": pack_weights(model, kind),
    }


def _described(architecture: Architecture) -> dict:
    """What the page has to know of a half, besides its weights."""
    return {
        "layers": architecture.layers,
        "heads": architecture.heads,
        "norm": architecture.norm,
        "positions": architecture.positions,
        "pairing": architecture.pairing,
        "embedding_factor": architecture.embedding_factor,
    }
