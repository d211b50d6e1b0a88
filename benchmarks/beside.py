"""What runs beside an instrument while it is measured: nothing, busy cores, a page, a trainer."""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks import jackserver

IDLE: Final = "idle"
BUSY: Final = "busy cores"
PAGE: Final = "a page"
TRAINER: Final = "a trainer"
_ROOT: Final = Path(__file__).resolve().parents[1]
_LOOP: Final = "while True: pass"
_START_S: Final = {PAGE: 4.0, TRAINER: 8.0}  # until it works
_PAGE: Final = """<!doctype html><canvas id=c width=1200 height=800></canvas><script>
const sound = new AudioContext(), tone = sound.createOscillator();
tone.connect(sound.createAnalyser()).connect(sound.destination); tone.start();
const draw = document.getElementById("c").getContext("2d");
function paint(t) {
  for (let i = 0; i < 3000; i++) {
    draw.fillStyle = `hsl(${(t / 9 + i) % 360} 80% 50%)`;
    draw.fillRect((i * 37 + t) % 1200, (i * 53) % 800, 9, 9);
  }
  requestAnimationFrame(paint);
}
requestAnimationFrame(paint);
</script>"""
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
def running(what: str) -> Iterator[str]:
    """Run it until the end of the `with`; gives words for what really runs.

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
            words = _start_page(stack)
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


def _start_page(stack: ExitStack) -> str:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise MissingError("no browser (Debian: apt install chromium)")
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
    (folder / "page.html").write_text(_PAGE)
    process = _start(
        stack,
        [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio",
         "--autoplay-policy=no-user-gesture-required", f"--user-data-dir={folder / 'profile'}",
         "--remote-debugging-port=0", (folder / "page.html").as_uri()],
    )  # fmt: skip
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)  # so that it ends its own children
    return "Chromium with a page that draws all the time and plays a tone"


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
