"""Which runs of which notebooks the record shall hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.claims import record
from tools.notebooks import environments, listing

MNIST_PRESET = "mnist-test"


@dataclass(frozen=True)
class Task:
    """A notebook, to be run with these parameters."""

    path: Path
    parameters: dict[str, object]

    @property
    def name(self) -> str:
        return f"{self.path.stem} {record.name_of(self.parameters)}"


def tasks(paths: Sequence[Path], seeds: int, environment: Mapping[str, str]) -> list[Task]:
    """A run of each notebook with each seed from 0 on.

    Where MNIST's test digits are at hand, a notebook that has a preset for them is measured on
    these as well.
    """
    return [
        Task(path, {"seed": seed} | (additional(path) if has_mnist(environment) else {}))
        for seed in range(seeds)
        for path in paths
    ]


def additional(path: Path) -> dict[str, object]:
    """The parameters of that preset, with which a run measures more, and all else as without."""
    file = listing.preset_path(MNIST_PRESET, path)
    return (yaml.safe_load(file.read_text("utf-8")) or {}) if file.exists() else {}


def has_mnist(environment: Mapping[str, str]) -> bool:
    """Whether DATA_ROOT names a folder that holds MNIST."""
    root = environments.with_absolute_data_root(environment).get("DATA_ROOT", "")
    return bool(root) and Path(root, "MNIST", "raw").is_dir()
