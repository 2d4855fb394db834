"""Files: what is saved comes back the same, no other file is read, and a write happens wholly or not at all."""

from __future__ import annotations

import dataclasses
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from support import toys
from support.emulate import emulate
from support.generate import random_network
from typing_extensions import TypeAliasType

from neurohw import api, artifacts
from neurohw.artifacts.decode import decoder
from neurohw.compiler.pipeline import compile_model, compile_network
from neurohw.errors import NeurohwError
from neurohw.ir.cost import Band, CostReport
from neurohw.ir.mapping import Program
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.ir.run import Run
from neurohw.ir.weights import LayerWeights, Weights


def same(a, b):
    """Whether two trees of dataclasses, mappings, sequences, arrays and values are equal, types included."""
    if sparse.issparse(a):
        return sparse.issparse(b) and a.shape == b.shape and a.dtype == b.dtype and (a != b).nnz == 0 and a.nnz == b.nnz
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if dataclasses.is_dataclass(a):
        saved = [f.name for f in dataclasses.fields(a) if f.compare]
        return type(a) is type(b) and all(same(getattr(a, name), getattr(b, name)) for name in saved)
    if isinstance(a, Mapping):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b and type(a) is type(b)


@cache
def program(mode="learn"):
    return compile_model(
        toys.model(), toys.weights(), toys.chip("loihi1", compartments=2), mode=mode, calibration=toys.calibration()
    )


def sparse_program():
    """Sparse weights with a stored zero, and a dense projection with a delay for each synapse."""
    stored = sparse.csr_array((np.array([2, 0, -4]), np.array([0, 2, 1]), np.array([0, 2, 3])), shape=(2, 3))
    network = Network(
        (Population("input", 3, Source()), Population("layer1", 2, Lif(np.array([5, 9]), bias_mant=[1, 2]))),
        (
            Projection("layer1.W", "input", "layer1", stored, Format()),
            Projection("loop", "layer1", "layer1", np.full((2, 2), 2), Format(), False, np.array([[0, 3], [1, 2]])),
        ),
    )
    return compile_network(network, toys.chip())


@cache
def learning_run():
    inputs = {"input": toys.calibration(30)[:, None], "sameness": np.ones((30, 1, 1), int)}
    return api.run_network(program().network, [inputs], record=["hinge1.loss"], window=40)


def saved(tmp_path, value):
    path = tmp_path / "file"
    artifacts.save(path, value)
    return path


def message(path, kind):
    with pytest.raises(NeurohwError) as error:
        artifacts.load(path, kind)
    return str(error.value)


# round trips


@pytest.mark.parametrize(
    "value",
    [
        toys.weights(),
        toys.integer_weights(),
        Weights("m", "host", (LayerWeights(np.ones((2, 3), np.float32), retro=np.zeros((2, 2))),)),
        Weights("m", "host", (LayerWeights(np.array([[np.nan, np.inf]])),)),
    ],
    ids=["floats", "integers", "parts", "not numbers"],
)
def test_weights_come_back(tmp_path, value):
    found = artifacts.load(saved(tmp_path, value), Weights)
    assert found.exponent == value.exponent
    assert (found.model, found.origin) == (value.model, value.origin)
    for layer, expected in zip(found.layers, value.layers, strict=True):
        for name, array in vars(expected).items():
            np.testing.assert_array_equal(getattr(layer, name), array)
            assert array is None or getattr(layer, name).dtype == array.dtype


@pytest.mark.parametrize(
    "make", [program, lambda: program("infer"), sparse_program], ids=["learn", "infer", "sparse and delays"]
)
def test_a_program_comes_back(tmp_path, make):
    found = artifacts.load(saved(tmp_path, make()), Program)
    assert same(found, make())
    assert repr(found) == repr(make())


@given(st.integers(0, 200))
@settings(deadline=None, max_examples=25)
def test_a_program_of_any_network_comes_back(tmp_path_factory, seed):
    network = random_network(seed).network
    chip = toys.chip(compartments=4)
    value = Program(network, chip, (), chip.sites[:3], (), "any", departures=("a", "b"))
    assert same(artifacts.load(saved(tmp_path_factory.mktemp("any"), value), Program), value)


def test_a_saved_program_runs_as_the_original(tmp_path):
    found = artifacts.load(saved(tmp_path, program()), Program)
    inputs = {"input": toys.calibration(30)[:, None], "sameness": np.ones((30, 1, 1), int)}
    run = api.run_network(found.network, [inputs], record=["hinge1.loss"], window=40)
    assert same(run, learning_run())
    assert same(api.estimate(found, run), api.estimate(program(), learning_run()))


def test_a_run_comes_back(tmp_path):
    run = learning_run()
    assert run.learned
    assert run.activity.window
    assert same(artifacts.load(saved(tmp_path, run), Run), run)


def test_a_run_with_traces_states_and_provenance_comes_back(tmp_path):
    run = dataclasses.replace(
        emulate(random_network(3)),
        states={"lif.u": np.arange(3)},
        provenance={"model": "m", "fixations": 5, "rate": 0.5, "nested": {"seeds": (1, 2)}, "none": None, "yes": True},
    )
    assert run.traces
    assert same(artifacts.load(saved(tmp_path, run), Run), run)


@pytest.mark.parametrize("chip", ["loihi1", "loihi2"])
def test_a_cost_report_comes_back(tmp_path, chip):
    report = api.estimate(dataclasses.replace(program(), target=toys.chip(chip)), learning_run())
    assert any(line.energy is None for line in report.lines)
    assert any(isinstance(line.energy, Band) for line in report.lines)
    assert same(artifacts.load(saved(tmp_path, report), CostReport), report)


def test_numbers_of_numpy_come_back_as_numbers_of_python(tmp_path):
    path = tmp_path / "file"
    artifacts.save(path, Band(np.float64(1.5), np.int32(2), np.float32(0.25)))
    assert artifacts.load(path, Band) == Band(1.5, 2, 0.25)


def test_a_fingerprint_is_of_the_content_whoever_made_it(tmp_path):
    found = artifacts.load(saved(tmp_path, program()), Program)
    assert artifacts.fingerprint(found, ["a"]) == artifacts.fingerprint(program(), ["a"])


def test_a_fingerprint_changes_with_every_part():
    weights = toys.weights()
    other = weights.layers[0].feedforward.copy()
    other[0, 0] += 1
    changed = dataclasses.replace(weights.layers[0], feedforward=other)
    reshaped = dataclasses.replace(weights.layers[0], feedforward=weights.layers[0].feedforward.reshape(6, 4))
    versions = [
        weights,
        dataclasses.replace(weights, model="other"),
        *(dataclasses.replace(weights, layers=(layer, weights.layers[1])) for layer in (changed, reshaped)),
    ]
    assert len({artifacts.fingerprint(version) for version in versions}) == len(versions)


# no pickle


@pytest.mark.parametrize("value", [toys.weights(), program(), sparse_program()], ids=["weights", "program", "sparse"])
def test_a_file_is_read_without_pickle(tmp_path, value):
    with np.load(saved(tmp_path, value), allow_pickle=False) as archive:
        assert not any(archive[name].dtype.hasobject for name in archive.files)


def test_an_array_of_objects_is_not_written(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(NeurohwError) as error:
        artifacts.save(path, Weights("m", "host", (LayerWeights(np.array([[1, None]])),)))
    assert str(error.value) == f"{path}: cannot hold arrays of Python objects; make them arrays of numbers"
    assert not path.exists()


def test_an_array_of_objects_is_not_read(tmp_path):
    path = tmp_path / "file"
    with path.open("wb") as file:
        np.savez(file, __header__=np.array([{"schema": "neurohw.weights/1"}], dtype=object))
    assert message(path, Weights) == f"{path}: is not a neurohw file, or not a whole one; make it again"


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "neurohw.artifacts.save", "neurohw.ir.run.np"])
def test_a_file_makes_only_types_of_ours(tmp_path, name):
    path = tmp_path / "file"
    artifacts.save_arrays(path, "weights", {"type": name, "fields": {"command": "true"}}, {})
    assert message(path, Weights) == f"{path}: holds '{name}'; needs 'weights'; make it again"


# what is no file of ours


def archive(header, **arrays):
    """The bytes of an archive with this text as its header."""
    file = io.BytesIO()
    np.savez(file, __header__=np.frombuffer(header.encode(), np.uint8), **arrays)
    return file.getvalue()


def npy():
    file = io.BytesIO()
    np.save(file, np.ones(3))
    return file.getvalue()


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a.txt", "hello")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"layers: [1, 2]\n",
        npy(),
        zipped(),
        archive("["),
        archive("[]"),
        archive("3"),
        archive('{"body": 1}'),
        archive('{"schema": "neurohw.weights/1"}'),
    ],
    ids=["empty", "text", "npy", "zip", "no json", "list", "number", "no schema", "no body"],
)
def test_a_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert message(path, Weights) == f"{path}: is not a neurohw file, or not a whole one; make it again"


@pytest.mark.parametrize("part", [0.01, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_refused(tmp_path, part):
    path = saved(tmp_path, program())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    assert message(path, Program) == f"{path}: is not a neurohw file, or not a whole one; make it again"


@cache
def small_file():
    with tempfile.TemporaryDirectory() as folder:
        artifacts.save(path := Path(folder) / "file", toys.weights((2,), 2))
        return path.read_bytes()


@given(st.integers(0, 10**6), st.integers(1, 255))
@settings(deadline=None, max_examples=150)
def test_a_changed_byte_is_refused_or_changes_nothing(tmp_path_factory, position, change):
    content = bytearray(small_file())
    content[position % len(content)] ^= change
    path = tmp_path_factory.mktemp("changed") / "file"
    path.write_bytes(content)
    try:
        found = artifacts.load(path, Weights)
    except NeurohwError:
        return
    assert same(found, toys.weights((2,), 2))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"type": "weights", "fields": {}}, "model: is missing; make it again"),
        ({"array": "a7"}, "holds an array; needs 'weights'"),
        ({"map": [[1]]}, "holds names with values; needs 'weights'"),
        (3, "holds 3; needs 'weights'"),
        (None, "holds nothing; needs 'weights'"),
        ({"type": "band", "fields": {"low": 1, "nominal": 2, "high": 3}}, "holds 'band'; needs 'weights'"),
        ({"type": ["weights"], "fields": {}}, "holds something else; needs 'weights'"),
        ({"type": "weights", "fields": [3]}, "holds 'weights' without fields; make it again"),
    ],
)
def test_a_file_of_other_content_is_refused(tmp_path, body, text):
    path = tmp_path / "file"
    artifacts.save_arrays(path, "weights", body, {})
    lines = message(path, Weights).splitlines()
    assert any(line.startswith(f"{path}: {text}") for line in lines)


def test_what_is_wrong_with_the_content_is_told_with_the_name_of_the_file(tmp_path):
    path = saved(tmp_path, program())
    body, arrays = artifacts.load_arrays(path, "Program")
    broken = {name: array[:1] if array.shape == (4, 6) else array for name, array in arrays.items()}
    artifacts.save_arrays(path, "Program", body, broken)
    expected = f"{path}: network: layer1.W: weights have shape (1, 6); input -> layer1 needs (4, 6) (post, pre)"
    assert message(path, Program) == expected


def test_another_kind_of_file_is_refused(tmp_path):
    path = saved(tmp_path, toys.weights())
    assert message(path, Program) == (
        f"{path}: is a 'neurohw.weights/2'; expected 'neurohw.program/2'; give the right file, or make it again"
    )


@pytest.mark.parametrize("version", [3, 12])
def test_a_later_version_is_refused(tmp_path, version):
    path = tmp_path / "file"
    path.write_bytes(archive(json.dumps({"schema": f"neurohw.weights/{version}", "body": {}})))
    assert message(path, Weights) == (
        f"{path}: is of version {version}; this neurohw reads versions 1 to 2; "
        "update neurohw, or make it again with this one"
    )


def test_a_file_that_is_not_there_or_is_a_folder_is_explained(tmp_path):
    assert message(tmp_path / "no", Weights) == f"{tmp_path / 'no'}: no such file; check the path"
    assert message(tmp_path, Weights) == f"{tmp_path}: cannot be read: Is a directory"


def test_an_array_type_behind_an_alias_is_read_like_the_array_type():
    number = TypeVar("number")
    alias = TypeAliasType("alias", np.ndarray[Any, np.dtype[number]], type_params=(number,))  # NDArray since NumPy 2.5
    read = decoder(alias[np.int64] | sparse.csr_array)
    assert read({"array": "a0"}, {"a0": np.arange(3)}).tolist() == [0, 1, 2]
    with pytest.raises(NeurohwError, match="an array of float64"):
        read({"array": "a0"}, {"a0": np.arange(3.0)})
