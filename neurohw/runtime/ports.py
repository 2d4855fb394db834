"""What is recorded of a run unless something else is asked for."""

from __future__ import annotations

from neurohw.ir.mapping import Program
from neurohw.ir.network import Network

LATENCY_WINDOW = 600  # last steps of a run whose messages are kept, for the latency
LATENCY_ROOM = 1 << 26  # messages that they hold at most: fewer steps of a large network


def latency_window(network: Network) -> int:
    """How many of the last steps of a run are kept whole."""
    messages = sum(p.size * len(p.neuron.outputs) for p in network.populations)
    return max(1, min(LATENCY_WINDOW, LATENCY_ROOM // max(1, messages)))


def ports_of(program: Program) -> list[str]:
    """Ports to sum up a sample: outputs of layers; gate and loss while they learn; actions and rewards of a readout."""
    network = program.network
    if program.mode == "readout":
        acting = [f"{q.post}.out" for q in network.projections if q.role == "readout"]
        return acting + [f"{p.name}.reward" for p in network.populations if "reward" in p.neuron.outputs]
    return layer_ports(network) if program.mode == "infer" else hinge_ports(network)


def layer_ports(network: Network) -> list[str]:
    """The output of every layer: of populations that send on one port, but for the sources."""
    return [f"{p.name}.out" for p in network.populations if p.neuron.outputs == ("out",) and p not in network.sources]


def hinge_ports(network: Network) -> list[str]:
    """The gate and the loss of every layer."""
    hinges = [p for p in network.populations if "loss" in p.neuron.outputs]
    return [f"{p.name}.{port}" for p in hinges for port in p.neuron.outputs]
