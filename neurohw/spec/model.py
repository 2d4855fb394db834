"""The model YAML as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from neurohw.parsing import MANY, ONE, Strict
from neurohw.spec.host import PREDICTS, HostSpec
from neurohw.spec.neurons import GRADED, SPIKING, Named, NeuronSpec

MODEL_SCHEMA = "neurohw.model/1"
IDENTITY_SHIFT = 7  # 2^7 is the largest power of two that a weight holds
OPTIONS = ("path", "images", "augment", "dt", "steps")  # of `data`, which only some data sets have


class ImagesSpec(Strict):
    """How many training and test images to use, from the start of each file."""

    train: int | None = Field(None, ge=2)
    test: int | None = Field(None, ge=1)


class AugmentSpec(Strict):
    """What may differ between views of the same object, as in `data.views`; what is not set, the data set chooses."""

    shift: float | None = Field(None, ge=0, le=100)
    rotation: float | None = Field(None, ge=0, le=180)
    scale: float | None = Field(None, ge=0, lt=1)
    shear: float | None = Field(None, ge=0, le=2)
    contrast: float | None = Field(None, ge=0, le=1)
    brightness: float | None = Field(None, ge=0, le=1)
    occlusion: int | None = Field(None, ge=0, le=100)
    noise: float | None = Field(None, ge=0, le=1)


class DataSpec(Strict):
    """The data set and how the eye moves over it: noise added to a view, probability of a saccade, stored views.

    path: the folder of a data set that is not part of a package. images: fewer or more than the data set's own choice.
    augment: what counts as the same object, in training and test images and stored views alike. (`noise` is fresh in
    every look of the eye; `augment.noise` stays with a view.) dt: in sequences, the frame dt further on is the same.
    steps: time steps into which recordings of events are cut; as many as `input.steps`.
    """

    name: str
    path: str | None = None
    images: ImagesSpec = ImagesSpec()
    augment: AugmentSpec = AugmentSpec()
    dt: int = Field(1, ge=1, le=1000)
    steps: int | None = Field(None, ge=2, le=1024)
    noise: float = Field(0.1, ge=0, le=1)
    saccade: float = Field(0.5, gt=0, lt=1)
    views: int = Field(64, ge=2, le=1024)

    @property
    def options(self) -> dict[str, Any]:
        """What is set of the options that only some data sets have."""
        fields = type(self).model_fields
        return {name: getattr(self, name) for name in OPTIONS if getattr(self, name) != fields[name].default}

    @property
    def title(self) -> str:
        """The name and the options that are set, for reports."""
        set_ = {k: v.model_dump(exclude_none=True) if isinstance(v, Strict) else v for k, v in self.options.items()}
        return ", ".join([self.name, *(f"{k} {v}" for k, v in set_.items())])


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
    """One layer of neurons: `size` of them, or, with a `kernel`, as many channels of a convolution.

    kernel: rows and columns that a unit sees, the same weights at every place; stride: pixels between places.
    """

    size: int = Field(ge=1, le=1_000_000)
    kernel: int | None = Field(None, ge=1, le=1024)
    stride: int = Field(1, ge=1, le=1024)

    @model_validator(mode="after")
    def _places_need_a_kernel(self) -> LayerSpec:
        if self.kernel is None and self.stride != 1:
            raise ValueError(f"stride is {self.stride}, but only a convolution has places; add a kernel")
        return self


class ChipSpec(Strict):
    """Learning in integers on the chip. Shifts, theta and exponents as in `ir.neurons.Clapp` and `ir.plasticity`.

    rule: tag_carry (the tag is the low-order part of the weight), tag_reset (the tag is moved into the weight, rounded,
    and starts again at zero), naive (weights updated every fixation, signed traces with a rate trace), naive_unsigned
    (the same with unsigned traces). `exponent`: of the rule's main product; `move_exponent`: of the tag in tag_reset;
    both with a value of their own for Wpred, if it differs. prediction: learned from the layer's last activity, or the
    identity, static: each unit predicts itself (as ESPP, Graf et al. 2024) with the weight 2^prediction_shift.
    """

    rule: Literal["tag_carry", "tag_reset", "naive", "naive_unsigned"] = "tag_carry"
    rounding: Literal["lava", "per_synapse"] = "per_synapse"
    prediction: Literal["layer", "identity"] = "layer"
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
    growth: float = Field(
        0.5, ge=0, le=16, multiple_of=0.5, description="added to g p of active neurons, tag rules only"
    )
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
    """How layers are scored: a linear classifier with all labels, and with `few` labels a class (mean of `draws`)."""

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
    neurons: Annotated[dict[str, NeuronSpec], AfterValidator(Named)] = Named()
    layers: tuple[LayerSpec, ...] = Field(min_length=1)
    learns: Literal["chip", "host"] = "chip"
    host: HostSpec = HostSpec()
    chip: ChipSpec = ChipSpec()
    quantise: QuantiseSpec = QuantiseSpec()
    probe: ProbeSpec = ProbeSpec()
    readout: ReadoutSpec = ReadoutSpec()

    @model_validator(mode="after")
    def _a_unit_that_predicts_itself_learns_no_prediction(self) -> ModelSpec:
        chip = self.chip
        if chip.prediction == "identity":
            for name in ("prediction_exponent", "prediction_move_exponent"):
                if getattr(chip, name) is not None:
                    raise ValueError(f"chip.{name} has no effect with chip.prediction identity; leave it out")
            if chip.prediction_shift > IDENTITY_SHIFT:
                raise ValueError(
                    f"chip.prediction_shift is {chip.prediction_shift}; the identity weighs 2^prediction_shift, and a "
                    f"weight holds 2^{IDENTITY_SHIFT}; set it to {IDENTITY_SHIFT}"
                )
        return self

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

    @model_validator(mode="after")
    def _neurons_stand_in_for_those_that_there_are(self) -> ModelSpec:
        there = SPIKING if self.spiking else GRADED
        if strange := [name for name in self.neurons if name not in there]:
            raise ValueError(
                f"neurons: has '{strange[0]}', and with neuron {self.neuron} a network has none of them; a kind stands "
                f"in for one of {', '.join(there)}"
            )
        return self

    @model_validator(mode="after")
    def _chips_learn_local_rules(self) -> ModelSpec:
        if self.learns == "chip" and self.not_on_chip:
            raise ValueError(f"learns is chip, but {self.not_on_chip}")
        return self

    @model_validator(mode="after")
    def _what_convolutions_do(self) -> ModelSpec:
        windows = [layer.kernel is not None for layer in self.layers]
        if windows != sorted(windows, reverse=True):
            raise ValueError("a convolution above a layer without places; put convolutions first")
        if any(windows) and self.spiking:
            raise ValueError("convolutions send payloads; set neuron to relu and input.coding to graded")
        if any(windows) and (self.host.method != "clapp" or self.host.clapp.prediction != "layer"):
            raise ValueError("convolutions learn with method clapp and prediction layer only; set them, or use layers")
        if not any(windows) and self.host.clapp.regions != type(self.host.clapp).model_fields["regions"].default:
            raise ValueError("host.clapp.regions is of convolutions, and no layer has a kernel; leave it out")
        return self

    @property
    def not_on_chip(self) -> str | None:
        """Why this does not learn on a chip, and what would; None if it does."""
        method, prediction = self.host.method, self.host.clapp.prediction
        if any(layer.kernel is not None for layer in self.layers):
            return "convolutions learn on the host; set learns to host, whose weights every chip can run"
        if self.host.row.not_on_chip:
            return (
                f"{method} {self.host.row.not_on_chip}; set learns to host, whose "
                "weights every chip can run, or host.method to clapp, the local rule for the same sameness"
            )
        return None if prediction == "layer" else f"host.clapp.prediction is {PREDICTS[prediction]}"

    @property
    def spiking(self) -> bool:
        """Whether neurons speak in spikes, and activity is a spike count."""
        return self.neuron == "lif"
