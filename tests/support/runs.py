"""Run a network on any backend through the run loop, with the number of steps of a sample given."""

from dataclasses import fields, replace
from typing import Any

from neurohw.ir.engine import Engine, Setting
from neurohw.ir.network import Network, Projection
from neurohw.ir.run import Run
from neurohw.runtime.backends import make_engine
from neurohw.runtime.loop import drive
from neurohw.runtime.stimulus import Given

OPTIONS = {field.name for field in fields(Setting)}


def run_on(backend: str, network, chunks, *, steps: int, record=(), progress=None, **options) -> Run:
    """What all of `chunks` leave behind; `options`: those of `Setting`."""
    assert options.keys() <= OPTIONS
    setting = Setting(network, steps, record=tuple(record), **options)
    return run_engine(make_engine(backend, setting), chunks, progress)


def on_grid(network: Network) -> Network:
    """The network with weights as engines store them: those of generated ones lie between the steps of their format."""
    return replace(network, projections=tuple(replace(p, weight=_stored(p)) for p in network.projections))


def _stored(p: Projection) -> Any:
    values = p.format.stored(p.values).astype(p.values.dtype)
    if p.shared:
        return replace(p.weight, kernel=values)
    return type(p.weight)((values, p.weight.indices, p.weight.indptr), shape=p.weight.shape) if p.sparse else values


def run_engine(engine: Engine, chunks, progress=None) -> Run:
    """What all of `chunks` leave behind on an engine that is there."""
    return drive(engine, Given(chunks), progress=progress)
