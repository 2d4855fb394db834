"""A two-layer toy after each stage of the compiler, as text.

`PYTHONPATH=tests python tests/golden/compile_toy.py` writes the texts again; read the diff before you commit it.
"""

from __future__ import annotations

from pathlib import Path

from support import toys

from neurohw.compiler.lower import lower_inference, lower_learning
from neurohw.compiler.pipeline import compile_model
from neurohw.compiler.quantise import quantise_inference, quantise_learning

HERE = Path(__file__).parent
MODES = ("infer", "learn")


def stages(mode: str) -> str:
    """The network lowered and quantised, and the program on a chip of two neurons a core."""
    model, weights, inputs = toys.model(quantise={"bits": [8, 4]}), toys.weights(), toys.calibration()
    if mode == "infer":
        lowered = lower_inference(model, weights)
        quantised = quantise_inference(lowered, model.quantise, inputs)
    else:
        lowered = lower_learning(model, weights)
        quantised = quantise_learning(lowered, model.chip, weights.exponent)
    chip = toys.chip("loihi1", compartments=2, cores_per_tile=2)
    programs = [
        compile_model(model, weights, chip, mode=mode, calibration=inputs, placement=placement)
        for placement in ("greedy", "traffic")
    ]
    network_lines = len(repr(quantised).splitlines()) + 1
    texts = {
        "lowered": repr(lowered),
        "quantised": repr(quantised),
        "program, greedy": repr(programs[0]),
        "program, traffic": "\n".join(repr(programs[1]).splitlines()[network_lines:]),
    }
    return "\n\n".join(f"== {stage}\n{text}" for stage, text in texts.items()) + "\n"


def file(mode: str) -> Path:
    """The golden file of a mode."""
    return HERE / f"compile_{mode}.txt"


if __name__ == "__main__":
    for mode in MODES:
        file(mode).write_text(stages(mode), encoding="utf-8")
