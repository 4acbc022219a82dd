"""Learnt queries, and the loss of a set, beside all assignments tried one by one."""

import itertools

import pytest
import torch
from torch import nn

from utils.images.digits import load_digits
from utils.training.loop import parameter_count, seeded
from utils.transformers.stack import Architecture
from utils.vision.canvases import NO_DIGIT, make_canvases
from utils.vision.features import CanvasFeatures
from utils.vision.finding import (
    NONE,
    NONE_WEIGHT,
    Answers,
    Finder,
    assign,
    assignment_costs,
    find,
    finder_loss,
    overlap,
    set_loss,
)

SMALL = Architecture(8, 2, 2, 16, positions="none")


def answers_and_truth(batch=6, answers=5, seed=0):
    """Answers drawn at random, and canvases with no digit at all up to three."""
    with seeded(seed):
        logits = torch.randn(batch, answers, 11)
        corners = torch.rand(batch, answers, 2) * torch.tensor([12.0, 84.0])
        digits = torch.randint(10, (batch, 4))
        true_corners = (torch.rand(batch, 4, 2) * torch.tensor([12.0, 84.0])).long()
    there = torch.arange(4) < torch.arange(batch)[:, None] % 4
    digits = digits.masked_fill(~there, NO_DIGIT)
    return Answers(logits, corners), digits, true_corners * there[..., None]


def a_finder(seed=0, **options):
    with seeded(seed):
        return Finder(SMALL, queries=5, **options)


@pytest.fixture(scope="module")
def canvases():
    return make_canvases(load_digits().train, 12, seed=3)


# ------------------------------------------------------------------------------
# The assignment


def test_no_assignment_is_cheaper():
    answers, digits, corners = answers_and_truth()
    costs = assignment_costs(answers, digits, corners)
    given = assign(answers, digits, corners)
    for row in range(len(digits)):
        slots = (digits[row] != NO_DIGIT).nonzero().flatten().tolist()
        cheapest = min(
            sum(costs[row, answer, slot].item() for answer, slot in zip(chosen, slots, strict=True))
            for chosen in itertools.permutations(range(5), len(slots))
        )
        taken = given[row, slots].tolist()
        assert len(set(taken)) == len(slots)
        total = sum(
            costs[row, answer, slot].item() for answer, slot in zip(taken, slots, strict=True)
        )
        assert total == pytest.approx(cheapest, abs=1e-5)


def test_slots_without_a_digit_are_given_no_answer():
    answers, digits, corners = answers_and_truth()
    assert torch.equal(assign(answers, digits, corners) == NO_DIGIT, digits == NO_DIGIT)


def test_costs_by_hand():
    logits = torch.zeros(1, 1, 11)  # each class has the probability 1/11
    answers = Answers(logits, torch.tensor([[[4.0, 10.0]]]))
    costs = assignment_costs(answers, torch.tensor([[7]]), torch.tensor([[[11, 31]]]))
    assert costs.item() == pytest.approx(5 * (7 + 21) / 28 - 1 / 11)


def test_a_digit_without_an_answer_is_an_error():
    answers, digits, corners = answers_and_truth(answers=2)
    with pytest.raises(ValueError, match="2 answers for 3 digits"):
        assign(answers, digits, corners)


# ------------------------------------------------------------------------------
# The loss


def test_the_loss_depends_neither_on_the_order_of_answers_nor_on_that_of_digits():
    answers, digits, corners = answers_and_truth()
    loss = set_loss(answers, digits, corners)
    order, slots = torch.tensor([3, 0, 4, 1, 2]), torch.tensor([2, 3, 1, 0])
    other_answers = Answers(answers.logits[:, order], answers.corners[:, order])
    assert torch.isclose(set_loss(other_answers, digits, corners), loss)
    assert torch.isclose(set_loss(answers, digits[:, slots], corners[:, slots]), loss)


def test_the_loss_by_hand():
    """One digit; the answer beside it is given to it, and the other one should say NONE."""
    logits = torch.zeros(1, 2, 11)
    logits[0, 1, 3] = 2.0
    answers = Answers(logits, torch.tensor([[[0.0, 80.0], [5.0, 20.0]]]))
    loss = set_loss(answers, torch.tensor([[3, NO_DIGIT]]), torch.tensor([[[5, 34], [0, 0]]]))
    right, none = -logits.log_softmax(-1)[0, 1, 3], -logits.log_softmax(-1)[0, 0, NONE]
    entropy = (right + NONE_WEIGHT * none) / (1 + NONE_WEIGHT)
    assert loss.item() == pytest.approx(entropy.item() + 5 * 14 / 28)


def test_a_perfect_set_costs_nothing_and_each_fault_something():
    _, digits, corners = answers_and_truth(batch=4)
    perfect = torch.full((4, 5, 11), -30.0)
    perfect[..., NONE] = 30.0
    for row, slot in (digits != NO_DIGIT).nonzero().tolist():
        perfect[row, slot, NONE], perfect[row, slot, digits[row, slot]] = -30.0, 30.0
    places = torch.zeros(4, 5, 2)
    places[:, :4] = corners.float()
    assert set_loss(Answers(perfect, places), digits, corners) < 1e-6
    twice = perfect.clone()
    twice[3, 4] = perfect[3, 0]  # the first digit is said by the last answer too
    assert set_loss(Answers(twice, places), digits, corners) > 0.1
    assert set_loss(Answers(perfect, places + 2.8), digits, corners) == pytest.approx(1.0, abs=1e-3)


def test_gradients_of_corners_reach_the_answers_that_were_given_a_digit_and_no_others():
    answers, digits, corners = answers_and_truth()
    places = answers.corners.clone().requires_grad_()
    set_loss(Answers(answers.logits, places), digits, corners).backward()
    given = assign(answers, digits, corners)
    taken = torch.zeros(6, 5, dtype=torch.bool)
    for row, slot in (digits != NO_DIGIT).nonzero().tolist():
        taken[row, given[row, slot]] = True
    assert torch.equal((places.grad != 0).any(-1), taken)


# ------------------------------------------------------------------------------
# The network


def test_answers_lie_on_the_canvas_and_weights_add_up_to_1(canvases):
    looked = a_finder().eval().with_weights(canvases.images)
    assert looked.answers.logits.shape == (12, 5, 11)
    assert looked.answers.corners.shape == (12, 5, 2)
    assert (looked.answers.corners >= 0).all()
    assert (looked.answers.corners <= torch.tensor([12.0, 84.0])).all()
    assert looked.weights.shape == (2, 12, 2, 5, 5)
    assert looked.place_weights.shape == (2, 12, 2, 5, 70)
    assert torch.allclose(looked.place_weights.sum(-1), torch.ones(2, 12, 2, 5))


def test_alone_a_query_knows_nothing_of_another_and_together_it_does(canvases):
    for together in (False, True):
        model = a_finder(together=together).eval()
        before = model(canvases.images).logits
        with torch.no_grad():
            model.queries.weight[4] *= -1
        after = model(canvases.images).logits
        assert not torch.allclose(before[:, 4], after[:, 4], atol=1e-4)
        assert torch.allclose(before[:, :4], after[:, :4], atol=1e-5) != together
    assert parameter_count(a_finder(together=False)) == parameter_count(a_finder())


def test_alone_each_answer_and_its_weights_are_those_of_a_finder_with_one_query(canvases):
    """So answers and weights stand at the right canvas and the right query."""
    many = a_finder(together=False).eval()
    one = a_finder(together=True)
    one.queries = nn.Embedding(1, 8)
    looked = many.with_weights(canvases.images)
    for query in range(5):
        state = many.state_dict() | {"queries.weight": many.queries.weight[query, None]}
        one.load_state_dict(state)
        alone = one.eval().with_weights(canvases.images)
        assert torch.allclose(
            alone.answers.logits[:, 0], looked.answers.logits[:, query], atol=1e-5
        )
        seen = looked.place_weights[:, :, :, query]
        assert torch.allclose(alone.place_weights[:, :, :, 0], seen, atol=1e-5)
    assert torch.equal(looked.weights, torch.eye(5).expand(2, 12, 2, 5, 5))


def test_the_order_of_queries_is_that_of_the_answers(canvases):
    model = a_finder().eval()
    before = model(canvases.images)
    order = torch.tensor([2, 0, 1, 4, 3])
    with torch.no_grad():
        model.queries.weight.copy_(model.queries.weight[order])
    after = model(canvases.images)
    assert torch.allclose(after.logits, before.logits[:, order], atol=1e-5)


def test_places_are_told_apart():
    """A canvas without ink looks the same at all inner places; codes say which is which."""
    model = a_finder().eval()
    weights = model.with_weights(torch.zeros(1, 1, 40, 112)).place_weights
    inner = [14 * row + column for row in (2, 3) for column in range(3, 11)]
    assert weights[0, 0, 0, 0, inner].std() > 0


def test_every_part_learns(canvases):
    model = a_finder()
    finder_loss(model, (canvases.images, canvases.digits, canvases.corners)).backward()
    # A bias of keys adds the same to all scores of a query, so softmax takes it out.
    still = {
        name
        for name, weights in model.named_parameters()
        if weights.grad is None or not weights.grad.abs().max() > 0
    }
    assert all("to_keys.bias" in name for name in still)


def test_other_positions_and_no_queries_are_errors():
    with pytest.raises(ValueError, match="queries have no order"):
        Finder(Architecture(8, 2, 1, 16), queries=5)
    with pytest.raises(ValueError, match="one query or more"):
        Finder(SMALL, queries=0)


def test_an_eye_trained_before_is_looked_through_as_it_is(canvases):
    eye = CanvasFeatures(SMALL.size)
    finder = Finder(SMALL, queries=3, eye=eye).train()
    finder_loss(finder, next(iter(canvases.batches(5)))).backward()
    seen = eye.eval()(canvases.images)
    assert torch.equal(finder.features(canvases.images), seen)
    assert all(parameter.grad is None for parameter in finder.features.parameters())
    with pytest.raises(ValueError, match="an eye with 8 numbers for each place, got 4"):
        Finder(SMALL, queries=3, eye=CanvasFeatures(4))


# ------------------------------------------------------------------------------
# What was found


class Fixed(nn.Module):
    """Says the same of every canvas: a 3 with NONE as likeliest, and a 5."""

    def __init__(self):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(1, 2, 11))
        with torch.no_grad():
            self.logits[0, 0, 3], self.logits[0, 0, NONE] = 1.0, 2.0
            self.logits[0, 1, 5] = 3.0

    def forward(self, canvases):
        return Answers(self.logits.expand(len(canvases), 2, 11), torch.ones(len(canvases), 2, 2))


def test_scores_are_the_probability_of_the_likeliest_digit():
    found = find(Fixed(), torch.zeros(5, 1, 40, 112), batch_size=2)
    assert found.digits.tolist() == [[3, 5]] * 5
    expected = Fixed().logits.softmax(-1)[0]
    assert torch.allclose(found.scores[4], torch.stack([expected[0, 3], expected[1, 5]]))
    assert found.corners.shape == (5, 2, 2)


def test_overlap_by_hand():
    here = torch.tensor([0.0, 0.0])
    others = torch.tensor([[0.0, 0.0], [0.0, 14.0], [14.0, 14.0], [28.0, 0.0], [0.0, -40.0]])
    assert overlap(here, others).tolist() == pytest.approx([1, 1 / 3, 1 / 7, 0, 0])
    with pytest.raises(ValueError, match="top and left"):
        overlap(torch.zeros(4), here)
