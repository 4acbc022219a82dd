"""A run that ended at any step goes on from its checkpoint as if nothing had happened."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from utils.storage import weights
from utils.storage.weights import fingerprint
from utils.training import checkpoints
from utils.training.checkpoints import CheckpointError
from utils.training.loop import TrainingError

sys.path.insert(0, str(Path(__file__).parent))
import killed_run
from killed_run import BATCHES, EPOCHS, noisy_loss, run


def result(outcome):
    """All that a run leaves, to the last digit; only the seconds may differ."""
    model, history = outcome
    return fingerprint(model), history.training_loss, history.validation_loss, history.best_epoch


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Several add in an order that may be another in another process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def uninterrupted():
    return result(run())


class Stopped(Exception):
    pass


def stopping_at(step):
    """The loss, which raises when the training step of that number begins."""
    left = [step]

    def loss(model, images):
        if model.training:
            if left[0] == 0:
                raise Stopped
            left[0] -= 1
        return noisy_loss(model, images)

    return loss


def test_a_checkpoint_changes_nothing_in_the_run(tmp_path, uninterrupted):
    assert result(run(tmp_path / "run")) == uninterrupted


@pytest.mark.slow
def test_a_process_killed_at_a_random_step_goes_on_to_the_same_result(tmp_path, uninterrupted):
    step = random.randrange(BATCHES, EPOCHS * BATCHES)
    root = str(Path(killed_run.__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, killed_run.__file__, str(tmp_path / "run")],
        env=os.environ | {"PYTHONPATH": root, "BOOK_SNAPSHOT": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        for _ in range(step):
            assert process.stdout.readline() == "step\n"
            process.stdin.write("\n")
            process.stdin.flush()
        assert process.stdout.readline() == "step\n"
        process.kill()
    steps = []

    def counted(model, images):
        steps.append(model.training)
        return noisy_loss(model, images)

    assert result(run(tmp_path / "run", counted)) == uninterrupted, f"killed at step {step}"
    assert sum(steps) == EPOCHS * BATCHES - step // BATCHES * BATCHES  # whole epochs are kept


@pytest.mark.parametrize("step", [0, 3, 5, 9, 10, 16, 19])
def test_a_run_that_ended_with_an_error_goes_on_to_the_same_result(tmp_path, uninterrupted, step):
    with pytest.raises(Stopped):
        run(tmp_path / "run", stopping_at(step))
    assert (tmp_path / "run").exists() == (step >= BATCHES)
    assert result(run(tmp_path / "run")) == uninterrupted


def test_a_run_may_end_again_and_again(tmp_path, uninterrupted):
    for step in (7, 6, 2):
        with pytest.raises(Stopped):
            run(tmp_path / "run", stopping_at(step))
    assert result(run(tmp_path / "run")) == uninterrupted


def test_a_finished_run_is_not_trained_again(tmp_path, uninterrupted):
    run(tmp_path / "run")
    before = (tmp_path / "run").read_bytes()
    assert result(run(tmp_path / "run", stopping_at(0))) == uninterrupted
    assert (tmp_path / "run").read_bytes() == before


def test_patience_goes_on_too(tmp_path):
    options = {"epochs": 30, "patience": 2, "learning_rate": 0.3}
    whole = result(run(**options))
    epochs = len(whole[1])
    assert epochs < 30
    with pytest.raises(Stopped):
        run(tmp_path / "run", stopping_at(epochs * BATCHES - 2), **options)
    assert result(run(tmp_path / "run", **options)) == whole
    assert result(run(tmp_path / "run", stopping_at(0), **options)) == whole  # it had ended


def test_an_error_after_going_on_leaves_the_best_epoch_of_the_whole_run(tmp_path):
    with pytest.raises(Stopped):
        run(tmp_path / "run", stopping_at(12))
    with pytest.raises(Stopped):
        run(tmp_path / "run", stopping_at(1))
    _, description = weights.read_tensors(tmp_path / "run")
    assert len(json.loads(description["checkpoint"])["validation_loss"]) == 2
    assert result(run(tmp_path / "run"))[1:] == result(run())[1:]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"epochs": 5}, r"another epochs \(4, not 5\)"),
        ({"learning_rate": 0.04}, r"another learning rate \(0.05, not 0.04\)"),
        ({"seed": 1}, r"another seed \(0, not 1\)"),
        ({"description": "rival"}, r"another description \('training', not 'rival'\)"),
    ],
)
def test_the_checkpoint_of_another_run_is_refused(tmp_path, options, sentence):
    with pytest.raises(Stopped):
        run(tmp_path / "run", stopping_at(8))
    before = (tmp_path / "run").read_bytes()
    with pytest.raises(CheckpointError, match=sentence):
        run(tmp_path / "run", **options)
    assert (tmp_path / "run").read_bytes() == before


def test_the_checkpoint_of_another_network_is_refused(tmp_path, monkeypatch):
    run(tmp_path / "run", epochs=1)
    initial = nn.init.kaiming_uniform_
    monkeypatch.setattr(nn.init, "kaiming_uniform_", lambda *a, **k: initial(*a, **k).mul_(2))
    with pytest.raises(CheckpointError, match="another first weights"):
        run(tmp_path / "run", epochs=1)


@pytest.mark.parametrize("kind", ["empty", "text", "pickle", "short", "flipped", "weights"])
def test_a_damaged_or_foreign_file_is_named_and_left_alone(tmp_path, kind):
    path = tmp_path / "run"
    run(path, epochs=1)
    whole = path.read_bytes()
    if kind == "weights":
        weights.save(path, nn.Linear(1, 1), {"chapter": "1"})
    elif kind == "pickle":
        torch.save({"epoch": 1}, path)
    else:
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        contents = {"empty": b"", "text": b"epoch 1", "short": whole[:-9], "flipped": flipped}
        path.write_bytes(contents[kind])
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=f"at {path}, but the file is damaged or of") as error:
        run(path, epochs=1)
    assert "\n" not in str(error.value) and "delete it" in str(error.value)
    assert path.read_bytes() == before


def test_a_run_whose_loss_is_no_number_keeps_its_checkpoint(tmp_path, uninterrupted):
    left = [8]

    def loss(model, images):
        left[0] -= model.training
        return noisy_loss(model, images) * (float("nan") if left[0] < 0 else 1)

    with pytest.raises(TrainingError, match="expected a finite loss, got nan in epoch 1"):
        run(tmp_path / "run", loss)
    assert result(run(tmp_path / "run")) == uninterrupted


def test_a_folder_in_the_place_of_a_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match="damaged or of another kind"):
        run(tmp_path)


def test_nothing_is_lost_while_a_checkpoint_is_written(tmp_path, monkeypatch, uninterrupted):
    """The file before stays whole until the next one is."""
    written = checkpoints.write_tensors

    def interrupted(path, tensors, description):
        if Path(path).exists():
            monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(Stopped))
        written(path, tensors, description)

    monkeypatch.setattr(checkpoints, "write_tensors", interrupted)
    with pytest.raises(Stopped):
        run(tmp_path / "run")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert result(run(tmp_path / "run")) == uninterrupted


def test_numbers_of_numpy_are_saved_too(tmp_path, uninterrupted):
    options = {"seed": np.int64(0), "epochs": np.int64(EPOCHS), "learning_rate": np.float64(0.05)}
    with pytest.raises(Stopped):
        run(tmp_path / "run", stopping_at(7), **options)
    assert result(run(tmp_path / "run")) == uninterrupted
