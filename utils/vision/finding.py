"""Finding all digits of a canvas: learnt queries, each of which asks for one of them.

Carion, Massa, Synnaeve, Usunier, Kirillov & Zagoruyko (2020), https://arxiv.org/abs/2005.12872,
known as DETR. A detector before it said something at each place of the picture and threw most of it
away (`baselines.sliding_detector`). Here a handful of queries look at the picture and at each
other, and as many answers come out, at once. What they say is a set: no answer belongs to any one
digit, so the loss first looks for the cheapest way to give each digit an answer of its own.

All squares have the side of a digit's image, so a square is its top left corner, in pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn import functional as F

from ..images.digits import IMAGE_SIZE
from ..transformers.positions import LearntPositions
from ..transformers.stack import Architecture, Stack
from .canvases import CANVAS_HEIGHT, CANVAS_WIDTH, NO_DIGIT
from .features import PLACES, CanvasFeatures, FrozenFeatures, as_places

CLASSES = 10
NONE = CLASSES  # the class of an answer that stands for no digit
# A distance counts five times, as in the paper's appendix A.4. There the class of no digit counts a
# tenth, as nearly all of a hundred answers are of it. Of our five three are, on the mean canvas:
# with a tenth they said digits twice, and with 1 they took long to say any.
NONE_WEIGHT = 0.3
CORNER_WEIGHT = 5.0


class Answers(NamedTuple):
    """What a detector says of each canvas of a batch.

    logits: (batch, answers, 11), of the ten digits and of NONE.
    corners: (batch, answers, 2), float, top and left of the square, in pixels.
    """

    logits: Tensor
    corners: Tensor


class Looked(NamedTuple):
    """Answers, and what each query looked at.

    weights: of queries at queries, (layers, batch, heads, queries, queries); for queries that do
        not see each other the identity.
    place_weights: of queries at places, (layers, batch, heads, queries, PLACES).
    """

    answers: Answers
    weights: Tensor
    place_weights: Tensor


# ------------------------------------------------------------------------------
# The network


class Finder(nn.Module):
    """Learnt queries look at each other and at the places of a canvas, and each gives an answer.

    The decoder of a Transformer, without a mask and without words. DETR has six blocks each for an
    encoder and a decoder, adds codes and queries anew in each block, and measures the loss behind
    each; here the places come from the convolutions as they are, with one learnt code each, the
    queries are what goes into the first block, and the loss is measured once. DETR's eye has
    learnt to classify photographs before; here, too, a trained one can be given.

    architecture: of the blocks; with the positions "none", as queries have no order.
    queries: how many there are, and so how many digits can be found at most.
    together: whether the queries see each other. Without, each is a sequence of its own, and has
        nothing but itself to attend to; parameters are the same.
    eye: trained before, and looked through as it is; without one, a new one learns with the rest.

    Raises `ValueError` for other positions, for less than one query and for an eye of another size.
    """

    def __init__(
        self,
        architecture: Architecture,
        queries: int,
        together: bool = True,
        eye: CanvasFeatures | None = None,
    ):
        super().__init__()
        if architecture.positions != "none":
            raise ValueError(
                f'expected the positions "none", got {architecture.positions!r}; queries have no '
                "order, and each is a vector of its own"
            )
        if queries < 1:
            raise ValueError(f"expected one query or more, got {queries}")
        size = architecture.size
        if eye is not None and eye.size != size:
            raise ValueError(f"expected an eye with {size} numbers for each place, got {eye.size}")
        self.features = CanvasFeatures(size) if eye is None else FrozenFeatures(eye)
        self.place_codes = LearntPositions(size, PLACES)
        self.queries = nn.Embedding(queries, size)
        self.stack = Stack(architecture, with_source=True)
        self.to_logits = nn.Linear(size, CLASSES + 1)
        self.to_corners = nn.Linear(size, 2)
        self.together = together

    def forward(self, canvases: Tensor) -> Answers:
        """(batch, 1, 40, 112) -> as many answers for each canvas as there are queries."""
        return self.with_weights(canvases).answers

    def with_weights(self, canvases: Tensor) -> Looked:
        """`forward`, and where each query looked."""
        places = as_places(self.features(canvases))  # (batch, 70, size)
        numbers = torch.arange(PLACES, device=canvases.device)[None]  # (1, 70)
        source = self.stack.project_source(self.place_codes.add(places, numbers))

        batch, (count, size) = len(canvases), self.queries.weight.shape
        queries = self.queries.weight.expand(batch, count, size)
        if not self.together:  # as many sequences of one query
            queries = queries.reshape(batch * count, 1, size)
            source = source.repeat_interleave(count, 0)
        stacked = self.stack(queries, there=None, causal=False, source=source)
        outputs = stacked.outputs.reshape(batch, count, size)

        # The canvas reaches from 0 to these, less a square's side.
        farthest = outputs.new_tensor([CANVAS_HEIGHT - IMAGE_SIZE, CANVAS_WIDTH - IMAGE_SIZE])
        answers = Answers(self.to_logits(outputs), self.to_corners(outputs).sigmoid() * farthest)
        weights = torch.stack(stacked.weights)
        place_weights = torch.stack(stacked.source_weights)
        if not self.together:
            # (layers, batch * queries, heads, 1, places) -> (layers, batch, heads, queries, places)
            place_weights = place_weights.unflatten(1, (batch, count)).squeeze(4).transpose(2, 3)
            weights = torch.eye(count).to(weights).expand(*place_weights.shape[:3], count, count)
        return Looked(answers, weights, place_weights)


# ------------------------------------------------------------------------------
# The loss of a set


def assignment_costs(answers: Answers, digits: Tensor, corners: Tensor) -> Tensor:
    """What it would cost to give an answer to a digit: (batch, answers, slots).

    digits: (batch, slots), NO_DIGIT where there is none; corners: (batch, slots, 2), as those of
    `Canvases`. As in the paper's section 3.1 the cost is the distance of the corners less the
    probability of the right class: the probability itself, not its logarithm, so that both have
    about the same size. In slots without a digit it means nothing.
    """
    classes = digits.clamp(min=0)[:, None].expand(-1, answers.logits.shape[1], -1)
    probabilities = answers.logits.softmax(-1).gather(2, classes)  # (batch, answers, slots)
    apart = _distance(answers.corners[:, :, None], corners[:, None])  # (batch, answers, slots)
    return CORNER_WEIGHT * apart - probabilities


@torch.no_grad()
def assign(answers: Answers, digits: Tensor, corners: Tensor) -> Tensor:
    """The answer that each digit is given, so that the sum of all costs is as small as it can be.

    Kuhn's Hungarian method (1955, https://doi.org/10.1002/nav.3800020109), by SciPy. Arguments as
    in `assignment_costs`. Returns (batch, slots), int64: numbers of answers, no two of a row equal,
    and NO_DIGIT in slots without a digit. Raises `ValueError` for a canvas with more digits than
    answers.
    """
    there = digits != NO_DIGIT
    most = int(there.sum(1).max())
    if most > answers.logits.shape[1]:
        raise ValueError(
            f"expected an answer or more for each digit, got {answers.logits.shape[1]} answers for "
            f"{most} digits; build the network with more queries"
        )
    costs = assignment_costs(answers, digits, corners).cpu().numpy()
    given = torch.full(digits.shape, NO_DIGIT)
    for row, (cost, slots) in enumerate(zip(costs, there.cpu(), strict=True)):
        (taken,) = slots.nonzero(as_tuple=True)
        chosen, slot = linear_sum_assignment(cost[:, taken.numpy()])
        given[row, taken[slot]] = torch.from_numpy(chosen)
    return given.to(digits.device)


def set_loss(answers: Answers, digits: Tensor, corners: Tensor) -> Tensor:
    """The paper's loss, shape (): cross entropy of the classes, and the distance of the corners.

    Answers that no digit was given to should say NONE. The distance is the mean over digits, in
    sides of a square; where squares differ in size, DETR adds their overlap. Arguments and errors
    as in `assign`; the order of answers, and that of digits, does not matter.
    """
    given = assign(answers, digits, corners)
    batch, slot = (given != NO_DIGIT).nonzero(as_tuple=True)
    answer = given[batch, slot]
    classes = torch.full_like(answers.logits[..., 0], NONE, dtype=torch.long)  # (batch, answers)
    classes[batch, answer] = digits[batch, slot]
    class_weights = answers.logits.new_ones(CLASSES + 1)
    class_weights[NONE] = NONE_WEIGHT
    entropy = F.cross_entropy(answers.logits.flatten(0, 1), classes.flatten(), class_weights)
    apart = _distance(answers.corners[batch, answer], corners[batch, slot])
    return entropy + CORNER_WEIGHT * apart.mean()


def finder_loss(model: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """`set_loss` of a batch as `Canvases.batches` gives it."""
    images, digits, corners = batch
    return set_loss(model(images), digits, corners)


def _distance(some: Tensor, others: Tensor) -> Tensor:
    """Down and across together, in sides of a square: (.., 2) twice -> (..)."""
    return (some - others).abs().sum(-1) / IMAGE_SIZE


# ------------------------------------------------------------------------------
# What was found


class Detections(NamedTuple):
    """Digits that a detector found on n canvases, as many answers for each; a score of 0 is none.

    digits: (n, answers), int64; corners: (n, answers, 2), float, in pixels; scores: (n, answers),
    the probability of the digit, in [0, 1].
    """

    digits: Tensor
    corners: Tensor
    scores: Tensor


@torch.no_grad()
def find(model: nn.Module, canvases: Tensor, batch_size: int = 250) -> Detections:
    """What a detector finds on canvases (n, 1, 40, 112), on the CPU: of each answer the likeliest
    digit, however likely NONE is.

    model: maps canvases to `Answers`; it is put into evaluation mode.
    """
    model.eval()
    device = next(model.parameters()).device
    parts = [model(part.to(device)) for part in canvases.split(batch_size)]
    probabilities = torch.cat([part.logits for part in parts]).softmax(-1).cpu()
    scores, digits = probabilities[..., :NONE].max(-1)
    return Detections(digits, torch.cat([part.corners for part in parts]).cpu(), scores)


def overlap(some: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of squares with these corners, (.., 2) twice -> (..), in [0, 1].

    Raises `ValueError` for a last dimension other than 2.
    """
    if some.shape[-1] != 2 or others.shape[-1] != 2:
        raise ValueError(
            "expected corners, top and left, got tensors of shape "
            f"{tuple(some.shape)} and {tuple(others.shape)}"
        )
    common = (IMAGE_SIZE - (some - others).abs()).clamp(min=0).prod(-1)
    return common / (2 * IMAGE_SIZE**2 - common)
