"""Writing: a file is there whole or not at all, links stay, devices and pipes are written through."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from support.toys import TINY

from neurohw.errors import NeurohwError
from neurohw.writing import place_problems, write_text

LONG = "x" * 1_000_000  # more than a pipe holds


def test_text_is_written_in_utf8(tmp_path):
    write_text(tmp_path / "text", "3 µJ\n")
    assert (tmp_path / "text").read_bytes() == "3 µJ\n".encode()


class Full:
    """A file on a disk that is full after `space` bytes."""

    def __init__(self, file, space):
        self._file, self._space = file, space

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def write(self, data):
        self._file.write(bytes(data)[: self._space])
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full_disk(monkeypatch):
    opened = os.fdopen
    monkeypatch.setattr(os, "fdopen", lambda *arguments: Full(opened(*arguments), 100))


FULL = "the disk is full; nothing was written; free some space and run the command again"


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(NeurohwError) as error:
        write_text(path, "x" * 1000)
    assert str(error.value) == f"{path}: {FULL}"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_no_part_of_a_new_file(tmp_path):
    with pytest.raises(NeurohwError) as error:
        write_text(tmp_path / "text", "x" * 1000)
    assert str(error.value) == f"{tmp_path / 'text'}: {FULL}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize(
    ("code", "text"),
    [
        (errno.ENOSPC, FULL),
        (errno.EDQUOT, FULL),
        (errno.EIO, "cannot be written: Input/output error; choose another place"),
    ],
)
def test_a_failure_at_any_step_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call, code, text):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(NeurohwError) as error:
        write_text(path, "new")
    assert str(error.value) == f"{path}: {text}"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    write_text(path, "x")
    assert path.read_text() == "x"


def test_a_folder_that_cannot_be_made_or_written_is_explained(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    for path, reason in ((tmp_path / "file" / "sub", "Not a directory"), (tmp_path, "Is a directory")):
        with pytest.raises(NeurohwError) as error:
            write_text(path, "y")
        assert str(error.value) == f"{path}: cannot be written: {reason}; choose another place"

    def refuse(**_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(NeurohwError, match="cannot be written: Permission denied; choose another place"):
        write_text(tmp_path / "new", "y")


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_file_has_the_permissions_that_the_user_gives_new_files(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "file", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


# links


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "file", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(Path("real") / "file")
    write_text(link, "new")
    assert (link.is_symlink(), target.read_text()) == (True, "new")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "link", "real"]


def test_a_link_to_a_file_that_is_not_there_yet_makes_it(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "folder" / "file")
    write_text(link, "new")
    assert (link.is_symlink(), (tmp_path / "folder" / "file").read_text()) == (True, "new")


def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    expected = f"{tmp_path / 'a'}: cannot be written: {os.strerror(errno.ELOOP)}; choose another place"
    assert refusal(tmp_path / "a") == expected
    assert (tmp_path / "a").is_symlink()


def test_a_folder_that_is_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_text(tmp_path / "link" / "file", "new")
    assert ((tmp_path / "link").is_symlink(), (tmp_path / "real" / "file").read_text()) == (True, "new")


# devices and pipes


def refusal(path):
    with pytest.raises(NeurohwError) as error:
        write_text(path, LONG)
    return str(error.value)


def test_a_pipe_is_written_through(tmp_path):
    path, found = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: found.append(path.read_text()))
    reader.start()
    write_text(path, LONG)
    reader.join(10)
    assert found == [LONG]
    assert path.is_fifo()
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_that_its_reader_closes_is_explained(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: path.open("rb").close())
    reader.start()
    assert refusal(path) == f"{path}: cannot be written: Broken pipe; choose another place"
    reader.join(10)


def test_a_device_stays_a_device():
    before = os.stat(os.devnull)
    write_text(Path(os.devnull), "x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert os.stat(os.devnull).st_ino == before.st_ino


def test_a_full_device_is_explained():
    assert refusal(Path("/dev/full")) == f"/dev/full: {FULL}"


def test_a_disk_is_not_written_over(tmp_path, monkeypatch):
    path = tmp_path / "disk"
    path.write_text("old")
    disk = os.stat_result((stat.S_IFBLK | 0o660, *os.stat(path)[1:]))
    monkeypatch.setattr(os, "stat", lambda *_, **__: disk)
    assert refusal(path) == f"{path}: cannot be written: it is a disk; choose another place"
    assert path.read_text() == "old"


def in_a_process(code, **streams):
    start = "import sys; from pathlib import Path; from neurohw.writing import write_text; "
    return subprocess.run([sys.executable, "-c", start + code], text=True, timeout=120, **streams)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_through_in_the_order_of_what_is_said(name, tmp_path):
    (tmp_path / "link").symlink_to(name)
    code = "print('a'); write_text(Path(sys.argv[1]), 'b\\n'); print('c')"
    for path in (name, str(tmp_path / "link")):
        done = in_a_process(code.replace("sys.argv[1]", repr(path)), capture_output=True)
        assert (done.stdout, done.stderr, done.returncode) == ("a\nb\nc\n", "", 0)
    assert os.path.lexists(name)


def test_standard_output_into_a_file_keeps_what_was_said_before_and_after(tmp_path):
    with (tmp_path / "out").open("w") as file:
        in_a_process("print('a'); write_text(Path('/dev/stdout'), 'b\\n'); print('c')", stdout=file, check=True)
    assert (tmp_path / "out").read_text() == "a\nb\nc\n"


def test_the_command_line_writes_json_to_standard_output_and_leaves_the_device_there(tmp_path):
    before = os.lstat("/dev/stdout")
    command = [sys.executable, "-m", "neurohw.cli", "compare", "clapp_host", "--on", "loihi2", "--json", "/dev/stdout"]
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "clapp_host.yaml").write_text(TINY)
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = done.stdout[done.stdout.index("{\n") : done.stdout.rindex("}\n") + 2]
    assert json.loads(text)["schema"].startswith("neurohw.comparison/")
    assert os.lstat("/dev/stdout") == before


# before long work


def test_places_are_looked_at_before_long_work(tmp_path):
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "new")
    fine = [Path(os.devnull), Path("/dev/stdout"), tmp_path / "pipe", tmp_path / "file", tmp_path / "a" / "b"]
    assert place_problems([*fine, Path(os.devnull)]) == []
    wrong = [tmp_path, tmp_path / "file" / "below", tmp_path / "link", tmp_path / "new"]
    assert list(map(str, place_problems(wrong))) == [
        f"{tmp_path / 'link'}: is asked for twice; give each its own file",
        f"{tmp_path / 'new'}: is asked for twice; give each its own file",
        f"{tmp_path}: is a folder; give the name of a file",
        f"{tmp_path / 'file' / 'below'}: cannot be written: {tmp_path / 'file'} takes no files; write elsewhere",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link", "pipe"]


@pytest.mark.parametrize("path", ["/proc/new.json", "/sys/new.json"])
def test_a_folder_that_takes_no_files_is_known_before_whoever_asks(path):
    folder = Path(path).parent
    expected = f"{path}: cannot be written: {folder} takes no files; write elsewhere"
    assert list(map(str, place_problems([Path(path)]))) == [expected]
    assert "cannot be written" in refusal(Path(path))
