"""Read YAML files into types: unknown keys and impossible values are reported all at once, with path, limit and fix."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticKnownError

from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.touched import note_read

# forms of a key that may be given in two ways; pydantic names them in error locations
ONE, MANY = "<one>", "<many>"


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
    "multiple_of": "must be a multiple of {multiple_of:g}",
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
        note_read(path)
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


def is_file(path: Path) -> bool:
    """Whether there is a file; no name that a user gives is an error, however long."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


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
    error, location = detail["type"], tuple(part for part in detail["loc"] if part not in (ONE, MANY, "[key]"))
    place = ": ".join([where, *([".".join(map(str, location))] if location else [])])
    if error in ("extra_forbidden", "invalid_key"):
        return Problem(place, "unknown key", fix=did_you_mean(str(location[-1]), _keys(_model_at(kind, location[:-1]))))
    if error == "missing":
        field = field_of(_model_at(kind, location[:-1]), location[-1])
        return Problem(place, "is missing", (field and field.description) or "", f"add {_example(field, location[-1])}")
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


def _example(field: FieldInfo | None, key: Any) -> str:
    """What to add for a missing key: with its value if only one is possible, or with what it must hold."""
    kind = field.annotation if field else None
    values = get_args(kind) if get_origin(kind) is Literal else ()
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        needed = [inner.alias or name for name, inner in kind.model_fields.items() if inner.is_required()]
        needed.sort(key=("value", "unit").__contains__, reverse=True)  # a number first, then where it is from
        return f"'{key}' with {', '.join(needed)}"
    return f"'{key}: {values[0]}'" if len(values) == 1 else f"'{key}'"


def _model_at(kind: type[BaseModel], location: tuple[Any, ...]) -> type[BaseModel]:
    """The model that describes what lies at a location inside `kind`."""
    for key in location:
        field = field_of(kind, key)
        kind = (inner_model(field.annotation) if field else None) or kind
    return kind


def _keys(kind: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()]


def field_of(kind: type[BaseModel], key: Any) -> FieldInfo | None:
    """The field of that key in a file; None for a position in a list."""
    return next((field for name, field in kind.model_fields.items() if (field.alias or name) == key), None)


def inner_model(annotation: Any) -> type[BaseModel] | None:
    """The pydantic model inside an annotation such as tuple[X, ...] or dict[str, X]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := inner_model(inner)) is not None), None)
