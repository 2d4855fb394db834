"""What processes do that are forked in tests of them."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

MODULES = ("colorsys",)  # one that nothing else imports


def echo(send: Callable[[Any], None], receive: Callable[[], Any], name: str) -> None:
    """Say whether the modules are there already, and then what is heard."""
    send((name, MODULES[0] in sys.modules))
    while True:
        send(receive())


def end(send: Callable[[Any], None], receive: Callable[[], Any], code: int) -> None:
    """End with an exit code."""
    sys.exit(code)


def sleep(send: Callable[[Any], None], receive: Callable[[], Any]) -> None:
    """Be busy for long."""
    send("asleep")
    time.sleep(600)


def nothing(send: Callable[[Any], None], receive: Callable[[], Any]) -> None:
    """End at once."""


def write(send: Callable[[Any], None], receive: Callable[[], Any]) -> None:
    """Leave a temporary file, say where, and go on."""
    send(tempfile.mkstemp()[1])
    receive()


def chatter(send: Callable[[Any], None], receive: Callable[[], Any]) -> None:
    """Say something all the time."""
    while True:
        send("again")
