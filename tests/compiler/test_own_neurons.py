"""Neurons of one's own in a model file: they stand in for those that the compiler makes."""

import numpy as np
import pytest
from support.sweeps import MODEL, write_grid

import neurohw as nh
from neurohw import artifacts
from neurohw.artifacts.fingerprint import fingerprint
from neurohw.ir.neurons import Clapp

QUIET = '''
from neurohw.microcode import neuron, one, phase
from neurohw.neurons.clapp import Clapp, PAYLOAD_MAX
from neurohw.neurons.graded import Relu

@neuron
class Same(Clapp):
    """Ours by another name."""

@neuron
class Quiet(Relu):
    """ReLU that says nothing of what is below `least`."""

    least: int = one(0, PAYLOAD_MAX, default=0)

    def step(self, t):
        z = min(PAYLOAD_MAX, max(0, self.a + self.bias) >> self.shift)
        if phase(t, self.period) == self.layer + 1 and z >= self.least:
            self.out = z
'''


def write(folder, neurons, text=QUIET):
    (folder / "quiet.py").write_text(text)
    (folder / "tiny.yaml").write_text(f"{MODEL}neurons:\n{neurons}")
    return str(folder / "tiny.yaml")


def test_what_does_the_same_learns_the_same(tmp_path):
    target = nh.load_target("loihi2")
    model = nh.load_model(write(tmp_path, "  Clapp: {file: quiet.py, kind: Same}\n"))
    (tmp_path / "plain.yaml").write_text(MODEL)
    program, plain = (nh.compile(m, target, mode="learn") for m in (model, nh.load_model(str(tmp_path / "plain.yaml"))))
    kinds = [type(p.network.population("layer1").neuron) for p in (program, plain)]
    assert [kind.__name__ for kind in kinds] == ["Same", "Clapp"]
    assert kinds[1] is Clapp
    first, second = (nh.simulate(p, fixations=40) for p in (program, plain))
    assert first.learned["layer1.W"].weight.any()
    for name, learned in first.learned.items():
        assert np.array_equal(learned.weight, second.learned[name].weight)


def test_its_parameters_are_the_models_and_the_program_needs_no_file(tmp_path):
    target, outputs = nh.load_target("loihi2"), []
    for least in (0, 254):
        path = write(tmp_path, f"  Relu: {{file: quiet.py, kind: Quiet, parameters: {{least: {least}}}}}\n")
        program = nh.compile(nh.load_model(path), target, mode="infer")
        assert program.network.population("layer1").neuron.least == least
        artifacts.save(tmp_path / "p.nhw", program)
        (tmp_path / "quiet.py").unlink()
        loaded = artifacts.load(tmp_path / "p.nhw", nh.Program)
        assert fingerprint(loaded) == fingerprint(program)
        assert (
            nh.compile(nh.api.settings_of(loaded), target, mode="infer").network.population("layer1").neuron.least
            == least
        )
        run = nh.simulate(loaded)
        outputs.append(int(run.activity.populations["layer1"].messages["out"].sum()))
    assert 0 <= outputs[1] < outputs[0]


@pytest.mark.parametrize(
    ("neurons", "message"),
    [
        ("  Clap: {file: quiet.py, kind: Same}\n", r"tiny\.yaml: neurons: has 'Clap', .*one of Relu, Clapp, Hinge"),
        ("  Lif: {file: quiet.py, kind: Same}\n", r"tiny\.yaml: neurons: has 'Lif', and with neuron relu"),
        ("  Clapp: {file: other.py}\n", r"other\.py: cannot be read: No such file"),
        ("  Clapp: {file: quiet.py}\n", r"^neurons\.Clapp: quiet\.py: has 2 neurons; say which: Same, Quiet"),
        ("  Clapp: {file: quiet.py, kind: Sam}\n", r"has no neuron 'Sam'; did you mean 'Same'\?"),
        (
            "  Clapp: {file: quiet.py, kind: Quiet}\n",
            r"^neurons\.Clapp: Quiet: lacks the parameters prediction_shift, ",
        ),
        (
            "  Clapp: {file: quiet.py, kind: Same, parameters: {growth: 1}}\n",
            r"parameters\.growth: is what the compiler",
        ),
        (
            "  Clapp: {file: quiet.py, kind: Same, parameters: {grow: 1}}\n",
            r"parameters\.grow: is not declared; did you",
        ),
        (
            "  Relu: {file: quiet.py, kind: Quiet, parameters: {least: 300}}\n",
            r"^layer1\.least: is 300; needs an integer",
        ),
    ],
)
def test_what_is_wrong_is_one_message(tmp_path, neurons, message):
    with pytest.raises(nh.NeurohwError, match=message):
        nh.compile(
            nh.load_model(write(tmp_path, neurons)),
            nh.load_target("loihi2"),
            mode="infer" if "Relu:" in neurons else "learn",
        )


def test_what_is_wrong_in_the_file_has_its_line(tmp_path):
    path = write(tmp_path, "  Clapp: {file: quiet.py, kind: Same}\n", QUIET.replace("self.bias", "self.byas"))
    with pytest.raises(nh.NeurohwError, match=r"quiet\.py:\d+:\d+: self\.byas is not declared; did you mean"):
        nh.compile(nh.load_model(path), nh.load_target("loihi2"), mode="learn")


def test_a_sweep_has_it_in_every_worker(tmp_path):
    """Two processes, which get points by pickle, against one."""
    grid = write_grid(tmp_path, {"seed": [0, 1]})
    write(tmp_path, "  Clapp: {file: quiet.py, kind: Same}\n")
    found = [nh.sweep(grid, tmp_path / f"{workers}.sqlite", workers=workers).points for workers in (1, 2)]
    assert len(found[0]) == 2
    assert found[0] == found[1]
