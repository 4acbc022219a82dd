"""Runs on whole data sets, tried on a few sentences: what they record, and what they never read."""

import importlib.util
import json
import sys
from dataclasses import replace

import pytest
import torch

from tools.full_scale import __main__ as command
from tools.full_scale import translation
from tools.full_scale.recipes import FINAL, RECIPES
from tools.full_scale.translation import Translator, Words, new_cutters, new_model, run
from utils.measures.translation_quality import Bleu, bleu_of_text
from utils.storage import weights
from utils.text.batches import EncodedPairs
from utils.text.multi30k import Captions
from utils.text.subwords import Subwords
from utils.training.loop import parameter_count

PEOPLE = {"Mann": "man", "Hund": "dog", "Junge": "boy", "Arzt": "doctor"}
PLACES = {"im Park": "in the park", "am Strand": "on the beach", "zu Hause": "at home"}
DEEDS = {"schläft": "sleeps", "spielt": "plays", "wartet": "waits"}
PAIRS = tuple(
    (f"Ein {one} {does} {there}.", f"A {PEOPLE[one]} {DEEDS[does]} {PLACES[there]}.")
    for one in PEOPLE
    for does in DEEDS
    for there in PLACES
)
TINY = replace(
    FINAL,
    subwords=(60, 60),
    embedding_size=16,
    hidden_size=16,
    batch_size=8,
    epochs=2,
    dropout=0.1,
)


class Untouchable:
    """Test captions that must not be read."""

    def __iter__(self):
        raise AssertionError("the test captions were read")

    __len__ = __getitem__ = __iter__


CAPTIONS = Captions(PAIRS[:24], PAIRS[24:30], Untouchable())


@pytest.fixture(autouse=True)
def fewer_searches(monkeypatch):
    monkeypatch.setattr(translation, "BEAMS", (2, 3))
    monkeypatch.setattr(translation, "LENGTH_PENALTIES", (0.5, 1.0))
    monkeypatch.setattr(translation, "LONGEST", 12)


def test_a_run_leaves_a_record_and_reads_no_test_caption(tmp_path):
    record = run(TINY, "tiny", 3, tmp_path, test=False, captions=CAPTIONS)
    assert json.loads((tmp_path / "tiny-3.json").read_text("utf-8")) == json.loads(
        json.dumps(record)
    )
    assert record["recipe"]["name"] == "tiny" and record["recipe"]["hidden_size"] == 16
    assert len(record["validation_loss"]) == len(record["training_loss"]) == 2
    assert "case:lc" in record["signature"] and "tok:13a" in record["signature"]
    assert record["seconds"] > 0 and record["tokens_per_second"] > 0
    assert {"torch", "tokenizers", "sacrebleu", "Python"} <= set(record["versions"])
    assert record["command"].endswith("translation --recipe tiny --seed 3")
    assert "test_2016" not in record
    assert not list(tmp_path.glob("*.test.txt"))
    assert "tiny, seed 3" in translation.in_words(record)


def test_a_run_that_was_killed_goes_on_to_the_same_result(tmp_path, monkeypatch):
    whole = run(TINY, "tiny", 0, tmp_path / "whole", test=False, captions=CAPTIONS)
    mended = translation.translation_loss
    calls = []

    def breaks_in_the_second_epoch(*arguments, **options):
        calls.append(None)
        if len(calls) == 6:  # an epoch is three batches and the validation's one
            raise KeyboardInterrupt
        return mended(*arguments, **options)

    folder = tmp_path / "killed"
    monkeypatch.setattr(translation, "translation_loss", breaks_in_the_second_epoch)
    with pytest.raises(KeyboardInterrupt):
        run(TINY, "tiny", 0, folder, test=False, captions=CAPTIONS)
    assert [path.name for path in folder.iterdir()] == ["tiny-0.checkpoint"]
    monkeypatch.setattr(translation, "translation_loss", mended)
    resumed = run(TINY, "tiny", 0, folder, test=False, captions=CAPTIONS)
    for name in ("training_loss", "validation_loss", "validation", "search"):
        assert resumed[name] == whole[name], name
    assert not (folder / "tiny-0.checkpoint").exists()


def test_the_same_seed_gives_the_same_run_and_its_files_the_same_translator(tmp_path):
    first, again, other = (
        run(TINY, "tiny", seed, tmp_path / folder, test=False, captions=CAPTIONS)
        for seed, folder in ((0, "a"), (0, "b"), (1, "c"))
    )
    assert first["training_loss"] == again["training_loss"] != other["training_loss"]
    cutters = tuple(Subwords.read(tmp_path / "a" / f"tiny-0.{name}.json") for name in ("de", "en"))
    model = new_model(TINY, tuple(cutter.vocabulary for cutter in cutters), seed=5)
    weights.load(tmp_path / "a" / "tiny-0.safetensors", model)
    scored, _ = Translator(model, cutters).score(
        CAPTIONS.validation, first["beam"], first["length_penalty"]
    )
    assert scored.score == first["validation"]["best"]
    assert parameter_count(model) == first["parameters"]


def test_the_average_of_the_weights_is_what_is_kept(tmp_path, monkeypatch):
    """Whatever became of the weights themselves after the last step."""
    fit = translation.fit

    def fit_and_forget(trained, *arguments, **options):
        history = fit(trained, *arguments, **options)
        with torch.no_grad():
            for parameter in trained.model.parameters():
                parameter.zero_()
        return history

    whole = run(TINY, "tiny", 0, tmp_path / "whole", test=False, captions=CAPTIONS)
    monkeypatch.setattr(translation, "fit", fit_and_forget)
    record = run(TINY, "tiny", 0, tmp_path / "kept", test=False, captions=CAPTIONS)
    for name in ("validation", "search", "validation_nats_per_token"):
        assert record[name] == whole[name], name
    kept, expected = (
        weights.read_tensors(tmp_path / folder / "tiny-0.safetensors")[0]
        for folder in ("kept", "whole")
    )
    assert all(torch.equal(kept[name], expected[name]) for name in expected)
    assert any(tensor.any() for tensor in kept.values())


def test_a_run_is_trained_as_its_recipe_says(tmp_path, monkeypatch):
    """The loss, and the batches, whose order the seed gives."""
    losses, orders = set(), []
    loss, batches = translation.translation_loss, EncodedPairs.batches

    def noted_loss(model, batch, label_smoothing=0.0):
        losses.add((model.training, label_smoothing))
        return loss(model, batch, label_smoothing)

    def noted_batches(self, size, seed=None):
        orders.append((size, seed))
        return batches(self, size, seed)

    monkeypatch.setattr(translation, "translation_loss", noted_loss)
    monkeypatch.setattr(EncodedPairs, "batches", noted_batches)
    run(TINY, "tiny", 5, tmp_path, test=False, captions=CAPTIONS)
    assert TINY.label_smoothing > 0 and (True, TINY.label_smoothing) in losses
    assert (True, 0.0) not in losses
    assert orders[0] == (TINY.batch_size, 5) and {seed for _, seed in orders[1:]} == {None}


def test_the_search_is_chosen_by_validation_and_used_on_the_test(tmp_path, monkeypatch):
    """The best of validation is the worst of the test here, and is reported all the same."""
    test = PAIRS[30:]
    asked = []

    def score(self, captions, beam=1, length_penalty=1.0):
        asked.append((captions is test, beam, length_penalty))
        good = (beam, length_penalty) == (2, 1.0)
        value = 50.0 if good != (captions is test) else 20.0
        return Bleu(value, "signature"), ["a man"] * len(captions)

    monkeypatch.setattr(Translator, "score", score)
    record = run(TINY, "tiny", 0, tmp_path, True, CAPTIONS._replace(test=test))
    assert (record["beam"], record["length_penalty"]) == (2, 1.0)
    assert record["validation"]["best"] == 50
    assert record["test_2016"]["best"] == 20
    assert sorted(row for row in asked if row[0]) == [(True, 1, 1.0), (True, 2, 1.0)]
    assert (tmp_path / "tiny-0.test.txt").read_text("utf-8") == "a man\n" * len(test)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_can_be_built_and_stays_below_ten_million_parameters(name):
    recipe = RECIPES[name]
    sizes = recipe.subwords or (8200, 6000)  # words of Multi30k that occur twice
    vocabularies = tuple(map(range, sizes))
    with torch.device("meta"):
        model = new_model(recipe, vocabularies, seed=0)
    assert 1e6 < parameter_count(model) < 10e6


def test_each_recipe_but_the_two_beginnings_changes_one_thing():
    for name, recipe in RECIPES.items():
        changed = {
            field
            for field in vars(FINAL)
            if getattr(recipe, field) != getattr(FINAL, field) and field != "title"
        }
        together = [
            {"dropout", "word_dropout", "epochs", "learning_rate"},
            {"decoder", "hidden_size"},
        ]
        if name not in ("start", "plain"):
            assert len(changed) <= 1 or changed in together, name
            assert bool(changed) == (name != "final")


def test_subwords_and_words_know_the_training_captions_alone():
    captions = Captions((("ab ab", "xy xy"),) * 9, (("ß", "q"),), Untouchable())
    source, target = new_cutters(replace(TINY, subwords=(9, 9)), captions)
    assert not set("ßq") & set("".join(source.vocabulary.tokens + target.vocabulary.tokens))
    source, target = new_cutters(replace(TINY, subwords=None), captions)
    assert source.vocabulary.tokens[4:] == ("ab",) and target.vocabulary.tokens[4:] == ("xy",)


def test_words_put_together_score_as_the_text_does():
    text = "A man's dog, two boys' T-shirts (3.50 each): don't!"
    joined = Words.learn([text] * 2).join(Words.learn([text] * 2).cut(text))
    assert "man's" in joined and "don't" in joined
    text = text.replace("boys'", "boys")  # an apostrophe alone is no part of a word here
    joined = Words.learn([text] * 2).join(Words.learn([text] * 2).cut(text))
    assert bleu_of_text(hypotheses=[joined], references=[text]).score == pytest.approx(100)


def test_a_record_is_out_of_date_when_a_module_that_ran_is_another_one(tmp_path, monkeypatch):
    path = tmp_path / "made_up.py"
    path.write_text("one = 1\n")
    spec = importlib.util.spec_from_file_location("utils.made_up", path)
    monkeypatch.setitem(sys.modules, "utils.made_up", importlib.util.module_from_spec(spec))
    record = {"code": translation.code_fingerprints()}
    assert {"utils.models.attention", "tools.full_scale.recipes"} <= set(record["code"])
    assert translation.changed_since(record) == []
    path.write_text("one = 2\n")
    assert translation.changed_since(record) == ["utils.made_up"]
    record["code"]["utils.no_room.no_module"] = "0" * 16
    assert translation.changed_since(record) == ["utils.made_up", "utils.no_room.no_module"]


def test_the_command_names_its_recipes_and_says_what_is_wrong(tmp_path, monkeypatch, capsys):
    assert command.main(["translation", "--list"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == set(RECIPES)
    monkeypatch.setenv("DATA_ROOT", str(tmp_path))
    (tmp_path / "multi30k").mkdir()
    assert command.main(["translation", "--folder", str(tmp_path)]) == 1
    assert "expected the file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["translation", "--recipe", "unknown"])
