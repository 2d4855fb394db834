"""The results file and what goes on with it: resumption, failed points, other sweeps, other versions; exports."""

import csv
import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from pyarrow import parquet
from support.sweeps import failing, instant, interrupted, write_grid

from neurohw.errors import NeurohwError
from neurohw.experiments.sweeps import store
from neurohw.experiments.sweeps.export import table_of, table_of_all, write_csv, write_parquet
from neurohw.experiments.sweeps.run import everything_in, sweep
from neurohw.ir.sweep import Outcome, Sweep, SweepPoint

HOLD = """import sys, time, pathlib
from neurohw.experiments.sweeps.store import opened
with opened(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def never(point):
    raise AssertionError("evaluated again")


def message(path, grid, **options):
    with pytest.raises(NeurohwError) as error:
        sweep(grid, path, work=instant, **options)
    return str(error.value).removeprefix(f"{path}: ")


def test_what_is_there_is_not_evaluated_again(tmp_path):
    first = sweep(write_grid(tmp_path), tmp_path / "r.db", work=instant)
    again = sweep(write_grid(tmp_path), tmp_path / "r.db", work=never)
    more = sweep(write_grid(tmp_path, {"seed": [4, 2]}), tmp_path / "r.db", work=instant)
    assert (first.before, first.now, again.before, again.now, more.before, more.now) == (0, 3, 3, 0, 1, 1)
    assert again.points == first.points
    assert [p.values for p in more.points] == [(4,), (2,)]


def test_an_interruption_loses_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        sweep(write_grid(tmp_path), tmp_path / "r.db", work=interrupted)
    assert len(everything_in(tmp_path / "r.db")) == 2
    assert sweep(write_grid(tmp_path), tmp_path / "r.db", work=instant).now == 1


def test_a_point_that_fails_is_kept_with_its_error_and_tried_again_when_asked(tmp_path):
    path = tmp_path / "r.db"
    found = sweep(write_grid(tmp_path), path, work=failing)
    assert [p.outcome.error is None for p in found.points] == [True, False, True]
    assert found.failed[0].outcome.error.startswith("ZeroDivisionError: seed 1 is not possible (sweeps.py line ")
    assert sweep(write_grid(tmp_path), path, work=never).failed == found.failed
    retried = sweep(write_grid(tmp_path), path, work=instant, retry_failed=True)
    assert (retried.before, retried.now, retried.failed) == (2, 1, ())


def test_equal_points_are_evaluated_once_and_shown_as_often_as_the_grid_has_them(tmp_path):
    axes = {"prices": ["davies2018_presilicon"], "chip": ["loihi1", "loihi1@davies2018_presilicon"]}
    found = sweep(write_grid(tmp_path, axes, chip=None), tmp_path / "r.db", work=instant)
    assert (found.now, len(found.points)) == (1, 2)


def test_progress_counts_the_points_of_now(tmp_path):
    sweep(write_grid(tmp_path, {"seed": [0]}), tmp_path / "r.db", work=instant)
    seen = []
    sweep(write_grid(tmp_path), tmp_path / "r.db", work=instant, progress=lambda *done: seen.append(done))
    assert seen == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("UPDATE meta SET value = 'neurohw.results/9' WHERE name = 'schema'",
         "holds neurohw.results/9, of another version of neurohw; this one writes neurohw.results/1; give"),
        ("DROP TABLE meta", "is a database, but not of a sweep; give another file with -o; this one was not changed"),
        (b"no database, but long enough to be taken for one" * 9,
         "is not a results file (file is not a database); give another file with -o; this one was not changed"),
    ],
)  # fmt: skip
def test_a_file_of_something_else_is_left_alone(tmp_path, content, expected):
    path, grid = tmp_path / "r.db", write_grid(tmp_path)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        sweep(grid, path, work=instant)
        with sqlite3.connect(path) as connection:
            connection.execute(content)
        connection.close()
    before = path.read_bytes()
    assert message(path, grid).startswith(expected)
    assert path.read_bytes() == before


def test_an_empty_file_is_a_new_one(tmp_path):
    (tmp_path / "r.db").touch()
    assert sweep(write_grid(tmp_path), tmp_path / "r.db", work=instant).now == 3


def test_a_place_where_nothing_can_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    assert message(tmp_path / "file" / "r.db", write_grid(tmp_path)).endswith("choose another place")


def test_two_sweeps_do_not_write_to_one_file_and_a_killed_one_lets_go(tmp_path):
    path, grid = tmp_path / "r.db", write_grid(tmp_path)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        assert message(path, grid) == (
            f"another sweep (process {holder.pid}) writes to it; wait for it, or give another file with -o"
        )
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
    assert sweep(grid, path, work=instant).now == 3


def test_a_reader_does_not_stop_a_sweep(tmp_path):
    path = tmp_path / "r.db"
    sweep(write_grid(tmp_path), path, work=instant)
    with store.opened(path), sqlite3.connect(path) as reader:
        assert reader.execute("SELECT count(*) FROM points").fetchone() == (3,)
    reader.close()


def test_tables_hold_every_digit_and_equal_sweeps_give_equal_bytes(tmp_path):
    grid = write_grid(tmp_path, {"model.layers.0.size": [8, 4], "seed": [0, 1]})
    names = ("one", "two")
    for name in names:
        if name == "two":  # the other half first
            sweep(write_grid(tmp_path, {"model.layers.0.size": [4], "seed": [1, 0]}), tmp_path / "two.db", work=failing)
        found = sweep(write_grid(tmp_path, {"model.layers.0.size": [8, 4], "seed": [0, 1]}), tmp_path / f"{name}.db",
                      work=failing)  # fmt: skip
        write_csv(tmp_path / f"{name}.csv", table_of(found))
        write_parquet(tmp_path / f"{name}.parquet", table_of(found))
    assert grid.exists()
    for kind in ("csv", "parquet"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    rows = list(csv.DictReader((tmp_path / "one.csv").read_text().splitlines()))
    assert [(r["model.layers.0.size"], r["seed"]) for r in rows] == [("8", "0"), ("8", "1"), ("4", "0"), ("4", "1")]
    assert [float(r["energy_J"] or 0) for r in rows] == [8e-12, 0, 4e-12, 0]
    assert rows[1]["error"].startswith("ZeroDivisionError")
    columns = parquet.read_table(tmp_path / "one.parquet").to_pydict()
    assert columns["energy_J"] == [8e-12, None, 4e-12, None]
    assert columns["seed"] == [0, 1, 0, 1]
    assert columns["unpriced"] == ["static power", None, "static power", None]


def test_an_export_has_the_points_of_its_grid_unless_all_are_asked_for(tmp_path):
    path = tmp_path / "r.db"
    sweep(write_grid(tmp_path), path, work=instant)
    found = sweep(write_grid(tmp_path, {"model.data.noise": [0.2]}), path, work=instant)
    assert len(table_of(found).rows) == 1
    everything = table_of_all(everything_in(path))
    assert len(everything.rows) == 4
    assert {"chip", "seed", "model.data.noise", "energy_J"} < set(everything.columns)


def test_a_column_of_numbers_and_texts_is_one_of_texts(tmp_path):
    points = [SweepPoint(str(k), (v,), Outcome({"x": 1})) for k, v in enumerate([3, "3 bits", None])]
    write_parquet(tmp_path / "t.parquet", table_of(Sweep("s", "", ("bits",), tuple(points))))
    assert parquet.read_table(tmp_path / "t.parquet").to_pydict()["bits"] == ["3", "3 bits", None]


def test_without_pyarrow_the_command_that_installs_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = Sweep("s", "", ("seed",), ())
    with pytest.raises(NeurohwError, match="parquet: needs pyarrow; pip install pyarrow, or write CSV"):
        write_parquet(tmp_path / "t.parquet", table_of(found))


def test_a_full_disk_is_one_message(tmp_path):
    def fill():
        with store.opened(tmp_path / "r.db") as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
            store.record(connection, "key", {}, Outcome({"x": "y" * 100_000}))

    with pytest.raises(NeurohwError, match=r"cannot be used: database or disk is full; what was written is whole"):
        fill()
    assert everything_in(tmp_path / "r.db") == []


def test_a_device_takes_no_results(tmp_path):
    (tmp_path / "r.db").symlink_to("/dev/null")
    expected = "/dev/null: is a device or a pipe; results are kept in a file; give one with -o"
    with pytest.raises(NeurohwError, match=f"^{expected}$"):
        sweep(write_grid(tmp_path), tmp_path / "r.db", work=instant)
