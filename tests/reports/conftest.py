"""The hand-made programs of tests/golden/digital_toy.py."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def toy():
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "golden" / "digital_toy.py")))
