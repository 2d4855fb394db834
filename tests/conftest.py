"""Property tests draw the same examples in every run, a cold kernel may take its time; the command line in tests."""

import sys

import pytest
from hypothesis import settings

from neurohw import cli

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


@pytest.fixture
def neurohw(capsys, monkeypatch, work):
    """Call the command line in the folder `work`: (exit code, standard output, standard error)."""
    monkeypatch.chdir(work)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["neurohw", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        return end.value.code or 0, out, err

    return call


@pytest.fixture
def refused(neurohw):
    """The message of a command that must fail: exit code 1, nothing else on standard error, no traceback."""

    def call(*arguments):
        code, _, err = neurohw(*arguments)
        assert code == 1
        assert err.startswith("neurohw: ")
        assert "Traceback" not in err
        return err.removeprefix("neurohw: ").removesuffix("\n")

    return call
