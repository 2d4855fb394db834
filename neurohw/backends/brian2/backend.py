"""Brian2 as a backend: a quantised network exactly, spike for spike and weight for weight, as a spiking simulation."""

from __future__ import annotations

from typing import cast

from neurohw.backends.brian2.available import unsupported, why_not
from neurohw.errors import Problem, raise_if_any
from neurohw.ir.engine import Capabilities, Engine, Progress, Runtime, Setting
from neurohw.ir.inputs import Inputs
from neurohw.ir.probe import probed
from neurohw.ir.run import Run
from neurohw.ir.together import Together

CAPABILITIES = Capabilities()  # it counts nothing but messages


def engine(setting: Setting) -> Engine:
    """Collects all samples, which then run at once.

    `setting.runtime`: numpy, cython, cpp (a C++ program is written and compiled), auto (numpy below 1,000 samples).
    """
    reason = why_not()
    raise_if_any([Problem("brian2", reason)] if reason else unsupported(setting.network))
    return Together("brian2", setting, _simulate)


def _simulate(setting: Setting, chunks: list[Inputs], progress: Progress | None) -> Run:
    # heavy: only here
    from neurohw.backends.brian2.simulation import simulate
    from neurohw.backends.brian2.timeline import Timeline

    samples = sum(len(next(iter(chunk.values()))) for chunk in chunks)
    states = setting.traces > 0
    recorded = setting.network.ports if states else setting.record
    probes = probed(setting.network, setting.probes)
    timeline = Timeline(setting.network, setting.steps, samples, setting.reset, recorded, states, probes, setting.seed)
    return simulate(timeline, chunks, cast(Runtime, setting.runtime), progress).run(setting.record)
