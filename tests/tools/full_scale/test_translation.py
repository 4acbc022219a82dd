"""Translators of captions, tried on a few sentences: what they record, and what they never read."""

import dataclasses
import json
from dataclasses import replace

import pytest
import torch

from tools.full_scale import record, translation, translators
from tools.full_scale.recipes import FINAL, RECIPES
from tools.full_scale.sentences import SENTENCES
from tools.full_scale.translation import run, said
from tools.full_scale.translators import Translator, Words, new_cutters, new_model, trained
from tools.machine.system import used
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
    monkeypatch.setattr(translation, "SENTENCES", dict(list(SENTENCES.items())[:2]))


def test_a_run_says_all_and_reads_no_test_caption(tmp_path):
    made = run(TINY, "tiny", 3, tmp_path, test=False, captions=CAPTIONS)
    results = json.loads(json.dumps(made.results))  # all of it is JSON
    assert len(results["validation_loss"]) == len(results["training_loss"]) == 2
    assert results["epochs"] == 2 and results["best_epoch"] in (1, 2)
    assert "case:lc" in results["signature"] and "tok:13a" in results["signature"]
    assert sum(count for _, count, _ in results["validation"]["by_length"]) == 6
    assert made.seconds > 0
    if used(children=False)[0] is not None:  # Windows does not tell
        assert made.processor_seconds > 0 and made.peak_memory_bytes > 1e7
    assert {"torch", "tokenizers", "sacrebleu", "Python"} <= set(made.versions)
    assert made.command.endswith("translation --recipe tiny --seed 3")
    assert made.code == record.translation_code(TINY)
    assert "test_2016" not in results
    assert not list(tmp_path.glob("*.test.txt"))
    assert "tiny 3: " in translation.in_words("tiny 3", made)


def test_a_run_that_was_killed_goes_on_to_the_same_result(tmp_path, monkeypatch):
    whole = run(TINY, "tiny", 0, tmp_path / "whole", test=False, captions=CAPTIONS)
    mended = translators.translation_loss
    calls = []

    def breaks_in_the_second_epoch(*arguments, **options):
        calls.append(None)
        if len(calls) == 6:  # an epoch is three batches and the validation's one
            raise KeyboardInterrupt
        return mended(*arguments, **options)

    folder = tmp_path / "killed"
    monkeypatch.setattr(translators, "translation_loss", breaks_in_the_second_epoch)
    with pytest.raises(KeyboardInterrupt):
        run(TINY, "tiny", 0, folder, test=False, captions=CAPTIONS)
    assert [path.name for path in folder.iterdir()] == ["tiny-0.checkpoint"]
    monkeypatch.setattr(translators, "translation_loss", mended)
    resumed = run(TINY, "tiny", 0, folder, test=False, captions=CAPTIONS)
    for name in ("training_loss", "validation_loss", "validation", "searched", "sentences"):
        assert resumed.results[name] == whole.results[name], name
    assert resumed.processor_seconds is None  # nobody knows what the killed one took
    assert not (folder / "tiny-0.checkpoint").exists()


def test_what_was_trained_is_not_trained_again_until_its_code_changes(tmp_path, monkeypatch):
    def fails(*_arguments, **_options):
        raise AssertionError("it was trained again")

    first = run(TINY, "tiny", 0, tmp_path, test=False, captions=CAPTIONS)
    monkeypatch.setattr(translators, "fit", fails)
    again = run(TINY, "tiny", 0, tmp_path, test=False, captions=CAPTIONS)
    kept = ("date",)
    assert {**dataclasses.asdict(again), **dict.fromkeys(kept)} == {
        **dataclasses.asdict(first),
        **dict.fromkeys(kept),
    }
    with pytest.raises(AssertionError, match="trained again"):
        trained(replace(TINY, dropout=0.2), "tiny", 0, tmp_path, CAPTIONS)


def test_the_same_seed_gives_the_same_run_and_its_files_the_same_translator(tmp_path):
    first, again, other = (
        run(TINY, "tiny", seed, tmp_path / folder, test=False, captions=CAPTIONS).results
        for seed, folder in ((0, "a"), (0, "b"), (1, "c"))
    )
    assert first["training_loss"] == again["training_loss"] != other["training_loss"]
    cutters = tuple(Subwords.read(tmp_path / "a" / f"tiny-0.{name}.json") for name in ("de", "en"))
    model = new_model(TINY, tuple(cutter.vocabulary for cutter in cutters), seed=5)
    weights.load(tmp_path / "a" / "tiny-0.safetensors", model)
    scored = translation.scores(
        Translator(model, *cutters),
        CAPTIONS.validation,
        first["beam"],
        first["length_penalty"],
    )
    assert scored == first["validation"]
    assert parameter_count(model) == first["parameters"]


def test_the_average_of_the_weights_is_what_is_kept(tmp_path, monkeypatch):
    """Whatever became of the weights themselves after the last step."""
    fit = translators.fit

    def fit_and_forget(network, *arguments, **options):
        history = fit(network, *arguments, **options)
        with torch.no_grad():
            for parameter in network.model.parameters():
                parameter.zero_()
        return history

    whole, _ = trained(TINY, "tiny", 0, tmp_path / "whole", CAPTIONS)
    monkeypatch.setattr(translators, "fit", fit_and_forget)
    kept, _ = trained(TINY, "tiny", 0, tmp_path / "kept", CAPTIONS)
    read, _ = trained(TINY, "tiny", 0, tmp_path / "kept", CAPTIONS)
    for one in (kept, read):
        for name, weight in whole.model.state_dict().items():
            assert torch.equal(one.model.state_dict()[name], weight), name
    assert all(weight.any() for weight in whole.model.parameters())


def test_a_run_is_trained_as_its_recipe_says(tmp_path, monkeypatch):
    """The loss, and the batches, whose order the seed gives."""
    losses, orders = set(), []
    loss, batches = translators.translation_loss, EncodedPairs.batches

    def noted_loss(model, batch, label_smoothing=0.0):
        losses.add((model.training, label_smoothing))
        return loss(model, batch, label_smoothing)

    def noted_batches(self, size, seed=None):
        orders.append((size, seed))
        return batches(self, size, seed)

    monkeypatch.setattr(translators, "translation_loss", noted_loss)
    monkeypatch.setattr(EncodedPairs, "batches", noted_batches)
    trained(TINY, "tiny", 5, tmp_path, CAPTIONS)
    assert TINY.label_smoothing > 0 and (True, TINY.label_smoothing) in losses
    assert (True, 0.0) not in losses
    assert [seed for _, seed in orders] == [5, None] and orders[0][0] == TINY.batch_size


def test_the_search_is_chosen_by_validation_and_used_on_the_test(tmp_path, monkeypatch):
    """The best of validation is the worst of the test here, and is reported all the same."""
    test = PAIRS[30:]
    asked = []

    def translate_text(_translator, captions, beam, length_penalty):
        asked.append((captions is test, beam, length_penalty))
        good = (beam, length_penalty) == (2, 1.0)
        return ["good" if good != (captions is test) else "bad"] * len(captions)

    def bleu_of(translations, _captions):
        return Bleu(50.0 if translations[0] == "good" else 20.0, "signature")

    monkeypatch.setattr(translation, "translate_text", translate_text)
    monkeypatch.setattr(translation, "bleu_of", bleu_of)
    made = run(TINY, "tiny", 0, tmp_path, True, CAPTIONS._replace(test=test)).results
    assert (made["beam"], made["length_penalty"]) == (2, 1.0)
    assert made["validation"]["searched"] == 50
    assert made["test_2016"]["searched"] == 20
    assert sorted(row for row in asked if row[0]) == [(True, 1, 1.0), (True, 2, 1.0)]
    assert (tmp_path / "tiny-0.test.txt").read_text("utf-8") == "bad\n" * len(test)


def test_what_is_said_of_a_sentence_is_where_the_network_looked(tmp_path):
    translator, _ = trained(TINY, "tiny", 0, tmp_path, CAPTIONS)
    of = said(translator, "Ein Mann schläft im Park.", 2, 1.0)
    assert of["source"] == translator.source.cut("Ein Mann schläft im Park.")
    assert of["text"] == translator.target.join(of["target"])
    assert len(of["weights"]) in (len(of["target"]), len(of["target"]) + 1)
    for row in of["weights"]:
        assert len(row) == len(of["source"]) and abs(sum(row) - 100) <= len(row)
    blind, _ = trained(replace(TINY, decoder="none"), "blind", 0, tmp_path, CAPTIONS)
    assert said(blind, "Ein Mann schläft im Park.", 2, 1.0)["weights"] is None


def test_our_sentences_have_a_meaning_each_and_one_is_long():
    assert len(SENTENCES) >= 8 and all(SENTENCES.values())
    assert max(len(text.split()) for text in SENTENCES) >= 30


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
