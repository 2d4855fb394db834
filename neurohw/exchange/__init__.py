"""Exchange with other tools: NIR graphs in and out, Lava-DL networks in."""

from __future__ import annotations

import io
from pathlib import Path

from neurohw.errors import raise_if_any
from neurohw.ir.checks import FLAG, Ranges, Real, Whole, require_values
from neurohw.ir.exchange import TOLERANCE, Imported
from neurohw.ir.network import Network
from neurohw.touched import note_read

RESETS = Whole(0, (1 << 31) - 1)
READING: Ranges = {
    "bits": Whole(2, 9), "reset_interval": RESETS, "reset_offset": RESETS, "accept_skew": FLAG,
    "tolerance": Real(0, float("inf")),
}  # fmt: skip


def read(
    path: Path,
    *,
    bits: int = 8,
    dt: float | None = None,
    reset_interval: int = 0,
    reset_offset: int = 0,
    accept_skew: bool = False,
    tolerance: float = TOLERANCE,
) -> Imported:
    """The network of a `.net` file of Lava-DL, or of a NIR graph in steps of `dt` [s] with weights of `bits`.

    `dt` is needed unless the graph's metadata says it. `accept_skew`: take signals as they come where paths of
    different length meet. `tolerance`: how far a parameter may be off, relative to its largest value (weights: at least
    half a step of their grid).
    """
    from neurohw.exchange.alignment import skew_problems
    from neurohw.exchange.graph import read_graph, require_step, time_step
    from neurohw.exchange.lava_dl import read_net
    from neurohw.exchange.nir_import import network_of
    from neurohw.exchange.quantise_lif import quantise

    given = {
        "bits": bits, "reset_interval": reset_interval, "reset_offset": reset_offset, "accept_skew": accept_skew,
        "tolerance": tolerance,
    }  # fmt: skip
    require_values("import", **{name: (value, READING[name]) for name, value in given.items()})
    if dt is not None:
        require_step(dt)
    note_read(path)
    if _is_net(path):
        return read_net(path, reset_interval, reset_offset)
    graph = read_graph(path)
    network = network_of(graph, time_step(graph, dt))
    if not (accept_skew or all(p.exact is not None for p in network.projections)):  # ours mean the steps of the chip
        raise_if_any(skew_problems(network.inputs, network.pairs))
    return quantise(network, bits, reset_interval, reset_offset, tolerance)


def write(path: Path, network: Network, dt: float = 1e-3, accept_skew: bool = False) -> None:
    """Write a network of LIF neurons as a NIR graph, in steps of `dt` [s]; a NeurohwError names what NIR cannot say.

    `accept_skew`: also networks whose paths of different length other tools will take for equally long.
    """
    import nir

    from neurohw.exchange.graph import require_step
    from neurohw.exchange.nir_export import graph_of
    from neurohw.writing import write_atomically

    require_step(dt)
    require_values("export", accept_skew=(accept_skew, FLAG))

    content = io.BytesIO()  # HDF5 reads what it writes
    nir.write(content, graph_of(network, float(dt), accept_skew))
    write_atomically(path, lambda file: file.write(content.getvalue()))


def _is_net(path: Path) -> bool:
    """Whether a file is Lava-DL's: what is in it counts, and then its suffix."""
    import h5py

    if path.is_file() and h5py.is_hdf5(path):
        with h5py.File(path, "r") as file:
            if "layer" in file or "node" in file:
                return "layer" in file
    return path.suffix.lower() == ".net"
