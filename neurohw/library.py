"""Names to files: models, chips and price tables that ship with neurohw, or lie where the user works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.parsing import is_file

_PACKAGE = Path(__file__).parent
_elsewhere: ContextVar[Path | None] = ContextVar("shipped_in", default=None)


def models_dir() -> Path:
    """Folder of the model files that ship with neurohw."""
    return _shipped("models")


def targets_dir() -> Path:
    """Folder of the chip files that ship with neurohw."""
    return _shipped("hw_configs")


def prices_dir() -> Path:
    """Folder of the price tables that ship with neurohw."""
    return targets_dir() / "prices"


def context_file() -> Path:
    """The file of figures of other machines that ships with neurohw."""
    return targets_dir() / "context" / "reference.yaml"


def sweeps_dir() -> Path:
    """Folder of the grids of sweeps that ship with neurohw."""
    return targets_dir() / "sweeps"


def find_model(name: str) -> Path:
    """The file of a model: a path, or a name in ./models or among those that ship."""
    return _find(name, "model", Path("models"), models_dir())


def find_target(name: str) -> Path:
    """The file of a chip: a path, or a name in ./hw_configs or among those that ship."""
    return _find(name, "chip", Path("hw_configs"), targets_dir())


def find_prices(name: str) -> Path:
    """The file of a price table: a path, or a name in ./hw_configs/prices or among those that ship."""
    return _find(name, "price table", Path("hw_configs") / "prices", prices_dir())


def find_sweep(name: str) -> Path:
    """The grid file of a sweep: a path, or a name in ./hw_configs/sweeps or among those that ship."""
    return _find(name, "sweep", Path("hw_configs") / "sweeps", sweeps_dir())


def names(folder: Path) -> tuple[str, ...]:
    """Names of the YAML files of one folder."""
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


@contextmanager
def shipped_in(folder: Path) -> Iterator[None]:
    """Take the files in `folder`, which holds models and hw_configs, for those that ship with neurohw."""
    before = _elsewhere.set(folder)
    try:
        yield
    finally:
        _elsewhere.reset(before)


def _shipped(folder: str) -> Path:
    """In a wheel beside the code with an underscore, in a checkout beside the package."""
    if (elsewhere := _elsewhere.get()) is not None:
        return elsewhere / folder
    packed = _PACKAGE / f"_{folder}"
    return packed if packed.is_dir() else _PACKAGE.parent / folder


def _find(name: str, what: str, local: Path, shipped: Path) -> Path:
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        if is_file(path):
            return path
        raise NeurohwError(Problem(name, f"no such {what} file", fix="check the path"))
    for folder in (local, shipped):
        if is_file(folder / f"{name}.yaml"):
            return folder / f"{name}.yaml"
    known = {*names(local), *names(shipped)}
    raise NeurohwError(Problem(name, f"no {what} of that name", fix=did_you_mean(name, known)))
