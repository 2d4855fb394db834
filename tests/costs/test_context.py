"""Figures of other machines beside a network: what they are multiplied by, and that they stay apart."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import replace

import pytest
import yaml

from neurohw import api, library
from neurohw.costs.context import context_rows, operations_of
from neurohw.errors import NeurohwError
from neurohw.ir.context import ContextEntry, Figure, Operations
from neurohw.ir.cost import Band
from neurohw.targets.context import load_context

PAYLOADS = Operations(dense_macs=1000, synaptic_events=300, payloads=True)
SPIKES = Operations(dense_macs=1000, synaptic_events=400)


def entry(name="a", scope="per operation", per="mac", low=1e-12, nominal=2e-12, high=4e-12, task=""):
    return ContextEntry(name, name, scope, per, task, Figure(Band(low, nominal, high), "J", "M", "here", "then"))


@pytest.fixture(scope="module")
def shipped():
    return load_context(library.context_file())


def test_a_multiply_accumulate_counts_dense_operations():
    for operations in (PAYLOADS, SPIKES):
        (row,) = context_rows([entry()], operations)
        assert (row.multiplied, row.count, row.energy) == ("dense MACs", 1000, Band(1e-9, 2e-9, 4e-9))


def test_an_accumulate_counts_synaptic_events():
    (row,) = context_rows([entry(per="ac", scope="all in")], SPIKES)
    assert (row.multiplied, row.count, row.scope) == ("synaptic events", 400, "all in")
    assert row.energy.nominal == pytest.approx(800e-12)


def test_payloads_on_a_machine_of_spikes_are_said_to_be_taken_as_spikes():
    (row,) = context_rows([entry(per="ac", scope="all in")], PAYLOADS)
    assert row.multiplied == "synaptic events, payloads taken as spikes"


def test_a_machine_of_another_task_keeps_its_own_figure():
    (row,) = context_rows([entry(per="inference", scope="all in", task="MNIST")], PAYLOADS)
    assert (row.multiplied, row.count, row.own_task) == ("own task: MNIST", None, True)
    assert row.energy == Band(1e-12, 2e-12, 4e-12)


def test_rows_are_apart_by_scope_and_own_tasks_come_last():
    entries = [
        entry("task", "all in", "inference", task="t"), entry("chip", "all in", "ac"), entry("bare", "per operation"),
    ]  # fmt: skip
    rows = context_rows(entries, SPIKES)
    assert [(row.entry.name, row.scope) for row in rows] == [
        ("bare", "per operation"), ("chip", "all in"), ("task", "all in"),
    ]  # fmt: skip


def test_operations_of_a_report_are_those_of_one_sample():
    model = api.load_model("clapp_moved_digits")
    program = api.compile(model, api.load_target("loihi2"), mode="infer")
    report = api.estimate(program, api.simulate(program))
    layers = [p for p in program.network.projections if p.name.endswith(".W")]
    dense = sum(p.weight.size for p in layers)
    acs = {**report.metrics, "effective_macs": 0.0, "effective_acs": report.metrics["effective_macs"]}
    payloads, spikes = operations_of(report), operations_of(replace(report, metrics=acs))
    assert payloads.dense_macs == spikes.dense_macs == dense
    assert payloads.synaptic_events == spikes.synaptic_events
    assert payloads.synaptic_events * report.samples == pytest.approx(report.counts["synaptic_ops"])
    assert (payloads.payloads, spikes.payloads) == (True, False)


# the file that ships


def test_the_shipped_file_has_both_scopes_and_the_machines_asked_for(shipped):
    by_name = {e.name: e for e in shipped}
    assert {"cpu_i7_4960x", "gpu_titan_black", "cortex_m4", "truenorth", "spinnaker1", "spinnaker2"} <= set(by_name)
    assert {"xylo_keywords", "speck", "odin", "darwin3", "akida_mnist"} <= set(by_name)
    assert {e.scope for e in shipped} == {"per operation", "all in"}
    assert by_name["truenorth"].scope == "all in"
    assert by_name["truenorth"].energy.value.nominal == pytest.approx(26e-12)


@pytest.mark.parametrize(
    ("name", "energy", "macs", "unit"),
    [("cortex_m4", 5481.633e-6, 2656768, 1e-12), ("cortex_m7", 2362.103e-6, 2656768, 1e-12),
     ("cortex_m55", 219.483e-6, 2656768, 1e-13), ("cortex_m7_eegnet", 1.0, 0.082e9, 1e-10)],
)  # fmt: skip
def test_a_derived_figure_follows_from_what_its_source_says(shipped, name, energy, macs, unit):
    found = next(e for e in shipped if e.name == name)
    assert found.energy.value.nominal == pytest.approx(energy / macs, abs=2 * unit)
    assert found.energy.grade in ("D", "V")


def test_a_machine_without_a_known_energy_has_none(shipped):
    rows = {row.entry.name: row for row in context_rows(shipped, PAYLOADS)}
    assert rows["akida_mnist"].energy is None
    assert rows["akida_mnist"].entry.latency.value.nominal == pytest.approx(1.622e-3)
    assert rows["speck"].entry.power.value.nominal == pytest.approx(0.7e-3)


def test_rows_cannot_be_added_or_changed(shipped):
    first, second, *_ = context_rows(shipped, PAYLOADS)
    with pytest.raises(TypeError):
        first + second
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.count = 1


# wrong files


@pytest.fixture
def wrong(tmp_path):
    """The problems of the shipped file after `change(entries)`."""

    def load(change):
        data = copy.deepcopy(yaml.safe_load(library.context_file().read_text()))
        change(data["entries"])
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.safe_dump(data))
        with pytest.raises(NeurohwError) as error:
            load_context(path)
        return [str(p).partition("mine.yaml: ")[2] for p in error.value.problems]

    return load


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda e: e["truenorth"]["energy"].update(unit="pW"),
            "entries.truenorth.energy: 26 pW is not in J or below 0; correct it",
        ),
        (
            lambda e: e["speck"].update(task=""),
            "entries.speck: a figure per time is of a task of its own; name it with task",
        ),
        (
            lambda e: e["odin_mnist"].update(scope="per operation"),
            "entries.odin_mnist: a figure per inference covers more than operations; set scope to all in",
        ),
        (
            lambda e: e["odin"].update(power=e["speck"]["power"]),
            "entries.odin: a figure per ac is an energy and nothing else; give energy alone",
        ),
        (lambda e: e["odin_mnist"].pop("energy"), "entries.odin_mnist: has no figure; give energy, latency or power"),
        (
            lambda e: e["odin"].update(scope="all-in"),
            "entries.odin.scope: 'all-in' is not possible; did you mean 'all in'?",
        ),
        (
            lambda e: e["odin"]["energy"].pop("grade"),
            "entries.odin.energy.grade: is missing; how far to trust the number: M (measured on silicon), Ms "
            "(measured, boundary unclear), S (simulated before silicon), D (derived by arithmetic), V (vendor "
            "document), C (another tool's value), U (unchecked); add 'grade'",
        ),
    ],
)
def test_a_wrong_entry_is_explained(wrong, change, expected):
    assert wrong(change) == [expected]


def test_all_wrong_entries_are_reported_at_once(wrong):
    def change(entries):
        entries["odin"]["energy"]["unit"] = "pj"
        del entries["truenorth"]["title"]

    assert len(wrong(change)) == 2
