"""Every field of a file, damaged in every way: one message with its place, or what it may hold; never anything else."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurohw import Network, Program, Run, Weights, api, artifacts
from neurohw.artifacts.archive import read_archive
from neurohw.artifacts.encode import encoded
from neurohw.artifacts.tags import tag_of
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.cost import CostReport
from neurohw.ir.run import Learned

FOLDER = Path(__file__).parent / "golden" / "v1"
FILES = {
    "learn_cores.nhw": Program, "infer_arrays.nhw": Program, "network_cores.nhw": Program, "network.npz": Network,
    "run.npz": Run, "report.npz": CostReport, "readout.npz": Learned, "host.weights.npz": Weights,
}  # fmt: skip
MISSING = object()
NOWHERE = {"array": "a999"}
DAMAGES = {
    "missing": MISSING, "nothing": None, "text": "no", "number": 0.5, "NaN": math.nan, "huge": -(10**30),
    "negative": -7, "truth": True, "list": [], "no array": NOWHERE,
    "object": {"type": "band", "fields": {}}, "things": {"what": 1}, "names": {"map": [["no", 1]]},
}  # fmt: skip
ALWAYS = ("missing", "no array", "things")  # what no field may hold
Place = tuple[Any, ...]


@cache
def parts(name: str, version: int) -> tuple[str, Any, dict[str, np.ndarray]]:
    """Kind, body and arrays of a file as version 1 wrote it or as this one does."""
    path, kind = FOLDER / name, FILES[name]
    if version == 1:
        _, body, arrays = read_archive(path, tag_of(kind))
        if name.endswith(".nhw"):  # a smaller chip is read sooner
            body["fields"]["target"]["fields"].get("sites", [])[20:] = []
        return tag_of(kind), body, arrays
    arrays = {}
    return tag_of(kind), encoded(artifacts.load(path, kind), arrays), arrays


def places(node: Any, at: Place = ()) -> Iterator[tuple[str, Place]]:
    """Fields in a tree, each with what it is a field of: type and name."""
    if isinstance(node, list):
        for k, item in enumerate(node):
            yield from places(item, (*at, k))
    elif isinstance(node, dict):
        content = next((c for c in ("fields", "data") if isinstance(node.get(c), dict)), None)
        kind = node.get("type", node.get("model"))
        for key, inner in node.items() if content is None else node[content].items():
            where = (*at, key) if content is None else (*at, content, key)
            if content:
                yield f"{kind}.{key}", where
            yield from places(inner, where)


def damaged(body: Any, place: Place, value: Any) -> Any:
    """A body with another value at one place; what lies beside the way there is shared."""
    if not place:
        return value
    key, *below = place
    made = copy.copy(body)
    if value is MISSING and not below:
        del made[key]
    else:
        made[key] = damaged(body.get(key) if isinstance(body, dict) else body[key], tuple(below), value)
    return made


def load(version: int, kind: type, body: Any, arrays: dict[str, np.ndarray]) -> Any:
    return artifacts.from_parts("file", version, body, arrays, kind)


def attempt(version: int, name: str, body: Any, arrays: dict[str, np.ndarray]) -> tuple[Any, tuple[Problem, ...]]:
    """What is loaded, or the problems; any other exception ends the test."""
    try:
        return load(version, FILES[name], body, arrays), ()
    except NeurohwError as error:
        return None, error.problems


def distinct(name: str, version: int) -> list[tuple[str, Place]]:
    """One place for each field of each type, the last: lists and mappings are then walked through."""
    return list(dict(places(parts(name, version)[1])).items())


@pytest.mark.parametrize(
    ("name", "version"), [*((name, 1) for name in FILES), ("network.npz", 2), ("run.npz", 2), ("host.weights.npz", 2)]
)
def test_a_damaged_field_is_one_message_with_its_place_or_is_possible(name, version):
    _, body, arrays = parts(name, version)
    assert artifacts.fingerprint(load(version, FILES[name], body, arrays))
    for field, place in distinct(name, version):
        for what, value in DAMAGES.items():
            found, problems = attempt(version, name, damaged(body, place, value), arrays)
            assert all(problem.where.startswith("file") for problem in problems), (field, what)
            by_default = what == "missing" and "data" in place  # sections of YAML have defaults
            if what == "missing" and not by_default:
                assert any(field.rpartition(".")[2] in str(problem) for problem in problems), field
            if not problems:
                assert what not in ALWAYS or by_default or "provenance" in place, (field, what)
                assert artifacts.fingerprint(found), (field, what)
                assert repr(found), (field, what)


@pytest.mark.parametrize("name", FILES)
def test_an_array_of_another_shape_or_kind_is_refused_or_possible(name):
    _, body, arrays = parts(name, 1)
    for key, array in arrays.items():
        for other in (array[:0], array[None], array.astype(complex), array.astype(str), array[:-1]):
            found, problems = attempt(1, name, body, {**arrays, key: other})
            assert all(problem.where.startswith("file") for problem in problems)
            if not problems:
                assert other.dtype.kind not in "cU"
                assert artifacts.fingerprint(found)


def test_a_message_names_the_place():
    _, body, arrays = parts("learn_cores.nhw", 1)
    place = ("fields", "network", "fields", "projections", 2, "fields", "weight")
    wrong = damaged(damaged(body, place, 5), ("fields", "seed"), "x")
    with pytest.raises(NeurohwError) as error:
        load(1, Program, wrong, arrays)
    assert str(error.value) == (
        "file: network.projections[2].weight: holds 5; "
        "needs 'convolution' or an array or a sparse matrix; make it again\n"
        "file: seed: holds 'x'; needs a whole number; make it again"
    )


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("fields", "mode"), "rest", "mode: 'rest' is not possible; needs one of learn, infer, readout; make it again"),
        (("fields", "blocks", 0, "fields", "slices", 0, "fields", "stop"), 99,
         "blocks[0].slices[0]: layer1[0:99]; there are 5 neurons; make it again"),
        (("fields", "routes", 0, "fields", "target"), 9,
         "routes[0]: between blocks -1 and 9; there are {blocks}; make it again"),
        (("fields", "routes", 0, "fields", "hops"), 9,
         "routes[0].hops: unknown field; did you mean 'hops_y'?"),
        (("fields", "target", "fields", "spec", "data", "core", "compartments", "value"), "many",
         "target.spec.core.compartments.value: 'many' is not possible; needs a whole number"),
        (("fields", "settings", "data", "layers", 1), {"size": 0},
         "settings.layers.1.size: 0 is not possible; must be at least 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_one_message_with_its_place(place, value, expected):
    _, body, arrays = parts("learn_cores.nhw", 1)
    with pytest.raises(NeurohwError) as error:
        load(1, Program, damaged(body, place, value), arrays)
    blocks = len(body["fields"]["blocks"])
    assert str(error.value) == f"file: {expected.format(blocks=blocks)}"


def test_a_sparse_matrix_with_indices_outside_its_shape_is_refused():
    _, body, arrays = parts("network.npz", 1)
    (place,) = [p for f, p in places(body) if f.endswith("Projection.weight") and "csr" in _at(body, p)]
    _, indices, _ = (part["array"] for part in _at(body, place)["csr"])
    with pytest.raises(NeurohwError, match=r"^file: projections\[1\].weight: is not a sparse matrix"):
        load(1, Network, body, {**arrays, indices: arrays[indices] + 100})


def _at(node: Any, place: Place) -> Any:
    for key in place:
        node = node[key]
    return node


@pytest.mark.parametrize("name", ["learn_cores", "learn_arrays", "readout_cores"])
def test_a_damaged_checkpoint_is_one_message(tmp_path, name):
    program = artifacts.load(FOLDER / f"{name}.nhw", Program)
    body, arrays = artifacts.load_arrays(FOLDER / f"{name}.checkpoint.npz", "checkpoint")
    path = tmp_path / "checkpoint.npz"
    bodies = [{}, [], None, {**body, "fixations": {}}, {**body, "fixations": None}]
    few = list(arrays)[:: max(1, len(arrays) // 12)]
    cases = [(other, arrays) for other in bodies]
    for key in few:
        cases += [
            (body, {k: v for k, v in arrays.items() if k != key}),
            (body, {**arrays, key: arrays[key][..., None]}),
        ]
    for other, held in cases:
        artifacts.save_arrays(path, "checkpoint", other, held)
        with pytest.raises(NeurohwError, match=r"is damaged|belongs to another program") as error:
            api.simulate(program, fixations=60, checkpoint=path, resume=True)
        assert len(error.value.problems) == 1
