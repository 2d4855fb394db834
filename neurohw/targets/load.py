"""Read chips and price tables from YAML files."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import neurohw.targets
from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.ir.cost import PriceTable
from neurohw.ir.mapping import Target
from neurohw.parsing import is_file, parse, read_yaml
from neurohw.targets.changes import changed
from neurohw.targets.schema import TargetHeader, parse_prices

NO_PRICES = PriceTable("", "", "per term", {})  # to look for problems of a chip whose table has some


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
        target: Target = module_of(self.kind, self.where).build(data, self.prices, self.where)
        return target


def load_target(
    path: Path, prices_dir: Path, price_table: str | None = None, changes: Mapping[str, str] | None = None
) -> Target:
    """The chip of one YAML file with its price table, or with `price_table`: beside the chip, or from `prices_dir`.

    `changes`: other values of some of its entries, see `changes.changed`.
    """
    try:
        chip = read_chip(path, prices_dir, price_table)
    except NeurohwError as error:
        raise NeurohwError(list(dict.fromkeys([*error.problems, *_further(path, prices_dir, changes)]))) from None
    return chip.build(changes)


def read_chip(path: Path, prices_dir: Path, price_table: str | None = None) -> Chip:
    """The file of a chip and its price table, as `load_target` takes them."""
    data, where = entries(path, prices_dir), str(path)
    header = parse(TargetHeader, data, where)
    module_of(header.kind, where)
    table = price_table or header.price_table
    place = f"{where}: price_table" if price_table is None else "price table"
    found = table_file(path.parent, table, prices_dir, place)
    return Chip(data, load_prices(found, prices_dir), header.kind, where)


def entries(path: Path, prices_dir: Path, above: tuple[Path, ...] = ()) -> Any:
    """The entries of a chip's file, with those of the chip that it `extends` where it has none of its own: beside it,
    or of those in the folder above `prices_dir`. `above`: files that extend this one."""
    data = read_yaml(path)
    if not isinstance(data, dict) or "extends" not in data:
        return data
    name, where, chain = data["extends"], f"{path}: extends", (*above, path)
    if not isinstance(name, str) or not name:
        raise NeurohwError(Problem(where, "names no chip", "text", "name a chip, or a file of one"))
    parent = _parent(name, (path.parent, prices_dir.parent), chain, where)
    below = entries(parent, prices_dir, chain)
    if not isinstance(below, dict):
        raise NeurohwError(Problem(str(parent), "has no entries of a chip", fix=f"{path} extends it: name another one"))
    if parent.parent != path.parent and isinstance(table := below.get("price_table"), str):
        with suppress(NeurohwError):  # which is reported when it is read
            below["price_table"] = table_from(parent.parent, table, path.parent, prices_dir, "")
    return {**below, **data}


def table_file(folder: Path, table: str, prices_dir: Path, where: str) -> Path:
    """The file of the price table that a chip in `folder` names `table`: beside it, shipped, or in its `prices`."""
    return find_prices(table, (folder, prices_dir, folder / "prices"), where)


def table_from(elsewhere: Path, table: str, folder: Path, prices_dir: Path, where: str) -> str:
    """How a chip in `folder` names the price table that one in `elsewhere` names `table`: in the same way, or by path
    if that would be another table there, or none."""
    found = table_file(elsewhere, table, prices_dir, where)
    try:
        same = table_file(folder, table, prices_dir, "").samefile(found)
    except NeurohwError:
        same = False
    return table if same else str(found.resolve())


def _parent(name: str, folders: tuple[Path, ...], chain: tuple[Path, ...], where: str) -> Path:
    """The first file of a name, or of a path, that does not extend itself by the files of `chain`."""
    file = name if Path(name).suffix in (".yaml", ".yml") else f"{name}.yaml"
    found = [folder / file for folder in folders if is_file(folder / file)]
    if not found:
        names = [path.stem for path in folders[-1].glob("*.yaml")]
        raise NeurohwError(Problem(where, f"no chip '{name}' in {folders[-1]}", fix=did_you_mean(name, names)))
    for path in found:
        if not any(path.samefile(other) for other in chain):
            return path
    raise NeurohwError(Problem(where, f"'{name}' extends this chip", fix="name another one"))


def _further(path: Path, prices_dir: Path, changes: Mapping[str, str] | None) -> list[Problem]:
    """What is wrong with a chip's entries, whatever is wrong with its header and its prices."""
    try:
        data = entries(path, prices_dir)
        if isinstance(data, dict) and isinstance(data.get("kind"), str):
            Chip(data, NO_PRICES, data["kind"], str(path)).build(changes)
    except NeurohwError as error:
        return list(error.problems)
    return []


def load_prices(path: Path, prices_dir: Path | None = None, above: tuple[Path, ...] = ()) -> PriceTable:
    """The price table of one YAML file, in SI units; `extends` names the table, beside it or in `prices_dir`, that it
    changes some prices of. `above`: tables that extend this one."""
    data = read_yaml(path)
    base = data.get("extends") if isinstance(data, dict) else None
    if not base:
        return parse_prices(data, str(path))
    parent = find_prices(str(base), (path.parent, *filter(None, [prices_dir])), f"{path}: extends")
    if any(parent.samefile(other) for other in (*above, path)):
        raise NeurohwError(Problem(f"{path}: extends", f"'{base}' extends this table", fix="name another one"))
    below, own = load_prices(parent, prices_dir, (*above, path)), parse_prices(data, str(path))
    return replace(
        own,
        prices={**below.prices, **own.prices},
        notes=(*own.notes, *below.notes),
        included=(*below.included, *own.included),
    )


def find_prices(table: str, folders: tuple[Path, ...], where: str) -> Path:
    """The file of a price table by its path, or by its name in the first of some folders that has it."""
    if Path(table).suffix in (".yaml", ".yml"):
        folders, name = (Path(), *folders), table
    else:
        name = f"{table}.yaml"
    for folder in folders:
        if is_file(folder / name):
            return folder / name
    place = folders[min(1, len(folders) - 1)]
    names = [file.stem for file in place.glob("*.yaml")]
    raise NeurohwError(Problem(where, f"no table '{table}' in {place}", fix=did_you_mean(table, names)))


def module_of(kind: str, where: str) -> ModuleType:
    """The module that builds chips of `kind`; its SPEC, if it has one, is the type of their files."""
    modules = [m.name for m in pkgutil.iter_modules(neurohw.targets.__path__)]
    if kind in modules and hasattr(module := importlib.import_module(f"neurohw.targets.{kind}"), "build"):
        return module
    kinds = [m for m in modules if hasattr(importlib.import_module(f"neurohw.targets.{m}"), "build")]
    raise NeurohwError(Problem(f"{where}: kind", f"no chips of kind '{kind}'", fix=did_you_mean(kind, kinds)))
