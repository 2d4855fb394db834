"""A run that is kept can be repeated from its folder alone, and every file of it is compared byte for byte."""

import json
import shutil

import pytest
from support.sweeps import MODEL, write_grid

import neurohw as nh
from neurohw import library
from neurohw.cli import compare
from neurohw.errors import NeurohwError


@pytest.fixture
def work(tmp_path):
    (tmp_path / "tiny.yaml").write_text(MODEL)
    return tmp_path


@pytest.fixture
def run(neurohw, work):
    """The folder of a learning run."""
    assert neurohw("compile", "tiny.yaml", "--on", "loihi2", "-o", "tiny.nhw")[0] == 0
    assert neurohw("simulate", "tiny.nhw", "--fixations", "30")[0] == 0
    return work / "tiny.run"


def changed(folder, **entries):
    """Change entries of a record."""
    path = folder / "reproduce.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_a_run_is_equal_after_it_was_moved_and_what_made_it_is_gone(neurohw, work, run):
    shutil.move(run, work / "elsewhere" / "kept")
    for path in ("tiny.yaml", "tiny.nhw"):
        (work / path).unlink()
    code, out, err = neurohw("reproduce", "elsewhere/kept")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()][1:] == [
        [name, f"{(work / 'elsewhere' / 'kept' / name).stat().st_size:,}", "equal"]
        for name in ("program.nhw", "run.npz", "weights.npz")
    ]


def test_a_record_says_what_the_run_was_made_with(run):
    record = json.loads((run / "reproduce.json").read_text())
    assert record["command"] == "neurohw simulate tiny.nhw --fixations 30"
    assert record["options"]["every"] == 20_000
    assert record["about"]["model"]["name"] == "tiny"
    assert (record["about"]["chip"], record["about"]["seed"]) == ("loihi2", 0)
    assert {"neurohw", "python", "numpy", "numba", "platform", "commit"} <= set(record["versions"])
    assert list(record["inputs"]) == ["inputs/work/tiny.nhw"]


def test_a_run_that_went_on_after_an_interruption_is_that_of_one_that_did_not(neurohw, run):
    (run / "run.npz").unlink()
    assert neurohw("simulate", "tiny.nhw", "--fixations", "30", "--resume")[0] == 0
    assert neurohw("reproduce", run)[0] == 0


def test_the_first_difference_is_named(neurohw, run):
    changed(run, arguments=["simulate", "tiny.nhw", "--fixations", "29"])
    code, out, err = neurohw("reproduce", run)
    assert code == 1
    assert [line.split()[-1] for line in out.splitlines()[1:3]] == ["equal", "different"]
    assert err.startswith(f"neurohw: {run / 'run.npz'}: differs: byte ")


def test_other_versions_are_notes(neurohw, run):
    record = json.loads((run / "reproduce.json").read_text())
    changed(run, versions=record["versions"] | {"numpy": "1.0"})
    code, out, _ = neurohw("reproduce", run)
    assert code == 0
    assert f"note: numpy: 1.0 then, {record['versions']['numpy']} now" in out


def test_files_that_are_missing_or_damaged_are_named_all_at_once(refused, run):
    (run / "inputs" / "work" / "tiny.nhw").unlink()
    with (run / "run.npz").open("ab") as file:
        file.write(b"!")
    message = refused("reproduce", run)
    assert f"{run}/inputs/work/tiny.nhw: is missing; reproduce.json names it; restore it" in message
    assert f"{run}/run.npz: is not what it was; reproduce.json holds another hash; restore it" in message


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ({"schema": "neurohw.reproduce/3"}, "schema"),
        ({"inputs": ["tiny.nhw"]}, "inputs: ['tiny.nhw'] is not possible; needs keys with values"),
        ({"outputs": {"../run.npz": "0"}}, "'../run.npz'"),
    ],
)
def test_a_record_that_is_damaged_is_one_message(refused, run, entries, text):
    changed(run, **entries)
    message = refused("reproduce", run)
    assert message.startswith(f"{run}/reproduce.json: ")
    assert text in message


def test_a_folder_without_a_record_is_named(refused, work):
    (work / "empty").mkdir()
    assert refused("reproduce", "empty").startswith("empty: is not a run folder that can be reproduced; ")
    assert refused("reproduce", "nothing").startswith("nothing: no such folder; ")


def test_a_comparison_uses_the_chips_and_models_of_its_time(neurohw, work, tmp_path):
    shipped = tmp_path / "shipped"
    shutil.copytree(library.models_dir(), shipped / "models")
    shutil.copytree(library.targets_dir(), shipped / "hw_configs")
    own = work / "mine.yaml"
    own.write_text("extends: loihi2\nname: mine\n")
    with library.shipped_in(shipped):
        verb = ("compare", work / "tiny.yaml", "--on", "loihi1", "mine.yaml", "--markdown", work / "out" / "table.md")
        code, _, err = neurohw("--keep", "kept", *verb)
        assert (code, err) == (0, "")
    shutil.rmtree(shipped)
    own.write_text("extends: loihi1\n")
    code, out, _ = neurohw("reproduce", "kept")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["outputs/out/table.md", "result.json"]
    assert (work / "kept" / "inputs" / "library" / "hw_configs" / "prices").is_dir()


PRICES = """
schema: neurohw.prices/1
name: dear
title: Prices of one's own
scope: per term
extends: davies2018_presilicon
prices:
  synaptic_op_energy: {value: VALUE, unit: pJ, grade: U, source: a choice, conditions: none}
"""


@pytest.fixture
def own(work):
    """A chip, a price table and a model of one's own, which say something else than those that ship."""
    (work / "chips").mkdir()
    (work / "chips" / "dear.yaml").write_text(PRICES.replace("VALUE", "99"))
    (work / "chips" / "mine.yaml").write_text("extends: loihi2\nname: mine\nprice_table: dear\n")
    return work


def spoil(work, by):
    """Change or delete what a run was made from."""
    for path in (work / "tiny.yaml", *(work / "chips").iterdir(), *work.glob("*.nhw")):
        path.unlink() if by == "deleting" else path.write_text("changed")


@pytest.mark.parametrize("by", ["deleting", "changing"])
def test_a_run_on_a_chip_with_prices_of_ones_own_needs_nothing_but_its_folder(neurohw, own, by):
    assert neurohw("compile", "./tiny.yaml", "--on", "chips/mine.yaml", "-o", "tiny.nhw")[0] == 0
    assert neurohw("simulate", "tiny.nhw", "--fixations", "20", "-o", "run")[0] == 0
    spoil(own, by)
    assert neurohw("reproduce", "run")[0] == 0
    price = nh.load_run(own / "run").program.target.prices.prices["synaptic_op_energy"]
    assert price.value.nominal == pytest.approx(99e-12)


@pytest.mark.parametrize("by", ["deleting", "changing"])
@pytest.mark.parametrize("chip", ["chips/mine.yaml", "loihi2@chips/dear.yaml", "loihi2@{work}/chips/dear.yaml"])
def test_a_comparison_on_prices_of_ones_own_needs_nothing_but_its_folder(neurohw, own, chip, by):
    verb = ("compare", own / "tiny.yaml", "--on", chip.format(work=own), "--fixations", 20, "--json", "r.json")
    assert neurohw("--keep", "kept", *verb)[0] == 0
    spoil(own, by)
    assert neurohw("reproduce", "kept")[0] == 0


def test_a_file_that_is_named_inside_another_by_its_absolute_path_is_a_note(neurohw, own):
    path = own / "chips" / "mine.yaml"
    (own / "child.yaml").write_text(f"extends: {path}\nname: child\n")
    verb = ("compare", "./tiny.yaml", "--on", "./child.yaml", "--fixations", 20, "--json", "r.json")
    assert neurohw("--keep", "kept", *verb)[0] == 0
    found = nh.reproduce(own / "kept")
    assert found.equal
    note = f"{path}: read where it lies, not from a copy: a file names it by its absolute path"
    assert [text for text in found.notes if str(own) in text] == [note, note.replace("mine", "dear")]


def test_a_run_that_replaces_one_from_the_program_in_its_folder_is_repeated(neurohw, run):
    content = (run / "program.nhw").read_bytes()
    assert neurohw("simulate", run / "program.nhw", "--fixations", "20", "-o", run, "--force")[0] == 0
    assert (run / "program.nhw").read_bytes() == content
    code, out, err = neurohw("reproduce", run)
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["run.npz", "weights.npz"]


def test_a_sweep_on_two_workers_is_that_of_one(neurohw, work):
    write_grid(work, {"seed": [0, 1]})
    assert neurohw("--keep", "kept", "sweep", "./grid.yaml", "-o", "r.db")[0] == 0
    changed(work / "kept", arguments=["sweep", "./grid.yaml", "--workers", "2"])
    assert nh.reproduce(work / "kept").equal


def test_a_folder_of_something_else_is_not_kept_in(refused, work):
    assert refused("--keep", ".", "check", "./tiny.yaml").startswith("--keep .: holds something else than a run")


def test_a_command_that_writes_nothing_has_nothing_to_keep(refused):
    assert refused("--keep", "kept", "check", "./tiny.yaml") == (
        "--keep: the command wrote no file to compare; keep one that does"
    )


def test_reproduce_in_python_raises_what_the_command_says(tmp_path):
    with pytest.raises(NeurohwError, match="no such folder"):
        nh.reproduce(tmp_path / "nothing")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_runs_of_the_demo_are_equal(neurohw, work):
    assert neurohw("demo", "--fixations", "200", "--check", "0")[0] == 0
    rows = json.loads((work / "demo.run" / "result.json").read_text())["rows"]
    assert [row["target"] for row in rows] == list(compare.DEMO_CHIPS)
    code, out, _ = neurohw("reproduce", "demo.run")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["outputs/demo.html", "result.json"]
