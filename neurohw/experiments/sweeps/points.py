"""A point of a sweep: everything that its result depends on, read and checked; frozen, and fit to be sent away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from neurohw import __version__
from neurohw.artifacts import fingerprint, fingerprint_of_version_1
from neurohw.compiler.place import Placement
from neurohw.errors import Problem
from neurohw.experiments.sweeps.spec import Learning
from neurohw.ir.mapping import Target
from neurohw.spec import ModelSpec

DIGITAL = "loihi2"  # any chip of cores: all learn the same integers


@dataclass(frozen=True)
class Point:
    """A model on a chip with one seed.

    learning: `once` (in integers on a chip of cores, or on the host; arrays are then written with the result) or `chip`
    (on the chip itself). `reference`: the chip of cores on which a model learns once for arrays. `fixations`: of a
    learning run, by default the model's. `version`: of neurohw.
    """

    model: ModelSpec
    target: Target
    reference: Target | None = None
    seed: int = 0
    learning: Learning = "once"
    fixations: int | None = None
    placement: Placement = "greedy"
    version: str = __version__

    @property
    def key(self) -> str:
        """Hash of all that the result depends on: the contents of model, chip and prices, not the names of files."""
        return fingerprint(*self._content)

    @property
    def former_key(self) -> str:
        """The key under which version 1 of the files kept it."""
        return fingerprint_of_version_1(*self._content)

    @property
    def _content(self) -> tuple[Any, ...]:
        return (
            self.model, self.target, self.reference, self.seed, self.learning, self.fixations, self.placement,
            self.version,
        )  # fmt: skip


def reference(model: ModelSpec, target: Target, learning: str, cores: Target) -> Target | None:
    """The chip of cores that learns once for arrays, where that is what a point does."""
    return cores if learning == "once" and model.learns == "chip" and target.design is not None else None


def learning_problems(model: ModelSpec, learning: str, entries: Iterable[str]) -> list[Problem]:
    """Whether a model can learn that way, and whether `entries` of a chip's file that vary matter then."""
    if learning == "chip" and model.learns != "chip":
        return [Problem("learning", f"'{model.name}' is trained on the host", fix="use learning once")]
    if learning == "once" and any(entry.startswith("writing.") for entry in entries):
        what = f"{', '.join(entries)} matter only while learning"
        return [Problem("vary", what, "learning once leaves the chip out", "set learning to chip")]
    return []
