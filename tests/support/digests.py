"""Digests of what generated networks and programs do, to see at once when a change moves a single bit of it.

A case is a network or model made from a seed and run through the public interface; each part of what it leaves behind
(messages, states, weights, tags, counters, overflows, report) has a digest of its own. What is hashed are public
meanings, names of ports and counters with their integers, and never names of classes, fields or modules: code that
moves keeps its digests.

`cd tests && python -m support.digests` compares all cases with golden/digests.json; `--write` writes them again. Do
that only in a commit whose message says which digests change, and why.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import neurohw as nh
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.engine import OnArrays
from neurohw.reports.document import report_json
from support import toys
from support.crossbars import ideal_crossbar, pulsed, shadowed
from support.generate import Case, random_network
from support.generate_conv import random_conv_network
from support.generate_learning import random_learning_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network
from support.runs import on_grid

GOLDEN = Path(__file__).parents[1] / "golden" / "digests.json"
HEX = 16  # digits of a digest
EVERY = 5  # one case in so many is quick
DIGITS = 9  # of floats: the last ones may differ between machines
HOW = "cd tests && python -m support.digests --write: the first 16 hex digits of SHA-256, see support/digests.py"
WIDE = 24  # bits of messages: those of graded neurons are as wide as their sums
COUNTERS = {  # public meaning -> where a run keeps it
    "projection": {
        "events": "events", "synaptic operations": "synaptic_ops", "dense operations": "dense_ops",
        "epochs": "learning_epochs", "synapses visited": "learning_visited", "synapses written": "learning_written",
    },
    "population": {"updates": "updates", "active": "active_updates", "sending": "sending_updates"},
    "array": {
        "vectors": "vectors", "reads": "reads", "active rows": "active_rows", "conversions": "conversions",
        "clipped": "clipped", "energy": "energy", "input bits": "input_bits", "pulses": "pulses", "written": "written",
    },
}  # fmt: skip

Parts = dict[str, dict[str, Any]]  # part -> name -> array, number or text


class Kind(NamedTuple):
    """Cases of one kind: how many, and what makes and runs one of a seed."""

    count: int
    parts: Callable[[int], Parts]


def _run(case: Case, reset: bool, arrays: OnArrays | None = None) -> tuple[nh.Network, nh.Run]:
    """Run a case with everything recorded."""
    network, steps = replace(case.network, period=case.steps), case.steps * case.samples
    how: dict[str, Any] = {"backend": "crossbar" if arrays else "emulator", "record": _ports(network), "arrays": arrays}
    return network, nh.run_network(on_grid(network), [case.inputs], reset=reset, window=steps, traces=steps, **how)


def _run_program(seed: int, chip: str, mode: Any) -> tuple[nh.Program, nh.Run]:
    """Compile and run a small model on its own data."""
    rng = np.random.default_rng([seed, 11])
    sizes = tuple(int(n) for n in rng.integers(5, 20, rng.integers(1, 3)))
    in_spikes = seed % 3 == 2 and mode != "readout"  # which hears one payload a presentation
    spiking = {"neuron": "lif", "input": {"coding": "rate", "steps": 8}} if in_spikes else {}
    rules = ("tag_carry", "tag_reset", "naive")
    model = toys.model(sizes, chip={"rule": rules[seed // 3 % 3], "theta": 20}, **spiking)
    program = nh.compile(model, nh.load_target(chip), mode=mode, seed=seed)
    return program, nh.simulate(program, traces=40, fixations=None if mode == "infer" else 150)


def _of_network(make: Callable[[int], Case], reset: bool = False) -> Callable[[int], Parts]:
    return lambda seed: _parts(*_run(make(seed), reset))


def _of_arrays(
    make: Callable[[int], Case], design: Callable[[int], Crossbar], reset: bool = False
) -> Callable[[int], Parts]:
    return lambda seed: _parts(*_run(make(seed), reset, OnArrays(design(seed), seed)))


def _of_programs(mode: str, *chips: str) -> Callable[[int], Parts]:
    def parts(seed: int) -> Parts:
        program, run = _run_program(seed, chips[seed % len(chips)], mode)
        report = json.dumps(_rounded(report_json(nh.estimate(program, run))), sort_keys=True)
        return {**_parts(program.network, run), "report": {"text": report}}

    return parts


def _one_delay(case: Case) -> Case:
    """Arrays read whole rows at once."""
    projections = tuple(replace(p, delay=p.max_delay) for p in case.network.projections)
    return case._replace(network=replace(case.network, projections=projections))


def _wide(seed: int) -> Crossbar:
    return ideal_crossbar(seed, WIDE)


CORES = ("loihi2", "loihi1", "loihi2_kapoho_point")
ARRAYS = ("xbar_template", "xbar_rram_isaac", "xbar_rram_neurram", "xbar_pcm_hermes", "xbar_sram")
KINDS = {
    "frozen": Kind(40, _of_network(random_network, reset=True)),
    "stream": Kind(40, _of_network(random_network)),
    "convolution": Kind(30, _of_network(random_conv_network)),
    "learning": Kind(50, _of_network(random_learning_network)),
    "spiking": Kind(25, _of_network(random_spiking_network)),
    "delayed": Kind(10, _of_network(lambda seed: random_spiking_network(seed, delayed=True))),
    "readout": Kind(20, _of_network(random_readout)),
    "frozen arrays": Kind(20, _of_arrays(lambda seed: _one_delay(random_network(seed)), _wide, reset=True)),
    "convolution arrays": Kind(10, _of_arrays(lambda seed: random_conv_network(seed, False), _wide, reset=True)),
    "shadow arrays": Kind(15, _of_arrays(lambda seed: random_learning_network(2 * seed), shadowed)),
    "pulsed arrays": Kind(10, _of_arrays(lambda seed: random_learning_network(24 * seed), pulsed)),
    "frozen program": Kind(5, _of_programs("infer", *CORES)),
    "learning program": Kind(5, _of_programs("learn", *CORES)),
    "readout program": Kind(5, _of_programs("readout", *CORES)),
    "frozen program on arrays": Kind(10, _of_programs("infer", *ARRAYS)),
    "learning program on arrays": Kind(5, _of_programs("learn", *ARRAYS)),
}


def cases(quick: bool = False) -> list[str]:
    """Names of all cases, or of an even spread over the kinds."""
    return [f"{kind} {seed}" for kind, k in KINDS.items() for seed in range(0, k.count, EVERY if quick else 1)]


def digests_of(case: str) -> dict[str, str]:
    """Run a case: part -> digest."""
    kind, _, seed = case.rpartition(" ")
    return {part: digest(values) for part, values in KINDS[kind].parts(int(seed)).items() if values}


def digest(values: Mapping[str, Any]) -> str:
    """Of arrays (shape, then int64 little-endian), numbers and texts, each with its name."""
    found = hashlib.sha256()
    for name in sorted(values):
        for part in (name.encode(), *_bytes(values[name])):
            found.update(len(part).to_bytes(8, "little") + part)
    return found.hexdigest()[:HEX]


def _bytes(value: Any) -> Iterator[bytes]:
    if isinstance(value, (str, float)):
        yield (value if isinstance(value, str) else f"{value:.{DIGITS}g}").encode()
        return
    array = np.asarray(value)
    if array.dtype.kind not in "biu":
        raise TypeError(f"digests are of integers, not of {array.dtype}")
    yield repr(tuple(map(int, array.shape))).encode()
    yield array.astype("<i8").tobytes()


def _parts(network: nh.Network, run: nh.Run) -> Parts:
    """What a run left behind, by public name."""
    ports = _ports(network)
    traces = {name: trace.values for name, trace in run.traces.items()}
    sums = {f"{name} of a sample": values for name, values in run.totals.items()}
    learned = run.learned.items()
    return {
        "messages": {**sums, **{name: x for name, x in traces.items() if name in ports}},
        "states": {name: x for name, x in traces.items() if name not in ports},
        "weights": {name: got.weight for name, got in learned},
        "tags": {f"{name} {k}": tag for name, got in learned for k, tag in ((1, got.tag), (2, got.tag2))},
        "counters": dict(_counters(run.activity)),
        "overflows": dict(run.activity.overflows),
    }


def _ports(network: nh.Network) -> list[str]:
    return [f"{p.name}.{port}" for p in network.populations for port in p.neuron.outputs]


def _counters(activity: nh.Activity) -> Iterator[tuple[str, Any]]:
    yield from (("samples", activity.samples), ("steps", activity.steps))
    counted = {"projection": activity.projections, "population": activity.populations, "array": activity.arrays}
    for what, counts in counted.items():
        for name, did in counts.items():
            yield from ((f"{what} {name}: {meaning}", getattr(did, at)) for meaning, at in COUNTERS[what].items())
    for name, did in activity.populations.items():
        yield from ((f"messages of {name}.{port}", sent) for port, sent in did.messages.items())
    yield from ((f"last messages into {name}", seen) for name, seen in activity.window.items())


def _rounded(node: Any) -> Any:
    """A report with floats as text."""
    if isinstance(node, Mapping):
        return {key: _rounded(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_rounded(value) for value in node]
    return f"{node:.{DIGITS}g}" if isinstance(node, float) else node


def golden() -> dict[str, dict[str, str]]:
    """The committed digests: case -> part -> digest."""
    found: dict[str, dict[str, str]] = json.loads(GOLDEN.read_text(encoding="utf-8"))["cases"]
    return found


def changes(case: str, found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """What is different in a case, in words; empty if nothing is."""
    parts = sorted({*found, *expected})
    different = [part for part in parts if found.get(part) != expected.get(part)]
    if not different:
        return ""
    was, now = ({part: of.get(part, "not there") for part in different} for of in (expected, found))
    lines = [f"  {part}: was {was[part]}, is {now[part]}" for part in different]
    same = ", ".join(part for part in parts if part not in different) or "nothing"
    return "\n".join([f"{case}: {', '.join(different)} changed; the same: {same}", *lines])


def write() -> None:
    """Make the golden file from the code as it is, a line a case."""
    git = ("git", "-C", str(GOLDEN.parent))
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    if subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "../../neurohw"], check=False).returncode:
        commit += " and changes"
    rows = ",\n".join(f"  {json.dumps(case)}: {json.dumps(digests_of(case))}" for case in cases())
    text = f'{{\n "commit": "{commit}",\n "how": {json.dumps(HOW)},\n "cases": {{\n{rows}\n }}\n}}\n'
    GOLDEN.write_text(text, encoding="utf-8")


def compare(names: list[str]) -> list[str]:
    """What has changed in the cases of these names."""
    expected = golden()
    return [text for name in names if (text := changes(name, digests_of(name), expected.get(name, {})))]


def main(arguments: list[str]) -> int:
    """Compare the cases named, or all; or write all of them."""
    if arguments == ["--write"]:
        write()
        return 0
    found = compare(arguments or cases())
    print("\n".join(found) or f"{len(arguments or cases())} cases: no digest has changed")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
