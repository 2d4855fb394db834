"""What a study found: accuracies of one model on one chip while something about the chip is varied."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StudyPoint:
    """One value and seed: accuracies with all labels as fractions, by layer; energy [J] of one sample, None where
    nothing has a price; how many conversions left their range, of how many."""

    value: str
    seed: int
    random: tuple[float, ...]
    learned: tuple[float, ...]
    energy: float | None
    clipped: int
    conversions: int


@dataclass(frozen=True)
class Study:
    """Points in the order of values, then seeds. `varied`: entries of the chip's file; `learning`: `once` in integers,
    then written on each chip, or `chip`: anew on each; `settings`: other entries that differ from the file."""

    model: str
    target: str
    varied: tuple[str, ...]
    learning: str
    fixations: int | None
    points: tuple[StudyPoint, ...]
    settings: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """The values, once each."""
        return tuple(dict.fromkeys(point.value for point in self.points))
