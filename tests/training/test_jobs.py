"""Training in several processes: the same networks, no process left over, errors with a name."""

import copy
import itertools
import multiprocessing
from dataclasses import replace

import pytest
import torch

from utils.languages.pairs import ParallelCorpus, SentencePair
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq, translation_loss
from utils.text.batches import BucketedBatches
from utils.text.vocabulary import Vocabulary
from utils.training import jobs as parallel_training
from utils.training.jobs import Job, fit_all
from utils.training.loop import TrainingError, fit, seeded

VOCABULARY = Vocabulary(tuple("abcd"))
SENTENCES = [word for length in (2, 3) for word in itertools.product("abcd", repeat=length)]
PAIRS = tuple(SentencePair(sentence, sentence[::-1]) for sentence in SENTENCES)
CORPUS = ParallelCorpus("xx", "xx", PAIRS[:60], PAIRS[60:], ())
OTHER = ParallelCorpus("xx", "xx", PAIRS[20:], PAIRS[:20], ())
FOREVER = 10**6  # epochs


def new_job(seed=0, corpus=CORPUS, **options):
    size = len(VOCABULARY)
    with seeded(seed):
        model = Seq2Seq(Encoder(size, 6, 8, dropout=0.1), Decoder(size, 6, 8, dropout=0.1)).train()
    options = {"batch_size": 16, "epochs": 2, "learning_rate": 0.01, "seed": seed} | options
    return Job(model, corpus, VOCABULARY, VOCABULARY, **options)


def parameters(job):
    return list(job.model.parameters())


def all_close(one, two):
    pairs = zip(parameters(one), parameters(two), strict=True)
    return all(torch.allclose(a.cpu(), b.cpu(), atol=1e-4) for a, b in pairs)


def new_jobs():
    """More than there are workers, not all of them with the same corpus."""
    return {"one": new_job(0), "two": new_job(1, OTHER), "three": new_job(2, epochs=1)}


def test_two_workers_train_the_same_networks_as_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a worker must find its modules from anywhere
    fresh, here, elsewhere = new_jobs(), new_jobs(), new_jobs()
    owned = {name: parameters(job) for name, job in elsewhere.items()}
    histories = fit_all(here, workers=1)
    others = fit_all(elsewhere, workers=2)
    assert list(histories) == list(others) == ["one", "two", "three"]
    for name in histories:
        assert all_close(here[name], elsewhere[name])
        assert not all_close(here[name], fresh[name])
        assert not elsewhere[name].model.training
        # In place: whoever holds the parameters sees them trained.
        assert all(a is b for a, b in zip(owned[name], parameters(elsewhere[name]), strict=True))
        assert all(parameter.requires_grad for parameter in owned[name])
        one, two = histories[name], others[name]
        assert one.training_loss == pytest.approx(two.training_loss, abs=1e-4)
        assert one.validation_loss == pytest.approx(two.validation_loss, abs=1e-4)
        assert one.best_epoch == two.best_epoch
        assert len(one.training_loss) == fresh[name].epochs
    assert multiprocessing.active_children() == []


def test_one_worker_trains_as_fit_does():
    job, model = new_job(3), new_job(3).model
    history = fit_all({"it": job}, workers=1)["it"]
    expected = fit(
        model,
        translation_loss,
        BucketedBatches(CORPUS.train, VOCABULARY, VOCABULARY, 16, seed=3),
        BucketedBatches(CORPUS.validation, VOCABULARY, VOCABULARY, 250),
        epochs=2,
        learning_rate=0.01,
        seed=3,
    )
    assert history.training_loss == pytest.approx(expected.training_loss)
    assert history.validation_loss == pytest.approx(expected.validation_loss)
    assert all_close(job, replace(job, model=model))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_ends_all_and_says_where_it_happened(workers):
    broken = replace(CORPUS, train=(SentencePair((), ("a",)),))
    jobs = {"the broken one": new_job(corpus=broken), "the long one": new_job(epochs=FOREVER)}
    with pytest.raises(TrainingError, match=r"^the broken one: expected source sent") as caught:
        fit_all(jobs, workers)
    assert isinstance(caught.value.__cause__, ValueError)
    assert multiprocessing.active_children() == []


def test_an_interruption_leaves_no_process(monkeypatch):
    begun = []

    def interrupted(futures, *_, **__):
        next(iter(futures))  # so one job is done, and the other is under way
        begun.extend(multiprocessing.active_children())
        raise KeyboardInterrupt

    monkeypatch.setattr(parallel_training, "progress", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit_all({"short": new_job(epochs=1), "long": new_job(epochs=FOREVER)}, workers=2)
    assert len(begun) == 2
    assert multiprocessing.active_children() == []


def test_a_process_that_dies(monkeypatch):
    def killing(futures, *_, **__):
        # The one that was started last, since the executor might not know of it yet.
        max(multiprocessing.active_children(), key=lambda process: process.pid).kill()
        yield from futures

    monkeypatch.setattr(parallel_training, "progress", killing)
    jobs = {name: new_job(epochs=FOREVER) for name in ("one", "two")}
    with pytest.raises(
        TrainingError, match=r"expected its process to go on, .* take fewer workers"
    ):
        fit_all(jobs, workers=2)
    assert multiprocessing.active_children() == []


def test_a_model_that_cannot_be_sent():
    job = new_job()
    job.model.decoder.register_forward_hook(lambda *_: None)
    jobs = {"good": new_job(), "with a lambda": job}
    with pytest.raises(TrainingError, match=r"^with a lambda: expected a model that an"):
        fit_all(jobs, workers=2)
    fit_all({"with a lambda": job}, workers=2)  # a single job needs no other process


def test_jobs_that_share_a_part():
    one = new_job()
    two = replace(one, model=Seq2Seq(one.model.encoder, copy.deepcopy(one.model.decoder)))
    before = copy.deepcopy(one)
    with pytest.raises(ValueError, match="of its own for every job, got one that 'one' and 'two'"):
        fit_all({"one": one, "two": two}, workers=1)
    assert all_close(one, before)


def test_how_many_workers(monkeypatch):
    used = []

    def record(jobs, workers, device):
        used.append(workers)
        return dict.fromkeys(jobs)

    monkeypatch.setattr(parallel_training, "_fit_elsewhere", record)
    monkeypatch.setattr(
        parallel_training, "_fit_here", lambda jobs, device: record(jobs, 1, device)
    )
    monkeypatch.setattr(parallel_training, "_core_count", lambda: 2)
    monkeypatch.setattr(parallel_training, "best_device", lambda: torch.device("cpu"))
    jobs = new_jobs()
    fit_all(jobs)
    fit_all(jobs, 8)
    fit_all({"one": jobs["one"]})
    monkeypatch.setattr(parallel_training, "best_device", lambda: torch.device("cuda"))
    fit_all(jobs)
    fit_all(jobs, 2)
    assert used == [2, 3, 1, 1, 2]
    assert fit_all({}) == {}
    with pytest.raises(ValueError, match="expected one worker or more, got 0"):
        fit_all(jobs, workers=0)
