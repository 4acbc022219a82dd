"""Positions: their formulas, and what attention makes of them."""

import math

import pytest
import torch

from utils.training.loop import seeded
from utils.transformers.multi_head import MultiHeadAttention
from utils.transformers.positions import (
    LearntPositions,
    Positions,
    RotaryPositions,
    SinePositions,
    causal_mask,
    wave_frequencies,
)

PAIRINGS = ["neighbours", "halves"]


def order_of_halves(size):
    """At each column of the pairing by halves: where the neighbours have what stands there."""
    return [*range(0, size, 2), *range(1, size, 2)]


def test_sines_are_those_of_the_paper():
    size = 6
    codes = SinePositions(size).codes(torch.tensor([[0, 1, 37]]))
    for row, place in zip(codes[0].tolist(), [0, 1, 37], strict=True):
        for i in range(size // 2):
            angle = place / 10_000 ** (2 * i / size)
            assert row[2 * i] == pytest.approx(math.sin(angle), abs=1e-5)
            assert row[2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-5)


def test_sines_are_added_at_each_tokens_own_place():
    positions = SinePositions(4)
    embedded = torch.ones(2, 3, 4)
    places = torch.tensor([[0, 1, 2], [0, 0, 1]])
    assert torch.equal(positions.add(embedded, places) - embedded, 1 + positions.codes(places) - 1)
    assert not torch.equal(positions.add(embedded, places)[0], positions.add(embedded, places)[1])
    assert not positions.state_dict()  # a formula needs no place in a file


def test_learnt_positions_have_a_vector_for_each_place_and_no_more():
    with seeded(0):
        positions = LearntPositions(4, longest=3)
    table = positions.embedding.weight
    found = positions.add(torch.zeros(1, 3, 4), torch.tensor([[2, 0, 2]]))
    assert torch.equal(found[0], table[[2, 0, 2]])
    with pytest.raises(ValueError, match="at most 3 tokens, one for each learnt place, got 4"):
        positions.add(torch.zeros(1, 1, 4), torch.tensor([[3]]))


def test_without_positions_nothing_changes():
    tensor = torch.ones(2, 3, 4)
    assert Positions().add(tensor, torch.zeros(2, 3, dtype=torch.long)) is tensor
    assert Positions().turn(tensor, torch.zeros(2, 3, dtype=torch.long)) is tensor


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_a_pair_turns_by_its_angle(pairing):
    size, place = 6, 5
    columns = list(range(size)) if pairing == "neighbours" else order_of_halves(size)
    column_of = {number: column for column, number in enumerate(columns)}
    with seeded(0):
        vector = torch.randn(1, 1, 1, size)
    turned = RotaryPositions(size, pairing).turn(vector, torch.tensor([[place]]))[0, 0, 0].tolist()
    given = vector[0, 0, 0].tolist()
    for i in range(size // 2):
        one, two = column_of[2 * i], column_of[2 * i + 1]
        angle = place / 10_000 ** (2 * i / size)
        cosine, sine = math.cos(angle), math.sin(angle)
        assert turned[one] == pytest.approx(given[one] * cosine - given[two] * sine, abs=1e-5)
        assert turned[two] == pytest.approx(given[one] * sine + given[two] * cosine, abs=1e-5)


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_scores_of_turned_vectors_depend_on_the_distance_alone(pairing):
    positions = RotaryPositions(8, pairing)
    with seeded(0):
        query, key = torch.randn(2, 1, 1, 1, 8)

    def score(query_place, key_place):
        turned = positions.turn(query, torch.tensor([[query_place]]))
        return float((turned * positions.turn(key, torch.tensor([[key_place]]))).sum())

    assert score(0, 0) == pytest.approx(float((query * key).sum()), abs=1e-5)
    for distance in (-3, 1, 7):
        scores = [score(place + distance, place) for place in (3, 4, 50)]
        assert scores == pytest.approx([scores[0]] * 3, abs=1e-4)
    assert abs(score(1, 0) - score(0, 1)) > 0.01  # not the same in both directions
    assert abs(score(5, 0) - score(6, 0)) > 0.01
    same = positions.turn(query, torch.tensor([[9]]))
    assert torch.allclose(same.norm(), query.norm(), atol=1e-5)


def test_both_pairings_are_equal_after_a_permutation_of_columns():
    size, heads, length = 12, 2, 5
    order = order_of_halves(size // heads)
    neighbours, halves = (RotaryPositions(size // heads, pairing) for pairing in PAIRINGS)
    with seeded(0):
        first = MultiHeadAttention(size, heads)
        second = MultiHeadAttention(size, heads)
        sentence = torch.randn(3, length, size)
    second.load_state_dict(first.state_dict())
    places = torch.arange(length).expand(3, length)

    def scores_and_context(attention, positions):
        queries, keys = (
            positions.turn(vectors, places)
            for vectors in (attention.queries(sentence), attention.keys(sentence))
        )
        return attention.attend(queries, keys, attention.values(sentence))

    one = scores_and_context(first, neighbours)
    wrong = scores_and_context(second, halves)
    assert not torch.allclose(one.weights, wrong.weights, atol=0.001)
    rows = [head * size // heads + column for head in range(heads) for column in order]
    with torch.no_grad():
        for layer in (second.to_queries, second.to_keys):
            layer.weight.copy_(layer.weight[rows])
            layer.bias.copy_(layer.bias[rows])
    other = scores_and_context(second, halves)
    assert torch.allclose(one.weights, other.weights, atol=1e-6)
    assert torch.allclose(one.context, other.context, atol=1e-6)


def test_positions_that_cannot_be():
    for wrong in (0, 5):
        with pytest.raises(ValueError, match=f"expected an even size, .*, got {wrong}"):
            wave_frequencies(wrong)
    with pytest.raises(ValueError, match=r"\"neighbours\" or \"halves\", got 'both'"):
        RotaryPositions(4, "both")


def test_the_causal_mask_counts_from_the_end_of_the_keys():
    assert causal_mask(3, 3).tolist() == [
        [[True, False, False], [True, True, False], [True, True, True]]
    ]
    # Two new tokens after three of earlier steps: the first sees those and itself.
    assert causal_mask(2, 5).tolist() == [
        [[True, True, True, True, False], [True, True, True, True, True]]
    ]
    with pytest.raises(ValueError, match="as many keys as queries, got 2 and 3"):
        causal_mask(3, 2)
