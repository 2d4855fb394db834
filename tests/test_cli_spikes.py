"""The command line around spikes: import, export, plot, fidelity, compare over steps and backends, own inputs."""

import json

import numpy as np
import pytest
from matplotlib.image import imread
from support import toys

from neurohw import api, artifacts
from neurohw.artifacts import run_folder
from neurohw.ir.mapping import Program
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.ir.run import Run

nir = pytest.importorskip("nir")

TIMEOUT = 300


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with a spiking model, its traced run, a NIR graph and inputs for it."""
    folder = tmp_path_factory.mktemp("spikes")
    (folder / "spiking.yaml").write_text(toys.SPIKING)
    host = toys.SPIKING.replace("name: spiking", "name: host") + "learns: host\n"
    (folder / "host.yaml").write_text(host)
    program = api.compile(api.load_model(str(folder / "spiking.yaml")), api.load_target("loihi2"))
    artifacts.save(folder / "run" / run_folder.PROGRAM, program)
    artifacts.save(folder / "run" / run_folder.RUN, api.simulate(program, fixations=50, traces=40))
    weights = np.random.default_rng(0).normal(0, 8, (4, 6))
    lif = nir.LIF(*(np.full(4, x) for x in (0.02, 1.0, 0.0, 1.0, 0.0)))
    nir.write(folder / "g.nir", nir.NIRGraph.from_list(nir.Linear(weights), lif))
    eye, ends = (
        nir.Linear(np.ones((1, 1))),
        (nir.Input({"input": np.array([1])}), nir.Output({"output": np.array([1])})),
    )
    nodes = {
        "input": ends[0],
        "a": eye,
        "A": nir.Threshold(np.ones(1)),
        "b": eye,
        "c": eye,
        "C": nir.Threshold(np.ones(1)),
    }
    edges = [("input", "a"), ("a", "A"), ("A", "b"), ("input", "c"), ("b", "C"), ("c", "C"), ("C", "output")]
    nir.write(folder / "skip.nir", nir.NIRGraph({**nodes, "output": ends[1]}, edges, type_check=False))
    np.save(folder / "x.npy", (np.random.default_rng(1).random((2, 50, 6)) < 0.3).astype(np.int8))
    np.save(folder / "half.npy", np.full((2, 50, 6), 0.5))
    np.save(folder / "narrow.npy", np.ones((2, 50, 5), np.int8))
    (folder / "text.npy").write_text("no array")
    return folder


def test_an_imported_graph_is_compiled_run_priced_and_exported(neurohw, work):
    code, out, _ = neurohw("import", "g.nir", "--dt", "1e-3", "--on", "loihi1", "--json", "errors.json")
    assert code == 0
    assert "quantisation: errors relative to the largest value" in out
    assert out.splitlines()[-1] == "wrote g.nhw"
    parameters = json.loads((work / "errors.json").read_text())["parameters"]
    assert {p["parameter"] for p in parameters} == {"threshold", "current decay", "voltage decay", "weights"}
    code, out, _ = neurohw("simulate", "g.nhw", "--input", "x.npy", "--trace", 30, "-o", "grun")
    assert (
        code,
        "note: the last frames reach lif in step 51; --steps 51 (steps=51 in Python) waits for them" in out,
    ) == (
        0,
        True,
    )
    assert "note:" not in neurohw("simulate", "g.nhw", "--input", "x.npy", "--steps", 51, "-o", "all")[1]
    run = artifacts.load(work / "grun" / run_folder.RUN, Run)
    assert run.totals["lif.out"].shape == (2, 4)
    assert run.totals["lif.out"].sum() > 0
    assert "all inference" in neurohw("estimate", "grun")[1]
    assert neurohw("export", "g.nhw", "-o", "again.nir")[1] == "wrote again.nir\n"
    assert neurohw("import", "again.nir", "--on", "loihi1", "-o", "again.nhw")[0] == 0
    first, again = (artifacts.load(work / name, Program) for name in ("g.nhw", "again.nhw"))
    assert artifacts.fingerprint(first.network) == artifacts.fingerprint(again.network)


def test_skew_is_accepted_on_demand_and_notes_are_said(neurohw, work):
    code, out, _ = neurohw("import", "skip.nir", "--accept-skew", "-o", "skip.nhw")
    assert (code, out.splitlines()[-1]) == (0, "wrote skip.nhw")
    nodes = [nir.Linear(np.ones((2, 2)))]
    nir.write(work / "sums.nir", nir.NIRGraph.from_list(*nodes))
    code, out, _ = neurohw("import", "sums.nir", "-o", "sums.nhw")
    assert code == 0
    assert "note: output: sends the sums of the graph times " in out


@pytest.mark.parametrize("backend", ["brian2", pytest.param("lava", marks=pytest.mark.lava)])
def test_other_backends_take_the_same_inputs(neurohw, work, backend):
    from neurohw.backends.lava.available import why_not

    if backend == "lava" and why_not():
        pytest.skip(why_not())
    neurohw("import", "g.nir", "--dt", "1e-3", "-o", "b.nhw", "--reset-interval", "50", "--reset-offset", "1")
    code, out, err = neurohw("simulate", "b.nhw", "--input", "x.npy", "--backend", backend, "-o", f"run_{backend}")
    if backend == "lava":  # two samples from rest: Lava's neurons reset by themselves only
        assert (code, "cannot reset lif between samples" in err) == (1, True)
    else:
        assert code == 0
        assert "brian2 (numpy): compiled in 0.0 s, ran in " in out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("import", "none.nir"), "none.nir: no such file; check the path"),
        (("import", "g.nir"), "dt: nothing in the graph says how long a time step is; snnTorch and spikingjelly write"),
        (("import", "skip.nir", "--dt", "1"), "node 'C': hears paths of different length: input -> C (1 step) and"),
        (("import", "g.nir", "--dt", "0"), "dt: 0 s; time steps are above 0"),
        (("import", "g.nir", "--dt", "0.05"), "node 'lif': its membrane time constant goes down to 0.02 s; dt is"),
        (("import", "g.nir", "--dt", "1e-3", "--on", "loihi3"), "loihi3: no chip of that name; did you mean 'loihi2'?"),
        (("simulate", "g.nhw", "-o", "r2"), "program: was compiled from a network, not from a model"),
        (("simulate", "g.nhw", "--input", "half.npy"), "half.npy: input: holds numbers that are not whole"),
        (("simulate", "g.nhw", "--input", "narrow.npy"), "inputs.input: has shape (2, 50, 5)"),
        (("simulate", "g.nhw", "--input", "text.npy"), "text.npy: is not an array of numbers; write it with"),
        (("simulate", "run/program.nhw", "--input", "x.npy", "-o", "r3"), "x.npy: is one array for 2 sources;"),
        (("export", "run/program.nhw"), "layer1: is a ClappLif; NIR has LIF neurons only"),
        (("plot", "nowhere"), "nowhere: is not a run folder; give the folder that simulate wrote"),
        (("plot", "run", "--neurons", "layer3:0"), "--neurons: no population 'layer3' with a membrane; did you mean"),
        (("plot", "run", "--neurons", "layer1:12"), "--neurons: 'layer1:12'; layer1 has neurons 0..11"),
        (("plot", "run", "--probe", "layer1.v"), "--probe: no probe recorded anything; simulate with --probe, and"),
        (("plot", "run", "--format", "gif"), "--format: 'gif' is not possible; choose png or svg"),
        (("compare", "clapp_naive", "--on", "loihi1", "--steps", "8"), "steps: 'clapp_naive' sends payloads in one"),
        (("compare", "./spiking.yaml", "--on", "loihi1", "--backend", "brain2"), "backend: no backend 'brain2'"),
        (("fidelity", "clapp_host"), "clapp_host: sends payloads; spiking models with float weights only"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_message(refused, neurohw, work, arguments, text):
    if not (work / "g.nhw").exists():
        neurohw("import", "g.nir", "--dt", "1e-3", "-o", "g.nhw")
    assert text in refused(*arguments)


def test_plot_writes_what_there_is_and_names_the_rest(neurohw, work):
    code, out, _ = neurohw("plot", "run", "--neurons", "layer1:3", "layer2:0")
    assert code == 0
    assert sorted(p.name for p in (work / "run" / "plots").iterdir()) == [
        "learning.png", "map.png", "membranes.png", "raster.png", "weights.png",
    ]  # fmt: skip
    assert "wrote run/plots/raster.png: who sent something when" in out


def test_plot_draws_what_probes_recorded(neurohw, refused, work):
    recorded = ("--probe", "layer1.v:0-2", "layer1.W.weight@13")
    code, _, err = neurohw("simulate", "run/program.nhw", "--fixations", 20, *recorded, "-o", "probed")
    assert (code, err) == (0, "")
    code, out, _ = neurohw("plot", "probed", "--probe", "layer1.v", "--out", "pictures")
    assert code == 0
    assert "wrote pictures/probes.png: what probes recorded" in out
    assert imread(work / "pictures" / "probes.png").std() > 0.01
    assert "no record 'layer1.w'; did you mean 'layer1.v'?" in refused("plot", "probed", "--probe", "layer1.w")


def test_compare_puts_steps_and_backends_side_by_side(neurohw, work):
    arguments = ("compare", "./spiking.yaml", "--on", "loihi1", "loihi2", "--backend", "emulator", "brian2")
    code, out, err = neurohw(*arguments, "--steps", 4, 6, "--fixations", 40, "--json", "c.json")
    assert (code, err) == (0, "")
    rows = json.loads((work / "c.json").read_text())["rows"]
    assert [(r["input_steps"], r["backend"], r["target"]) for r in rows] == [
        (steps, backend, chip)
        for steps in (4, 6)
        for backend in ("emulator", "brian2")
        for chip in ("loihi1", "loihi2")
    ]
    for a, b in zip(rows[:2], rows[2:4]):
        assert a["energy_per_sample_J"] == b["energy_per_sample_J"]
        assert a["messages_per_neuron_step"] == b["messages_per_neuron_step"]
    assert rows[0]["energy_per_sample_J"]["nominal"] < rows[4]["energy_per_sample_J"]["nominal"]
    assert "a neuron and step" in out


def test_fidelity_shows_floats_integers_and_continuous_time(neurohw, work):
    code, out, err = neurohw("fidelity", "./host.yaml", "--bits", 8, 4, "--runtime", "numpy", "--json", "f.json")
    assert (code, err) == (0, "")
    document = json.loads((work / "f.json").read_text())
    assert [row["name"] for row in document["rows"]] == [
        "float, discrete time", "8 bits, discrete time", "4 bits, discrete time", "float, continuous time",
    ]  # fmt: skip
    assert document["rows"][0]["correlation"] == [1.0, 1.0]
    assert document["rows"][1]["correlation"][0] > document["rows"][2]["correlation"][0]
    assert "spikes a neuron" in out


def test_a_warning_is_one_line(neurohw, monkeypatch, work):
    populations = (Population("input", 2, Source(0, 1)), Population("layer1", 2, Lif(3)))
    weights = Projection("w", "input", "layer1", 2 * np.eye(2, dtype=int), Format())
    network = Network(populations, (weights,))
    from neurohw.compiler.pipeline import compile_network

    artifacts.save(work / "n.nhw", compile_network(network, api.load_target("loihi1")))
    np.save(work / "n.npy", np.ones((1, 5, 2), np.int8))
    monkeypatch.setenv("PATH", "/nowhere")
    arguments = ("simulate", "n.nhw", "--input", "n.npy", "--backend", "brian2", "--runtime", "cpp", "-o", "nrun")
    code, _, err = neurohw(*arguments)
    assert code == 0
    assert err.startswith("neurohw: warning: found no working C++ compiler, so Brian2 runs in numpy")
    assert len(err.splitlines()) == 1
