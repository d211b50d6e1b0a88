"""Effects run in a process of their own: what they do to it is one line for who renders."""

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import run_cli

from rtsynth.errors import RtsynthError
from rtsynth.fx.board import BLOCK, Board
from rtsynth.fx.worker import Worker

pytest.importorskip("pedalboard")
RATE_HZ = 48_000
ENDS = "raise(SIGSEGV)"
FLUSHES = "__builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040)"  # FTZ and DAZ
SOURCE = """
#include <signal.h>
__attribute__((constructor)) static void begin(void) { DOES; }
"""
MACHINE = f"{os.uname().machine}-linux"


@pytest.fixture
def bad_plugin(tmp_path: Path) -> Callable[[str], Path]:
    """A VST3 plugin that is none, and does something as it is loaded."""

    def one(does: str) -> Path:
        folder = tmp_path / "bad.vst3" / "Contents" / MACHINE
        folder.mkdir(parents=True)
        source = tmp_path / "bad.c"
        source.write_text(SOURCE.replace("DOES", does))
        compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
        command = [compiler, "-shared", "-fPIC", "-o", folder / "bad.so", source]
        subprocess.run(command, check=True)
        return tmp_path / "bad.vst3"

    return one


def silence() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.zeros((2, BLOCK), np.float32)


def test_a_plugin_that_crashes_as_it_is_loaded_is_named(bad_plugin: Callable[[str], Path]) -> None:
    path = bad_plugin(ENDS)
    with pytest.raises(RtsynthError, match=r"bad\.vst3 crashed as it was loaded \(SIGSEGV\)"):
        Board(f"Gain(), {path}", RATE_HZ)


def test_an_effect_that_crashes_while_it_plays_is_one_line() -> None:
    worker = Worker("Gain()", RATE_HZ, BLOCK)
    assert worker.run(silence()).shape == (2, BLOCK)
    os.kill(worker._process.pid, signal.SIGSEGV)
    with pytest.raises(RtsynthError, match=r"an effect crashed \(SIGSEGV\)") as found:
        worker.run(silence())
    assert "\n" not in str(found.value)
    worker.close()


def test_a_render_whose_plugin_crashes_leaves_no_file(
    make_song: Callable[..., Path], tmp_path: Path, tiny: Path,
    bad_plugin: Callable[[str], Path],
) -> None:  # fmt: skip
    song, out = make_song([(0.0, 60, 100, 0.1)]), tmp_path / "a.wav"
    found = run_cli("render", song, out, "--instrument", tiny, "--fx", str(bad_plugin(ENDS)))
    assert found.returncode == 1
    assert found.stderr.startswith("rtsynth: --fx: ")
    assert found.stderr.count("\n") == 1
    assert not out.exists()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the plugin sets x86's MXCSR")
def test_numbers_are_rounded_as_before(bad_plugin: Callable[[str], Path]) -> None:
    script = f"""
from rtsynth.errors import RtsynthError
from rtsynth.fx.board import Board
import numpy as np
try:
    Board({str(bad_plugin(FLUSHES))!r}, {RATE_HZ})
except RtsynthError as error:
    print(error)
print(np.finfo(np.float32).tiny * np.float32(0.5) > 0)
"""  # in a process of its own: plugins of other tests may have changed this one's
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    refusal, rounds = done.stdout.splitlines()
    assert "cannot load bad.vst3" in refusal
    assert rounds == "True"


def test_the_process_ends_with_the_board() -> None:
    worker = Worker("Gain()", RATE_HZ, BLOCK)
    worker.close()
    assert worker._process.returncode == 0
    worker.close()
