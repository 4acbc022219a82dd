"""A run that a test kills: it says each step that it begins, and waits until it may take it.

python killed_run.py CHECKPOINT
"""

import sys

import torch
from torch import nn

from utils.images.digits import Split
from utils.training.loop import fit, seeded

EPOCHS, BATCHES = 4, 5


def noisy_loss(model, images):
    """Dropout and noise: what the next step does depends on PyTorch's random numbers too."""
    noisy = images + 0.1 * torch.randn_like(images)
    return (model(noisy) - images).square().mean()


def run(checkpoint=None, loss_function=noisy_loss, **options):
    """Convolutions, whose weights have their own memory order, and statistics of batches."""
    images = torch.rand(29, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    with seeded(0):
        model = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.Tanh(),
            nn.Dropout(0.3),
            nn.Conv2d(4, 1, 3, padding=1),
        )
    train = Split(images, torch.zeros(29)).batches(6, seed=1)
    settings = {"epochs": EPOCHS, "learning_rate": 0.05, "seed": 0, "device": "cpu"} | options
    return model, fit(model, loss_function, train, [images], checkpoint=checkpoint, **settings)


def waiting_loss(model, images):
    if model.training:
        print("step", flush=True)
        input()
    return noisy_loss(model, images)


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(sys.argv[1], waiting_loss)
