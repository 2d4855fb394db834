"""The model YAML as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Field, Tag, model_validator

from neurohw.parsing import MANY, ONE, Strict

MODEL_SCHEMA = "neurohw.model/1"


class DataSpec(Strict):
    """The data set and how the eye moves over it: noise added to a view, probability of a saccade, stored views."""

    name: str
    noise: float = Field(0.1, ge=0, le=1)
    saccade: float = Field(0.5, gt=0, lt=1)
    views: int = Field(64, ge=2, le=1024)


class InputSpec(Strict):
    """How the input reaches the network: payloads in one step, or spikes in `steps` steps a presentation.

    coding: graded (8-bit payloads), rate (evenly spaced spikes, as many as the pixel's share of the steps), bernoulli
    (each step a spike with the pixel's probability), events (the data are spikes already, in as many steps).
    """

    coding: Literal["graded", "rate", "bernoulli", "events"] = "graded"
    steps: int = Field(1, ge=1, le=1024)

    @model_validator(mode="after")
    def _payloads_take_one_step(self) -> InputSpec:
        if self.coding == "graded" and self.steps > 1:
            raise ValueError(
                f"input.steps is {self.steps}, but graded payloads take one step; set input.coding to rate for spikes"
            )
        return self


class LifSpec(Strict):
    """LIF neurons: decays du, dv [1/4096 a step]; thresholds that give the mean `rate` [spikes a step] at the start.

    surrogate: what stands for the derivative of the spike in learning: window (the voltage came near the threshold)
    or count (the neuron spiked at all; needs no extra state). prediction: Wpred hears of the last fixation in one
    payload, or (for chips without payloads) in its spikes, delayed by a fixation.
    """

    du: int = Field(4095, ge=0, le=4095)
    dv: int = Field(128, ge=0, le=4095)
    rate: float = Field(0.1, gt=0, lt=1)
    surrogate: Literal["window", "count"] = "window"
    prediction: Literal["payload", "spikes"] = "payload"


class LayerSpec(Strict):
    """One layer of neurons."""

    size: int = Field(ge=1, le=1_000_000)


class HostSpec(Strict):
    """Training in floats on the host: CLAPP by SGD or Adam on batches of pairs.

    retro: the update at the earlier frame uses its own matrix, the transpose of Wpred, or is left out.
    pairs: one (a fair coin: positive or negative) or both each step (CLAPP-s).
    """

    optimiser: Literal["adam", "sgd"] = "adam"
    rate: float = Field(2e-3, gt=0)
    batch: int = Field(64, ge=1)
    steps: int = Field(3000, ge=1)
    retro: Literal["own", "transpose", "none"] = "own"
    pairs: Literal["one", "both"] = "one"
    shuffle_sign: bool = False


class ChipSpec(Strict):
    """Learning in integers on the chip. Shifts, theta and exponents as in `ir.neurons.Clapp` and `ir.plasticity`.

    rule: tag_carry (the tag is the low-order part of the weight), tag_reset (the tag is moved into the weight, rounded,
    and starts again at zero), naive (weights updated every fixation, signed traces with a rate trace), naive_unsigned
    (the same with unsigned traces). `exponent`: of the rule's main product; `move_exponent`: of the tag in tag_reset;
    both with a value of their own for Wpred, if it differs.
    """

    rule: Literal["tag_carry", "tag_reset", "naive", "naive_unsigned"] = "tag_carry"
    rounding: Literal["lava", "per_synapse"] = "per_synapse"
    fixations: int = Field(240_000, ge=1)
    weight_exponent: int = Field(
        8, ge=0, le=16, description="initial integer weight = float weight * 2^weight_exponent"
    )
    activity_shift: int = Field(9, ge=0, le=24)
    prediction_shift: int = Field(8, ge=0, le=24)
    score_shift: int = Field(7, ge=0, le=24)
    theta: int = Field(200, ge=1, le=1 << 20)
    exponent: int = Field(-4, ge=-7, le=8)
    prediction_exponent: int | None = Field(None, ge=-7, le=8)
    move_exponent: int = Field(-5, ge=-7, le=8)
    prediction_move_exponent: int | None = Field(None, ge=-7, le=8)
    rate: int = Field(16, ge=1, le=127, description="learning-rate trace of the naive rules")
    decimate: int = Field(4, ge=0, le=9, description="a carry every 2^decimate fixations")
    growth: bool = True
    shuffle_sign: bool = False
    rng_seed: int = Field(10, ge=0)


class ReadoutSpec(Strict):
    """A readout that learns on the chip what the top layer shows. Shift and exponent as in `ir.neurons.Readout`.

    rule: reward (three factors: it acts, hears one number for all neurons, and only what acted learns) or delta (every
    neuron hears its own target). `reward`, `penalty`: that number when right and when wrong, or the targets; the
    expectation of a neuron is on the same scale. `exploration`: standard deviation of the noise on it (delta: none).
    `presentations`: views of training images, one after the other.
    """

    rule: Literal["reward", "delta"] = "reward"
    presentations: int = Field(80_000, ge=1)
    shift: int = Field(7, ge=0, le=24)
    exponent: int = Field(-4, ge=-7, le=8)
    decimate: int = Field(4, ge=0, le=9, description="a carry every 2^decimate presentations")
    reward: int = Field(64, ge=1, le=127)
    penalty: int = Field(-64, ge=-127, le=0)
    exploration: float = Field(8.0, ge=0, le=64)
    rounding: Literal["lava", "per_synapse"] = "per_synapse"


class PercentileClip(Strict):
    """Clip weights at this percentile of their magnitude."""

    percentile: float = Field(gt=0, le=100)


Bits = Annotated[int, Field(ge=2, le=8)]


def _bits_form(value: Any) -> str:
    return MANY if isinstance(value, (list, tuple)) else ONE


def _clip_form(value: Any) -> str | None:
    if isinstance(value, (dict, PercentileClip)):
        return MANY
    return ONE if value == "maximum" else None


class QuantiseSpec(Strict):
    """Weight bits of frozen layers (one number, or one a layer) and where the weights are clipped."""

    bits: Annotated[
        Union[Annotated[Bits, Tag(ONE)], Annotated[tuple[Bits, ...], Tag(MANY)]], Discriminator(_bits_form)
    ] = 8
    clip: Annotated[
        Union[Annotated[Literal["maximum"], Tag(ONE)], Annotated[PercentileClip, Tag(MANY)]],
        Discriminator(_clip_form, custom_error_type="clip", custom_error_message="write maximum or {percentile: 98}"),
    ] = PercentileClip(percentile=98)


class ProbeSpec(Strict):
    """Logistic readout on standardised features, with all labels and with `few` labels a class (mean of `draws`)."""

    few: int = Field(10, ge=1)
    draws: int = Field(5, ge=1)
    inverse_penalty: float = Field(1.0, gt=0)


class ModelSpec(Strict):
    """A network with layer-local learning, as one YAML file describes it."""

    schema_: Literal["neurohw.model/1"] = Field(alias="schema")
    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    about: str = ""
    data: DataSpec
    input: InputSpec = InputSpec()
    neuron: Literal["relu", "lif"] = "relu"
    lif: LifSpec = LifSpec()
    layers: tuple[LayerSpec, ...] = Field(min_length=1)
    learns: Literal["chip", "host"] = "chip"
    host: HostSpec = HostSpec()
    chip: ChipSpec = ChipSpec()
    quantise: QuantiseSpec = QuantiseSpec()
    probe: ProbeSpec = ProbeSpec()
    readout: ReadoutSpec = ReadoutSpec()

    @model_validator(mode="after")
    def _one_bits_a_layer(self) -> ModelSpec:
        bits = self.quantise.bits
        if isinstance(bits, tuple) and len(bits) != len(self.layers):
            raise ValueError(
                f"quantise.bits lists {len(bits)} numbers for {len(self.layers)} layers; give one number or one a layer"
            )
        return self

    @model_validator(mode="after")
    def _spikes_go_with_spiking_neurons(self) -> ModelSpec:
        if (self.neuron == "lif") != (self.input.coding != "graded"):
            fits = "rate, bernoulli or events" if self.neuron == "lif" else "graded"
            raise ValueError(
                f"neuron {self.neuron} does not take {self.input.coding} input; set input.coding to {fits}"
            )
        return self

    @property
    def spiking(self) -> bool:
        """Whether neurons speak in spikes, and activity is a spike count."""
        return self.neuron == "lif"
