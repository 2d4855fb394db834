"""The model YAML: what it may hold, and one clear message for each mistake in it."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from neurohw.errors import NeurohwError
from neurohw.parsing import Strict, parse, read_yaml
from neurohw.spec import DataSpec, ModelSpec, PercentileClip

MODELS = sorted((Path(__file__).parents[1] / "models").glob("*.yaml"))
TOY = {
    "schema": "neurohw.model/1",
    "name": "toy",
    "data": {"name": "moved_digits"},
    "layers": [{"size": 16}, {"size": 8}],
}
REMOVE = object()


def changed(**changes):
    """TOY with values at paths such as `layers__0__size`."""
    data = copy.deepcopy(TOY)
    for path, value in changes.items():
        *parents, last = [int(key) if key.isdigit() else key for key in path.split("__")]
        node = data
        for key in parents:
            node = node.setdefault(key, {}) if isinstance(node, dict) else node[key]
        if value is REMOVE:
            del node[last]
        else:
            node[last] = value
    return data


def problems(data):
    """The text of every problem that `parse` finds."""
    with pytest.raises(NeurohwError) as error:
        parse(ModelSpec, data, "toy.yaml")
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_shipped_model_is_named_after_its_file(path):
    assert parse(ModelSpec, read_yaml(path), str(path)).name == path.stem


def test_what_is_left_out_gets_a_default():
    model = parse(ModelSpec, TOY, "toy.yaml")
    assert (model.learns, model.chip.rule, model.quantise.bits) == ("chip", "tag_carry", 8)
    assert model.quantise.clip == PercentileClip(percentile=98)


@pytest.mark.parametrize(
    ("changes", "bits", "clip"),
    [
        ({"quantise__bits": [8, 4]}, (8, 4), PercentileClip(percentile=98)),
        ({"quantise__bits": 2, "quantise__clip": "maximum"}, 2, "maximum"),
        ({"quantise__clip": {"percentile": 100}}, 8, PercentileClip(percentile=100)),
    ],
)
def test_bits_and_clip_have_two_forms_each(changes, bits, clip):
    quantise = parse(ModelSpec, changed(**changes), "toy.yaml").quantise
    assert (quantise.bits, quantise.clip) == (bits, clip)


def test_a_dumped_model_reads_back_the_same():
    model = parse(ModelSpec, changed(quantise__bits=[8, 4], chip__rule="naive"), "toy.yaml")
    assert parse(ModelSpec, model.model_dump(mode="json", by_alias=True), "again") == model


def test_a_number_in_scientific_notation_that_yaml_reads_as_text_is_a_number():
    data = yaml.safe_load("2e-3")
    assert isinstance(data, str)
    assert parse(ModelSpec, changed(host__rate=data), "toy.yaml").host.rate == 2e-3


LAYER_KEYS, DATA_KEYS = "size, kernel, stride", "name, path, images, augment, dt, steps, noise, saccade, views"
AUGMENT_KEYS = "brightness, contrast, noise, occlusion, rotation, scale, shear, shift"
MODEL_KEYS = (
    "about, chip, data, host, input, layers, learns, lif, name, neuron, neurons, probe, quantise, readout, schema"
)
MISTAKES = [
    # keys
    ({"layer": []}, "layer: unknown key; did you mean 'layers'?"),
    ({"colour": 1}, f"colour: unknown key; choose one of: {MODEL_KEYS}"),
    ({"data__nois": 0.1}, "data.nois: unknown key; did you mean 'noise'?"),
    ({"layers__1__sise": 8}, "layers.1.sise: unknown key; did you mean 'size'?"),
    ({"schema": REMOVE}, "schema: is missing; add 'schema: neurohw.model/1'"),
    ({"layers": REMOVE}, "layers: is missing; add 'layers'"),
    ({"layers__0__size": REMOVE}, "layers.0.size: is missing; add 'size'"),
    # the wrong kind of value
    ({"data": None}, f"data: is empty; needs keys with values: {DATA_KEYS}"),
    ({"data": "moved_digits"}, f"data: 'moved_digits' is not possible; needs keys with values: {DATA_KEYS}"),
    ({"layers": 2}, "layers: 2 is not possible; needs a list"),
    ({"layers__0": 16}, f"layers.0: 16 is not possible; needs keys with values: {LAYER_KEYS}"),
    ({"layers__0__size": "big"}, "layers.0.size: 'big' is not possible; needs a whole number"),
    ({"layers__0__size": 16.5}, "layers.0.size: 16.5 is not possible; needs a whole number"),
    ({"layers__0__size": True}, "layers.0.size: true is not possible; needs a whole number"),
    ({"data__noise": "a lot"}, "data.noise: 'a lot' is not possible; needs a number"),
    ({"data__noise": False}, "data.noise: false is not possible; needs a number"),
    ({"data__noise": float("nan")}, "data.noise: NaN is not possible; needs a finite number"),
    ({"data__noise": float("inf")}, "data.noise: inf is not possible; needs a finite number"),
    ({"chip__growth": 0.3}, "chip.growth: 0.3 is not possible; must be a multiple of 0.5"),
    ({"chip__growth": True}, "chip.growth: true is not possible; needs a number"),
    ({"name": 12}, "name: 12 is not possible; needs text"),
    # values out of range
    ({"name": "a b"}, "name: 'a b' is not possible; must match ^[A-Za-z0-9_.-]+$"),
    ({"schema": "neurohw.target/1"}, "schema: 'neurohw.target/1' is not possible; did you mean 'neurohw.model/1'?"),
    ({"learns": "cip"}, "learns: 'cip' is not possible; did you mean 'chip'?"),
    ({"learns": 3}, "learns: 3 is not possible; choose one of: chip, host"),
    ({"layers": []}, "layers: [] is not possible; needs at least 1 item"),
    ({"layers__0__size": 0}, "layers.0.size: 0 is not possible; must be at least 1"),
    ({"layers": [{"size": 0}]}, "layers.0.size: 0 is not possible; must be at least 1"),
    ({"layers": [{"size": 1_000_001}]}, "layers.0.size: 1000001 is not possible; must be at most 1e+06"),
    ({"data__noise": 1.5}, "data.noise: 1.5 is not possible; must be at most 1"),
    ({"data__augment": {"tilt": 3}}, f"data.augment.tilt: unknown key; choose one of: {AUGMENT_KEYS}"),
    ({"data__augment": {"rotate": 3}}, "data.augment.rotate: unknown key; did you mean 'rotation'?"),
    ({"data__augment": {"scale": 1}}, "data.augment.scale: 1 is not possible; must be below 1"),
    ({"data__augment": {"shift": -1}}, "data.augment.shift: -1 is not possible; must be at least 0"),
    ({"data__augment": {"rotation": 181}}, "data.augment.rotation: 181 is not possible; must be at most 180"),
    ({"data__augment": {"occlusion": 2.5}}, "data.augment.occlusion: 2.5 is not possible; needs a whole number"),
    ({"data__images": {"train": 1}}, "data.images.train: 1 is not possible; must be at least 2"),
    ({"data__saccade": 0}, "data.saccade: 0 is not possible; must be above 0"),
    ({"data__saccade": 1}, "data.saccade: 1 is not possible; must be below 1"),
    # spikes
    ({"neuron": "lif", "input": {"coding": "rate", "steps": 0}}, "input.steps: 0 is not possible; must be at least 1"),
    ({"neuron": "lif"}, "neuron lif does not take graded input; set input.coding to rate, bernoulli or events"),
    ({"input": {"coding": "rate", "steps": 4}}, "neuron relu does not take rate input; set input.coding to graded"),
    (
        {"input": {"steps": 4}},
        "input: input.steps is 4, but graded payloads take one step; set input.coding to rate for spikes",
    ),
    ({"input": {"coding": "rates"}}, "input.coding: 'rates' is not possible; did you mean 'rate'?"),
    ({"lif": {"rate": 1.5}}, "lif.rate: 1.5 is not possible; must be below 1"),
    ({"lif": {"du": 4096}}, "lif.du: 4096 is not possible; must be at most 4095"),
    # readouts
    ({"readout": {"rule": "rewards"}}, "readout.rule: 'rewards' is not possible; did you mean 'reward'?"),
    ({"readout": {"penalty": 1}}, "readout.penalty: 1 is not possible; must be at most 0"),
    ({"readout": {"exponent": -8}}, "readout.exponent: -8 is not possible; must be at least -7"),
    # keys with two forms
    ({"quantise__bits": "eight"}, "quantise.bits: 'eight' is not possible; needs a whole number"),
    ({"quantise__bits": None}, "quantise.bits: is empty; needs a whole number"),
    ({"quantise__bits": 9}, "quantise.bits: 9 is not possible; must be at most 8"),
    ({"quantise__bits": [8, 1]}, "quantise.bits.1: 1 is not possible; must be at least 2"),
    ({"quantise__bits": [8, "x"]}, "quantise.bits.1: 'x' is not possible; needs a whole number"),
    ({"quantise__bits": [8]}, "quantise.bits lists 1 numbers for 2 layers; give one number or one a layer"),
    ({"quantise__clip": "max"}, "quantise.clip: 'max' is not possible; write maximum or {percentile: 98}"),
    ({"quantise__clip": 98}, "quantise.clip: 98 is not possible; write maximum or {percentile: 98}"),
    ({"quantise__clip": {"percentile": 101}}, "quantise.clip.percentile: 101 is not possible; must be at most 100"),
    ({"quantise__clip": {}}, "quantise.clip.percentile: is missing; add 'percentile'"),
]


@pytest.mark.parametrize(("changes", "text"), MISTAKES, ids=[text.split(";")[0][:40] for _, text in MISTAKES])
def test_a_mistake_gives_exactly_one_message_with_path_limit_and_fix(changes, text):
    assert problems(changed(**changes)) == [f"toy.yaml: {text}"]


def test_a_key_that_is_not_text_is_unknown():
    assert problems({**TOY, 3: 1}) == [f"toy.yaml: 3: unknown key; choose one of: {MODEL_KEYS}"]


def test_all_problems_of_a_file_are_reported_at_once():
    data = changed(data__noise=2, layers__0__size=0, learns="cip", chip__theta=0, quantise__bits=[1, 9], colour=1)
    assert problems(data) == [
        "toy.yaml: data.noise: 2 is not possible; must be at most 1",
        "toy.yaml: layers.0.size: 0 is not possible; must be at least 1",
        "toy.yaml: learns: 'cip' is not possible; did you mean 'chip'?",
        "toy.yaml: chip.theta: 0 is not possible; must be at least 1",
        "toy.yaml: quantise.bits.0: 1 is not possible; must be at least 2",
        "toy.yaml: quantise.bits.1: 9 is not possible; must be at most 8",
        f"toy.yaml: colour: unknown key; choose one of: {MODEL_KEYS}",
    ]


def test_a_long_value_is_cut():
    (text,) = problems(changed(learns="x" * 100))
    assert text == f"toy.yaml: learns: '{'x' * 56}... is not possible; choose one of: chip, host"


def test_a_limit_without_words_of_our_own_is_told_in_those_of_pydantic():
    class Holder(Strict):
        items: frozenset[int]

    with pytest.raises(NeurohwError, match=r"^x\.yaml: items: 3 is not possible; Input should be a valid frozenset$"):
        parse(Holder, {"items": 3}, "x.yaml")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (None, "is empty"),
        ([], "holds [], not keys with values"),
        ("toy", "holds 'toy', not keys with values"),
    ],
)
def test_a_file_without_keys_says_what_it_holds(data, what):
    assert problems(data) == [f"toy.yaml: {what}; start from a file in models/ or hw_configs/"]


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("name: toy\nlayers: [1, 2\n", " line 3, column 1", "not YAML: expected ',' or ']', but got '<stream end>'"),
        ("data:\n\tname: x\n", " line 2, column 1", "not YAML: found character '\\t' that cannot start any token"),
        ("a: {[1]: 2}\n", " line 1, column 5", "not YAML: found unhashable key"),
        (
            "a: !!python/name:os.system\n",
            " line 1, column 4",
            "not YAML: could not determine a constructor for the tag",
        ),
        ("chip: {theta: 1}\nname: x\nchip: {rate: 2}\n", " line 3, column 1", "not YAML: the key 'chip' comes twice"),
        ("layers:\n  - {size: 3, size: 4}\n", " line 2, column 15", "not YAML: the key 'size' comes twice"),
        ("name: \x00\n", "", "not YAML: unacceptable character #x0000"),
        ("name: 2024-13-01\n", "", "holds a value that is none: month must be in 1..12; put it in quotes"),
    ],
)
def test_a_file_that_is_not_yaml_names_line_and_column(tmp_path, text, place, what):
    path = tmp_path / "toy.yaml"
    path.write_text(text)
    with pytest.raises(NeurohwError) as error:
        read_yaml(path)
    (problem,) = error.value.problems
    assert str(problem).startswith(f"{path}{place}: {what}")


def test_merged_keys_are_not_keys_given_twice(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3\n")
    assert read_yaml(path)["b"] == {"x": 3, "y": 2}


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("name: \xe9".encode("latin-1"))
    reasons = {"absent.yaml": "cannot be read: No such file or directory", "": "cannot be read: Is a directory"}
    reasons["latin.yaml"] = "is not UTF-8 text; give a YAML file"
    for name, reason in reasons.items():
        with pytest.raises(NeurohwError) as error:
            read_yaml(tmp_path / name)
        assert str(error.value) == f"{tmp_path / name}: {reason}"


def test_a_data_set_is_titled_by_what_changes_it():
    assert DataSpec(name="a", noise=0.3).title == "a"
    assert DataSpec(name="a", path="/somewhere").title == "a, path /somewhere"
    spec = DataSpec(name="a", images={"train": 9}, augment={"shift": 0})
    assert spec.title == "a, images {'train': 9}, augment {'shift': 0.0}"
