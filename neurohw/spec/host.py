"""Training on the host: which rule or objective, and how its steps are taken."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from neurohw.parsing import Strict

Method = Literal["clapp", "lpl", "pca", "ica", "kmeans", "cpc_hinge", "infomax", "simclr", "vicreg"]
OBJECTIVES: tuple[Method, ...] = ("cpc_hinge", "infomax", "simclr", "vicreg")  # losses of a batch; the others are rules
COMPARING = ("infomax", "simclr", "vicreg", "lpl")  # samples of a batch with each other
NOT_ON_CHIP: dict[str, str] = {
    "lpl": "needs the mean and variance of each unit and products of pairs of units, which no synapse sees",
    "pca": "gives each unit the weights of the units before it, which its own synapses do not hold",
    "ica": "needs white inputs and orthonormal rows, so every unit needs the weights of all others",
    "kmeans": "must find one winner among all units before a synapse may change",
    "cpc_hinge": "sends its gradient through the layers above",
    "infomax": "compares all samples of a batch, and a chip sees one at a time",
    "simclr": "compares all samples of a batch, and a chip sees one at a time",
    "vicreg": "needs variances and covariances over a batch, and a chip sees one sample at a time",
}
"""Why a method does not learn on a chip."""
PREDICTS = {
    "identity": "identity; on the chip, chip.prediction says so: set it, and host.clapp.prediction to layer",
    "top": "top, and a chip's CLAPP neurons remember the last activity of their own layer only; set learns to host, "
    "whose weights every chip can run, or host.clapp.prediction to layer",
}
"""What a model that learns on the chip does instead of these predictions."""
SECTIONS = ("clapp", "lpl", "cpc_hinge", "simclr", "vicreg", "kmeans")  # of the methods that have parameters


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

    method: Method = "clapp"
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

    @model_validator(mode="after")
    def _only_the_section_of_its_method(self) -> HostSpec:
        for name in SECTIONS:
            if name != self.method and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"'{name}' has no effect with method {self.method}; leave it out, or set the method")
        return self

    @model_validator(mode="after")
    def _rules_have_no_scope(self) -> HostSpec:
        if self.scope == "network" and self.method not in OBJECTIVES:
            raise ValueError(
                f"scope is network, but {self.method} is a local rule; objectives are {', '.join(OBJECTIVES)}"
            )
        if not self.network_wide and (self.simclr.head or self.vicreg.head):
            raise ValueError("a head needs scope network: layers that learn apart have no top to put it on")
        if self.shuffle_sign and self.method not in ("clapp", "cpc_hinge"):
            raise ValueError(f"shuffle_sign is a control of clapp and cpc_hinge; {self.method} reads no sign")
        if self.precision != "float" and self.method in ("pca", "ica", "kmeans"):
            raise ValueError(f"precision {self.precision} is not for {self.method}, whose weights are found in float")
        if self.batch < 2 and self.method in COMPARING:
            raise ValueError(f"batch is {self.batch}, but {self.method} compares the samples of a batch; use 2 or more")
        return self

    @property
    def network_wide(self) -> bool:
        """Whether gradients cross layers."""
        return self.method in OBJECTIVES and (self.scope or ("layer" if self.method == "infomax" else "network")) == (
            "network"
        )
