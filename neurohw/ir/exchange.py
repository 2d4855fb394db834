"""What comes out of an import: a network, and what quantisation did to each parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line reads TOLERANCE before it needs arrays
    from neurohw.ir.network import Network

TOLERANCE = 0.05  # largest error of an imported parameter, relative to its largest value


@dataclass(frozen=True)
class ParameterError:
    """One parameter of a population or projection: its range in floats, and how far the integers are from it.

    `worst`, `rms`: largest and root mean square error, relative to the largest size of the parameter.
    """

    where: str
    parameter: str
    low: float
    high: float
    worst: float
    rms: float


@dataclass(frozen=True)
class Imported:
    """A network in integers, and the error of each parameter that was quantised; none for our own exports.

    `notes`: what a user of the network has to know, such as the units of its outputs, one sentence each.
    """

    network: Network
    errors: tuple[ParameterError, ...]
    notes: tuple[str, ...] = ()
