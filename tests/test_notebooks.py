"""The notebooks: they run from any folder within their time and end with a picture; git holds them without outputs."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import neurohw as nh

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
SECONDS = 180  # of one notebook's processor, which other work on the machine does not lengthen as it does the time
HANGS = 1200
COMPILING = 3600  # of all kernels, once, on a slow machine


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_five_in_order():
    assert [path.stem.split("_")[0] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_git_holds_has_no_traces_of_a_run(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert not any(cell.metadata for cell in notebook.cells)
    for cell in code_cells(notebook):
        assert (cell.outputs, cell.execution_count) == ([], None), f"strip the outputs of {path.name}"


@pytest.fixture(scope="module")
def compiled():
    """Numba's kernels, compiled and cached on the disk, so that a notebook's time is its own."""
    model = nh.load_model("clapp_moved_digits")
    nh.simulate(nh.compile(model, nh.load_target("loihi2")), fixations=2)
    nh.compare(model, [nh.load_target("loihi2"), nh.load_target("xbar_pcm_hermes")], fixations=200)


def spent():
    """Seconds that ended child processes have computed for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
@pytest.mark.timeout(COMPILING)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_in_time_and_ends_with_a_picture(path, tmp_path, compiled):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    before = spent()
    asyncio.run(asyncio.wait_for(client.async_execute(), HANGS))
    assert spent() - before < SECONDS
    last = code_cells(notebook)[-1]
    assert any("image/png" in output.get("data", {}) for output in last.outputs)
