"""Several processes that share each batch do what one does with all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import accelerate.state
import pytest
import torch
from accelerate import Accelerator

from utils.text.batches import Batch, TokenBatch
from utils.training.machine import OneProcess, SharedOut, share_of

sys.path.insert(0, str(Path(__file__).parent))
import shared_run

CPU = torch.device("cpu")


@pytest.fixture
def new_accelerator():
    """Accelerate keeps one state in a process: each test begins and ends without."""
    accelerate.state.AcceleratorState._reset_state(True)
    yield lambda **options: Accelerator(cpu=True, **options)
    accelerate.state.AcceleratorState._reset_state(True)


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(tmp_path):
    """Started as the page says. Batches divide unevenly, and one process is left without a row."""
    seen_file = tmp_path / "seen.json"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc_per_node", "2"]
    root = str(Path(shared_run.__file__).parents[2])
    subprocess.run(
        [*command, shared_run.__file__, str(seen_file)],
        env=os.environ | {"PYTHONPATH": root, "ACCELERATE_USE_CPU": "true"},
        check=True,
    )
    seen = json.loads(seen_file.read_text())
    assert seen.pop("processes") == 2
    for make in (shared_run.translator, shared_run.autoencoder):
        alone = shared_run.losses(make, device=CPU)
        assert seen[make.__name__] == pytest.approx(alone, rel=1e-9), make.__name__


@pytest.mark.parametrize("make", [shared_run.translator, shared_run.autoencoder])
def test_an_accelerator_of_one_process_changes_no_digit(new_accelerator, make):
    with_it = shared_run.losses(make, accelerator=new_accelerator())
    assert with_it == shared_run.losses(make, device=CPU)


def test_mixed_precision_computes_with_few_digits_and_keeps_the_weights(new_accelerator):
    seen = set()

    def watched(model, images):
        made = model(images)
        seen.add(made.dtype)
        return (made - images).square().mean()

    model, _, train, validation = shared_run.autoencoder()
    model.float()
    train, validation = ([batch.float() for batch in batches] for batches in (train, validation))
    accelerator = new_accelerator(mixed_precision="bf16")
    options = {"epochs": 20, "learning_rate": 0.02, "seed": 0}
    history = shared_run.fit(model, watched, train, validation, accelerator=accelerator, **options)
    assert seen == {torch.bfloat16}
    assert {weights.dtype for weights in model.parameters()} == {torch.float32}
    assert history.validation_loss[-1] < 0.5 * history.validation_loss[0]


def test_a_device_beside_an_accelerator_is_refused(new_accelerator):
    with pytest.raises(ValueError, match="expected a device or an accelerator"):
        shared_run.losses(shared_run.autoencoder, device=CPU, accelerator=new_accelerator())


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
def test_shares_are_all_of_a_batch_and_count_by_their_tokens(processes):
    target = torch.tensor([[5, 6, 7, 8], [5, 6, 0, 0], [5, 0, 0, 0], [5, 6, 7, 0]])
    batch = Batch(torch.arange(8).view(4, 2) + 4, torch.tensor([2, 1, 2, 1]), target + 1, target)
    shares = [share_of(batch, number, processes) for number in range(processes)]
    assert all(type(share) is Batch for share, _ in shares)
    assert sum(weight for _, weight in shares) == pytest.approx(1)
    there = torch.cat([share.source for share, weight in shares if weight > 0])
    assert sorted(there.tolist()) == batch.source.tolist()
    for share, weight in shares:
        tokens = (share.target_output != 0).sum().item()
        assert len(share.source) >= 1
        assert weight in (0, pytest.approx(tokens / 10))


def test_shares_of_images_count_by_their_rows():
    images = torch.arange(5.0)
    assert share_of(images, 0, 2)[0].tolist() == [0, 2, 4]
    assert share_of((images, images), 1, 2)[0][1].tolist() == [1, 3]
    assert [share_of(images, number, 2)[1] for number in (0, 1)] == [3 / 5, 2 / 5]


def test_tensors_of_different_numbers_of_rows_cannot_be_shared():
    batch = TokenBatch(torch.ones(3, 2, dtype=torch.long), torch.ones(2, 2, dtype=torch.long))
    with pytest.raises(ValueError, match=r"one row for an item, got tensors of \[2, 3\] rows"):
        share_of(batch, 0, 2)


def test_each_process_has_random_numbers_of_its_own():
    drawn = []
    for stream in (0, 1, 0):
        with shared_run.seeded(3, stream):
            drawn.append(torch.rand(4))
    assert torch.equal(drawn[0], drawn[2]) and not torch.equal(drawn[0], drawn[1])


def test_one_process_is_told_by_both_kinds(new_accelerator):
    for machine in (OneProcess(CPU), SharedOut(new_accelerator())):
        numbers = torch.arange(3)
        assert machine.total(numbers).tolist() == [0, 1, 2]
        assert machine.each(numbers).tolist() == [[0, 1, 2]]
        assert (machine.number, machine.processes, machine.precision) == (0, 1, "no")
