"""Read chips and price tables from YAML files."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import neurohw.targets
from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.ir.cost import PriceTable
from neurohw.ir.mapping import Target
from neurohw.parsing import parse, read_yaml
from neurohw.targets.changes import changed
from neurohw.targets.schema import TargetHeader, parse_prices


@dataclass(frozen=True)
class Chip:
    """A chip's file as it was read, with its price table: what chips with other entries are made from."""

    data: dict[str, Any]
    prices: PriceTable
    kind: str
    where: str

    def build(self, changes: Mapping[str, str] | None = None) -> Target:
        """The chip, with other values of some entries, see `changes.changed`. The module of `neurohw.targets` named
        like its `kind` reads it: `build(data, prices, where) -> Target`."""
        data = changed(self.data, changes or {}, self.where)
        target: Target = _module(self.kind, self.where).build(data, self.prices, self.where)
        return target


def load_target(
    path: Path, prices_dir: Path, price_table: str | None = None, changes: Mapping[str, str] | None = None
) -> Target:
    """The chip of one YAML file with its price table, or with `price_table`: beside the chip, or from `prices_dir`.

    `changes`: other values of some of its entries, see `changes.changed`.
    """
    return read_chip(path, prices_dir, price_table).build(changes)


def read_chip(path: Path, prices_dir: Path, price_table: str | None = None) -> Chip:
    """The file of a chip and its price table, as `load_target` takes them."""
    data = read_yaml(path)
    header = parse(TargetHeader, data, str(path))
    _module(header.kind, str(path))
    table = price_table or header.price_table
    where = f"{path}: price_table" if price_table is None else "price table"
    found = _find_prices(table, (path.parent, prices_dir, path.parent / "prices"), where)
    return Chip(data, load_prices(found, prices_dir), header.kind, str(path))


def load_prices(path: Path, prices_dir: Path | None = None, above: tuple[Path, ...] = ()) -> PriceTable:
    """The price table of one YAML file, in SI units; `extends` names the table, beside it or in `prices_dir`, that it
    changes some prices of. `above`: tables that extend this one."""
    data = read_yaml(path)
    base = data.get("extends") if isinstance(data, dict) else None
    if not base:
        return parse_prices(data, str(path))
    parent = _find_prices(str(base), (path.parent, *filter(None, [prices_dir])), f"{path}: extends")
    if parent in (*above, path):
        raise NeurohwError(Problem(f"{path}: extends", f"'{base}' extends this table", fix="name another one"))
    below, own = load_prices(parent, prices_dir, (*above, path)), parse_prices(data, str(path))
    return replace(
        own,
        prices={**below.prices, **own.prices},
        notes=(*own.notes, *below.notes),
        included=(*below.included, *own.included),
    )


def _find_prices(table: str, folders: tuple[Path, ...], where: str) -> Path:
    """The file of a price table by its path, or by its name in the first of some folders that has it."""
    if Path(table).suffix in (".yaml", ".yml"):
        folders, name = (Path(), *folders), table
    else:
        name = f"{table}.yaml"
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    place = folders[min(1, len(folders) - 1)]
    names = [file.stem for file in place.glob("*.yaml")]
    raise NeurohwError(Problem(where, f"no table '{table}' in {place}", fix=did_you_mean(table, names)))


def _module(kind: str, where: str) -> ModuleType:
    """The module that builds chips of `kind`."""
    modules = [m.name for m in pkgutil.iter_modules(neurohw.targets.__path__)]
    if kind in modules and hasattr(module := importlib.import_module(f"neurohw.targets.{kind}"), "build"):
        return module
    kinds = [m for m in modules if hasattr(importlib.import_module(f"neurohw.targets.{m}"), "build")]
    raise NeurohwError(Problem(f"{where}: kind", f"no chips of kind '{kind}'", fix=did_you_mean(kind, kinds)))
