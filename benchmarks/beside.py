"""What runs beside an instrument while it is measured: nothing, busy cores, a page, a trainer."""

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks import jackserver

IDLE: Final = "idle"
BUSY: Final = "busy cores"
PAGE: Final = "a page"
TRAINER: Final = "a trainer"
_ROOT: Final = Path(__file__).resolve().parents[1]
_ESTABLISHED: Final = "01"  # in /proc/net/tcp
_OPEN_LIMIT_S: Final = 30.0
_LOOP: Final = "while True: pass"
_START_S: Final = {PAGE: 4.0, TRAINER: 8.0}  # until it works
_STEPS: Final = """
import torch
from torch import nn
net = nn.Sequential(nn.Conv1d(161, 256, 5, padding=2), nn.GELU(), nn.Conv1d(256, 256, 5, padding=2),
                    nn.GELU(), nn.Conv1d(256, 161, 5, padding=2))
steps = torch.optim.Adam(net.parameters())
while True:
    frames = torch.randn(48, 161, 64)
    steps.zero_grad()
    (net(frames) - frames).abs().mean().backward()
    steps.step()
"""


class MissingError(RuntimeError):
    """This cannot run here; the text says why."""


@contextmanager
def running(what: str, port: int | None = None) -> Iterator[str]:
    """Run it until the end of the `with`; gives words for what really runs.

    A page is that of the instrument that is measured, on `port`, or of one beside it.

    Raises:
        MissingError: it is not installed here.
    """
    with ExitStack() as stack:
        words = what
        if what == BUSY:
            count = len(jackserver.cores())
            for _ in range(count):
                _start(stack, [sys.executable, "-c", _LOOP])
            words = f"{count} Python loops on {count} cores"
        elif what == PAGE:
            words = _start_page(stack, port)
        elif what == TRAINER:
            words = _start_trainer(stack)
        time.sleep(_START_S.get(what, 0.0))
        yield words


def _start(stack: ExitStack, line: Sequence[str]) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        line, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def _start_page(stack: ExitStack, port: int | None) -> str:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise MissingError("no browser (Debian: apt install chromium)")
    whose = "its own page"
    if port is None:
        port, whose = free_port(), "the page of an rtsynth that plays into nothing"
        quiet = ["--backend", "null", "--no-disk-cache", *page_options(port)]
        _start(stack, [sys.executable, "-m", "rtsynth", *quiet])
    _wait(f"no page on port {port}", lambda: _answers(port))
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
    process = _start(
        stack,
        [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio",
         "--window-size=1280,800", f"--user-data-dir={folder / 'profile'}",
         "--remote-debugging-port=0", f"http://127.0.0.1:{port}/"],
    )  # fmt: skip
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)  # so that it ends its own children
    _wait("Chromium did not open the page", lambda: _connections(port) > 0)
    return f"Chromium with {whose}: levels and spectrogram, 30 pictures a second"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])


def page_options(port: int) -> tuple[str, ...]:
    """What lets rtsynth serve its page on a port, with no browser of its own."""
    return "--ui", "--no-browser", "--ui-port", str(port)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


def _connections(port: int) -> int:
    """Connections that are open on a port of the loopback (Linux)."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == _ESTABLISHED for row in rows)


def _wait(trouble: str, condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + _OPEN_LIMIT_S
    while not condition():
        if time.monotonic() > until_s:
            raise RuntimeError(trouble)
        time.sleep(0.1)


def _start_trainer(stack: ExitStack) -> str:
    data = _ROOT / "data"
    if data.is_dir():
        out = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        line = [sys.executable, "-m", "training.train", "--data", str(data)]
        process = _start(stack, [*line, "--out", str(Path(out) / "run"), "--minutes", "10"])
        time.sleep(5.0)
        if process.poll() is None:
            return "training.train on data/"
    if importlib.util.find_spec("torch") is None:
        raise MissingError("torch is not installed: pip install -e '.[train]'")
    _start(stack, [sys.executable, "-c", _STEPS])
    return "training steps of a convolutional network in torch, on noise (no data set here)"
