"""Training on the host: which rule or objective, and how its steps are taken."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticKnownError

from neurohw.parsing import Strict
from neurohw.spec.methods import METHODS, Method, names

PREDICTS = {
    "identity": "identity; on the chip, chip.prediction says so: set it, and host.clapp.prediction to layer",
    "top": "top, and a chip's CLAPP neurons remember the last activity of their own layer only; set learns to host, "
    "whose weights every chip can run, or host.clapp.prediction to layer",
}
"""What a model that learns on the chip does instead of these predictions."""


class ClappSpec(Strict):
    """CLAPP (Illing et al. 2021).

    retro: the update at the earlier frame uses its own matrix, the transpose of Wpred, or is left out. pairs: one (a
    fair coin: positive or negative) or both each step (CLAPP-s). prediction: of what the layer itself did before, of
    what the top layer did before (as CLAPP++, Wu et al. 2026), or the identity (each unit predicts itself, as ESPP,
    Graf et al. 2024). The last two need retro: none. regions: a convolution's channels are scored by their means over
    regions x regions parts of the image; 1, the whole image, is the paper's choice.
    """

    retro: Literal["own", "transpose", "none"] = "own"
    pairs: Literal["one", "both"] = "one"
    prediction: Literal["layer", "top", "identity"] = "layer"
    regions: int = Field(2, ge=1, le=64)

    @model_validator(mode="after")
    def _what_others_predict_is_not_retro(self) -> ClappSpec:
        if self.prediction != "layer" and self.retro != "none":
            raise ValueError(
                f"prediction {self.prediction} has no matrix for the earlier frame; set retro to none, not {self.retro}"
            )
        return self


class LplSpec(Strict):
    """LPL (Halvagal & Zenke 2023): weights of the terms that keep variance up and units apart."""

    variance: float = Field(1.0, ge=0)
    decorrelation: float = Field(10.0, ge=0)


class CpcHingeSpec(Strict):
    """Hinge-loss CPC: one pair (a fair coin) or both a step."""

    pairs: Literal["one", "both"] = "both"


class SimClrSpec(Strict):
    """SimCLR (Chen et al. 2020): temperature of the similarities; units of a projection head, 0 for none."""

    temperature: float = Field(0.2, gt=0)
    head: int = Field(0, ge=0, le=65536)


class VicRegSpec(Strict):
    """VICReg (Bardes et al. 2022): weights of its three terms; units of a projection head, 0 for none."""

    invariance: float = Field(25.0, ge=0)
    variance: float = Field(25.0, ge=0)
    covariance: float = Field(1.0, ge=0)
    head: int = Field(0, ge=0, le=65536)


class KMeansSpec(Strict):
    """Competitive learning: the share of inputs that a unit answers to once its weights are frozen."""

    active: float = Field(0.2, gt=0, lt=1)


class HostSpec(Strict):
    """Training in floats on the host by SGD or Adam on batches.

    method: a local rule (clapp, lpl, and the two-factor rules pca, ica, kmeans) or an objective (cpc_hinge, infomax,
    simclr, vicreg). scope: an objective's gradient goes back through the network, or stays in each layer, which then
    has a loss of its own (infomax: layer by default, Greedy InfoMax; the others: network). precision: of the weights
    while learning, in quantise.bits: float, shadow (seen in few bits, kept in float), in_place (kept in few bits, each
    update rounded at random so that its mean is right) or in_place_nearest.
    """

    method: str = "clapp"
    scope: Literal["network", "layer"] | None = None
    optimiser: Literal["adam", "sgd"] = "adam"
    rate: float = Field(2e-3, gt=0)
    batch: int = Field(64, ge=1)
    steps: int = Field(3000, ge=1)
    precision: Literal["float", "shadow", "in_place", "in_place_nearest"] = "float"
    shuffle_sign: bool = False
    clapp: ClappSpec = ClappSpec()
    lpl: LplSpec = LplSpec()
    cpc_hinge: CpcHingeSpec = CpcHingeSpec()
    simclr: SimClrSpec = SimClrSpec()
    vicreg: VicRegSpec = VicRegSpec()
    kmeans: KMeansSpec = KMeansSpec()

    @field_validator("method", mode="before")
    @classmethod
    def _is_a_method(cls, name: Any) -> Any:
        if name not in list(METHODS):
            raise PydanticKnownError("literal_error", {"expected": ", ".join(map(repr, METHODS))})
        return name

    @model_validator(mode="after")
    def _only_the_section_of_its_method(self) -> HostSpec:
        for name, field in type(self).model_fields.items():
            if name in METHODS and name != self.method and getattr(self, name) != field.default:
                raise ValueError(f"'{name}' has no effect with method {self.method}; leave it out, or set the method")
        return self

    @model_validator(mode="after")
    def _what_its_method_takes(self) -> HostSpec:
        if self.scope == "network" and self.row.kind != "objective":
            objectives = ", ".join(names(kind="objective"))
            raise ValueError(f"scope is network, but {self.method} is a local rule; objectives are {objectives}")
        if self.head and not self.network_wide:
            raise ValueError("a head needs scope network: layers that learn apart have no top to put it on")
        if self.shuffle_sign and not self.row.signed:
            signed = " and ".join(names(signed=True))
            raise ValueError(f"shuffle_sign is a control of {signed}; {self.method} reads no sign")
        if self.precision != "float" and self.row.kind == "two_factor":
            raise ValueError(f"precision {self.precision} is not for {self.method}, whose weights are found in float")
        if self.batch < 2 and self.row.compares:
            raise ValueError(f"batch is {self.batch}, but {self.method} compares the samples of a batch; use 2 or more")
        return self

    @property
    def row(self) -> Method:
        """What the table of methods says of this one."""
        return METHODS[self.method]

    @property
    def head(self) -> int:
        """Units of the projection head, 0 for none."""
        return getattr(getattr(self, self.method, None), "head", 0)

    @property
    def network_wide(self) -> bool:
        """Whether gradients cross layers."""
        return (self.scope or self.row.scope) == "network"
