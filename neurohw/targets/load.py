"""Read chips and price tables from YAML files."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import neurohw.targets
from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.ir.cost import PriceTable
from neurohw.ir.mapping import Target
from neurohw.parsing import parse, read_yaml
from neurohw.targets.changes import changed
from neurohw.targets.schema import TargetHeader, parse_prices


def load_target(
    path: Path, prices_dir: Path, price_table: str | None = None, changes: Mapping[str, str] | None = None
) -> Target:
    """The chip of one YAML file with its price table, or with `price_table`, from `prices_dir`.

    `changes`: other values of some of its entries, see `changes.changed`. The module of `neurohw.targets` named like
    the file's `kind` reads it: `build(data, prices, where) -> Target`.
    """
    data = read_yaml(path)
    header = parse(TargetHeader, data, str(path))
    build = _module(header.kind, str(path)).build
    table = price_table or header.price_table
    prices = prices_dir / f"{table}.yaml"
    if not prices.is_file():
        where = f"{path}: price_table" if price_table is None else "price table"
        names = [file.stem for file in prices_dir.glob("*.yaml")]
        raise NeurohwError(Problem(where, f"no table '{table}' in {prices_dir}", fix=did_you_mean(table, names)))
    target: Target = build(changed(data, changes or {}, str(path)), load_prices(prices), str(path))
    return target


def load_prices(path: Path) -> PriceTable:
    """The price table of one YAML file, in SI units; `extends` names the table that it changes some prices of."""
    data = read_yaml(path)
    base = data.get("extends") if isinstance(data, dict) else None
    if not base:
        return parse_prices(data, str(path))
    parent = path.parent / f"{base}.yaml"
    if not parent.is_file() or parent == path:
        names = [file.stem for file in path.parent.glob("*.yaml") if file != path]
        raise NeurohwError(Problem(f"{path}: extends", f"no table '{base}'", fix=did_you_mean(str(base), names)))
    below, own = load_prices(parent), parse_prices(data, str(path))
    return replace(
        own,
        prices={**below.prices, **own.prices},
        notes=(*own.notes, *below.notes),
        included=(*below.included, *own.included),
    )


def _module(kind: str, where: str) -> ModuleType:
    """The module that builds chips of `kind`."""
    modules = [m.name for m in pkgutil.iter_modules(neurohw.targets.__path__)]
    if kind in modules and hasattr(module := importlib.import_module(f"neurohw.targets.{kind}"), "build"):
        return module
    kinds = [m for m in modules if hasattr(importlib.import_module(f"neurohw.targets.{m}"), "build")]
    raise NeurohwError(Problem(f"{where}: kind", f"no chips of kind '{kind}'", fix=did_you_mean(kind, kinds)))
