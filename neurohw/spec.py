"""The model YAML as types. Unknown keys and impossible values are reported all at once, with path, limit and fix."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from neurohw.errors import NeurohwError, Problem, did_you_mean

MODEL_SCHEMA = "neurohw.model/1"


class Strict(BaseModel):
    """Base of everything read from a file: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataSpec(Strict):
    """The data set and how the eye moves over it: noise added to a view, probability of a saccade, stored views."""

    name: str
    noise: float = Field(0.1, ge=0, le=1)
    saccade: float = Field(0.5, gt=0, lt=1)
    views: int = Field(64, ge=2, le=1024)


class LayerSpec(Strict):
    """One layer of ReLU neurons."""

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

    rule: tag_carry (the tag is the low-order part of the weight), naive (weights updated every fixation, signed
    traces with a rate trace), naive_unsigned (the same with unsigned traces). `exponent`: of the rule's main product.
    """

    rule: Literal["tag_carry", "naive", "naive_unsigned"] = "tag_carry"
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
    rate: int = Field(16, ge=1, le=127, description="learning-rate trace of the naive rules")
    decimate: int = Field(4, ge=0, le=9, description="a carry every 2^decimate fixations")
    growth: bool = True
    shuffle_sign: bool = False
    rng_seed: int = Field(10, ge=0)


class PercentileClip(Strict):
    """Clip weights at this percentile of their magnitude."""

    percentile: float = Field(gt=0, le=100)


class QuantiseSpec(Strict):
    """Weight bits of frozen layers (one number, or one a layer) and where the weights are clipped."""

    bits: Union[int, tuple[int, ...]] = 8
    clip: Union[Literal["maximum"], PercentileClip] = PercentileClip(percentile=98)

    @model_validator(mode="after")
    def _bits_in_range(self) -> QuantiseSpec:
        for bits in self.bits if isinstance(self.bits, tuple) else (self.bits,):
            if not 2 <= bits <= 8:
                raise ValueError(f"bits is {bits}; signed weights have 2..8 bits; choose one of them")
        return self


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
    layers: tuple[LayerSpec, ...] = Field(min_length=1)
    learns: Literal["chip", "host"] = "chip"
    host: HostSpec = HostSpec()
    chip: ChipSpec = ChipSpec()
    quantise: QuantiseSpec = QuantiseSpec()
    probe: ProbeSpec = ProbeSpec()

    @model_validator(mode="after")
    def _one_bits_a_layer(self) -> ModelSpec:
        bits = self.quantise.bits
        if isinstance(bits, tuple) and len(bits) != len(self.layers):
            raise ValueError(
                f"quantise.bits lists {len(bits)} numbers for {len(self.layers)} layers; give one number or one a layer"
            )
        return self


S = TypeVar("S", bound=Strict)


def parse(kind: type[S], data: Any, where: str) -> S:
    """Validate `data` against `kind`; a NeurohwError lists every problem as `where: path: ...`."""
    if not isinstance(data, dict):
        raise NeurohwError(
            Problem(
                where,
                f"holds {type(data).__name__}, not a mapping of keys to values",
                fix="start from a file in models/ or hw_configs/",
            )
        )
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise NeurohwError([_problem(detail, kind, where) for detail in error.errors()]) from None


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; a NeurohwError names the line that does not parse."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise NeurohwError(
            Problem(
                f"{path}{line}",
                f"not YAML: {getattr(error, 'problem', None) or error}",
                fix="check indentation, colons and brackets there",
            )
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise NeurohwError(Problem(str(path), f"cannot be read: {error}")) from None


def _problem(detail: ErrorDetails, kind: type[BaseModel], where: str) -> Problem:
    """Turn one pydantic error into where, what, limit, fix."""
    path = ".".join(str(part) for part in detail["loc"] if not _is_branch(part))
    place = f"{where}: {path}" if path else where
    if detail["type"] == "extra_forbidden":
        return Problem(
            place, "unknown key", fix=did_you_mean(str(detail["loc"][-1]), _keys_at(kind, detail["loc"][:-1]))
        )
    if detail["type"] == "missing":
        return Problem(place, "is missing", fix=f"add '{detail['loc'][-1]}'")
    value = detail["input"]
    shown = "NaN" if isinstance(value, float) and math.isnan(value) else repr(value)
    said = detail["msg"].removeprefix("Value error, ")
    return Problem(
        place,
        said if detail["type"] == "value_error" else f"{shown[:60]} is not possible",
        "" if detail["type"] == "value_error" else said[0].lower() + said[1:],
    )


def _is_branch(part: Any) -> bool:
    """Whether a location part is pydantic's name of a union member rather than a key of the file."""
    return isinstance(part, str) and ("[" in part or part in ("PercentileClip", "int", "literal"))


def _keys_at(kind: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Names of the keys allowed at a location inside `kind`."""
    current: Any = kind
    for part in location:
        if isinstance(part, int) or _is_branch(part):
            continue
        current = _inner_model(current.model_fields[_field_name(current, part)].annotation) or current
    return [field.alias or name for name, field in current.model_fields.items()]


def _field_name(kind: type[BaseModel], key: str) -> str:
    return next((name for name, field in kind.model_fields.items() if field.alias == key), key)


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """The pydantic model inside an annotation such as tuple[X, ...] or dict[str, X]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if (found := _inner_model(inner)) is not None:
            return found
    return None
