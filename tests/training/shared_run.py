"""A small training run, started by the tests in a process of its own or in several.

python shared_run.py FILE           # trains with what `accelerate launch` offers
"""

import json
import sys

import torch
from torch import nn

from utils.images.digits import Split
from utils.languages.pairs import SentencePair
from utils.models.attention import AdditiveScore, AttentionalDecoder
from utils.models.seq2seq import Encoder, Seq2Seq, translation_loss
from utils.text.batches import EncodedPairs
from utils.text.vocabulary import Vocabulary
from utils.training.loop import fit, seeded


def translator():
    """Sentences of 1 to 7 words, to be turned round; 64-bit numbers, so that rounding is small.

    33 pairs in batches of 8: of the last batch, a single pair, the second process has nothing.
    """
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 8, (33,), generator=generator).tolist()
    words = [tuple(torch.randint(9, (n,), generator=generator).tolist()) for n in lengths]
    sources = [tuple("abcdefghi"[word] for word in sentence) for sentence in words]
    pairs = [SentencePair(source, source[::-1]) for source in sources]
    vocabulary = Vocabulary.of(sources)
    with seeded(0):
        sizes = {"vocabulary_size": len(vocabulary), "embedding_size": 6, "hidden_size": 8}
        decoder = AttentionalDecoder(score=AdditiveScore(8, 8, 5), **sizes)
        model = Seq2Seq(Encoder(bidirectional=True, **sizes), decoder).double()
    batches = EncodedPairs(pairs, vocabulary, vocabulary)
    return model, translation_loss, batches.batches(8, seed=1), batches.batches(10)


def reconstruction_loss(model, images):
    return (model(images) - images).square().mean()


def autoencoder():
    """29 images in batches of 8: the last batch has 5."""
    images = torch.rand(29, 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    with seeded(0):
        model = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.Tanh(), nn.Conv2d(3, 1, 1)).double()
    split = Split(images, torch.zeros(29))
    return model, reconstruction_loss, split.batches(8, seed=1), split.batches(11)


def losses(make, **options):
    """Training and validation losses of three epochs, and the sum of the best one's weights."""
    model, *rest = make()
    history = fit(model, *rest, epochs=3, learning_rate=0.02, seed=0, **options)
    total = sum(weights.sum().item() for weights in model.state_dict().values())
    return [*history.training_loss, *history.validation_loss, total]


if __name__ == "__main__":
    from accelerate import Accelerator

    accelerator = Accelerator()
    seen = {
        make.__name__: losses(make, accelerator=accelerator) for make in (translator, autoencoder)
    }
    seen["processes"] = accelerator.num_processes
    if accelerator.process_index == 1:  # not the one that writes and shows: it must know as much
        with open(sys.argv[1], "w") as file:
            json.dump(seen, file)
    accelerator.end_training()
