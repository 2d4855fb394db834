"""The model YAML as types. Unknown keys and impossible values are reported all at once, with path, limit and fix."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)  # fmt: skip
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticKnownError

from neurohw.errors import NeurohwError, Problem, did_you_mean

MODEL_SCHEMA = "neurohw.model/1"


class Strict(BaseModel):
    """Base of everything read from a file: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse yes, no, on and off for a number: YAML reads them as truth values, pydantic those as 1 and 0."""
        kind = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and kind in (int, float):
            raise PydanticKnownError("int_type" if kind is int else "float_type")
        return value


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


Bits = Annotated[int, Field(ge=2, le=8)]
_ONE, _MANY = "<one>", "<many>"  # forms of a key that may be given in two ways; pydantic names them in error locations


def _bits_form(value: Any) -> str:
    return _MANY if isinstance(value, (list, tuple)) else _ONE


def _clip_form(value: Any) -> str | None:
    if isinstance(value, (dict, PercentileClip)):
        return _MANY
    return _ONE if value == "maximum" else None


class QuantiseSpec(Strict):
    """Weight bits of frozen layers (one number, or one a layer) and where the weights are clipped."""

    bits: Annotated[
        Union[Annotated[Bits, Tag(_ONE)], Annotated[tuple[Bits, ...], Tag(_MANY)]], Discriminator(_bits_form)
    ] = 8
    clip: Annotated[
        Union[Annotated[Literal["maximum"], Tag(_ONE)], Annotated[PercentileClip, Tag(_MANY)]],
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

# What a value must be, by pydantic's error type; braces are filled from the error's context.
_LIMITS = {
    "int_type": "needs a whole number",
    "int_parsing": "needs a whole number",
    "int_from_float": "needs a whole number",
    "float_type": "needs a number",
    "float_parsing": "needs a number",
    "finite_number": "needs a finite number",
    "bool_type": "needs true or false",
    "bool_parsing": "needs true or false",
    "string_type": "needs text",
    "string_too_short": "needs text",
    "string_pattern_mismatch": "must match {pattern}",
    "tuple_type": "needs a list",
    "dict_type": "needs keys with values",
    "too_short": "needs at least {min_length} item",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
}


def parse(kind: type[S], data: Any, where: str) -> S:
    """Validate `data` against `kind`; a NeurohwError lists every problem as `where: path: ...`."""
    if not isinstance(data, dict):
        what = "is empty" if data is None else f"holds {_shown(data)}, not keys with values"
        raise NeurohwError(Problem(where, what, fix="start from a file in models/ or hw_configs/"))
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        details = error.errors()
        raise NeurohwError([_problem(d, kind, where) for d in details if not _is_echo(d, details)]) from None


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; a NeurohwError names the line that does not parse."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path} line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)
        said = getattr(error, "problem", None) or " ".join(str(error).split())
        raise NeurohwError(
            Problem(place, f"not YAML: {said}", fix="check indentation, colons, brackets and keys")
        ) from None
    except OSError as error:
        raise NeurohwError(Problem(str(path), f"cannot be read: {error.strerror}")) from None
    except UnicodeDecodeError:
        raise NeurohwError(Problem(str(path), "is not UTF-8 text", fix="give a YAML file")) from None
    except ValueError as error:  # a date such as 2024-13-01
        raise NeurohwError(Problem(str(path), f"holds a value that is none: {error}", fix="put it in quotes")) from None


class _Loader(yaml.SafeLoader):
    """YAML without a key given twice, of which PyYAML would keep the last."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for k, key in enumerate(keys):
            if key.value in [earlier.value for earlier in keys[:k]]:
                raise yaml.MarkedYAMLError(problem=f"the key '{key.value}' comes twice", problem_mark=key.start_mark)
        return node


def _is_echo(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether pydantic calls a list too short only because it dropped the wrong items, which it reports as well."""
    at = detail["loc"]
    return detail["type"] == "too_short" and any(d["loc"][: len(at)] == at for d in details if d is not detail)


def _problem(detail: ErrorDetails, kind: type[BaseModel], where: str) -> Problem:
    """Turn one pydantic error into where, what, limit, fix."""
    error, location = detail["type"], tuple(part for part in detail["loc"] if part not in (_ONE, _MANY, "[key]"))
    place = ": ".join([where, *([".".join(map(str, location))] if location else [])])
    if error in ("extra_forbidden", "invalid_key"):
        return Problem(place, "unknown key", fix=did_you_mean(str(location[-1]), _keys(_model_at(kind, location[:-1]))))
    if error == "missing":
        return Problem(place, "is missing", fix=f"add '{_example(kind, location)}'")
    if error == "value_error":
        return Problem(place, detail["msg"].removeprefix("Value error, "))
    what = "is empty" if detail["input"] is None else f"{_shown(detail['input'])} is not possible"
    if error == "literal_error":
        choices = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        return Problem(place, what, fix=did_you_mean(str(detail["input"]), choices))
    if error == "model_type":
        return Problem(place, what, "needs keys with values: " + ", ".join(_keys(_model_at(kind, location))))
    limit = _LIMITS[error].format_map(detail.get("ctx", {})) if error in _LIMITS else detail["msg"]
    return Problem(place, what, limit)


def _shown(value: Any) -> str:
    """A value as the file's author would write it, at most 60 characters."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _example(kind: type[BaseModel], location: tuple[Any, ...]) -> str:
    """What to add for a missing key: with its value if only one is possible."""
    key = location[-1]
    field = _field(_model_at(kind, location[:-1]), key)
    values = get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()
    return f"{key}: {values[0]}" if len(values) == 1 else str(key)


def _model_at(kind: type[BaseModel], location: tuple[Any, ...]) -> type[BaseModel]:
    """The model that describes what lies at a location inside `kind`."""
    for key in location:
        field = _field(kind, key)
        kind = (_inner_model(field.annotation) if field else None) or kind
    return kind


def _keys(kind: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()]


def _field(kind: type[BaseModel], key: Any) -> FieldInfo | None:
    """The field of that key in a file; None for a position in a list."""
    return next((field for name, field in kind.model_fields.items() if (field.alias or name) == key), None)


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """The pydantic model inside an annotation such as tuple[X, ...] or dict[str, X]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _inner_model(inner)) is not None), None)
