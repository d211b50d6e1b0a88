"""Build plugin_probe.c and play blocks with it, a plugin's and the core's: no Python between."""

import ctypes
import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtsynth._core import Engine
from tests import clap_abi as abi
from tests.clap_host import Plugin, Prepared

SOURCE = Path(__file__).with_suffix(".c")


@cache
def library() -> ctypes.CDLL:
    """The probe, compiled once for each version of its source.

    Raises:
        RuntimeError: there is no C compiler, or it does not compile.
    """
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rtsynth"
    built = folder / f"plugin_probe-{digest}.so"
    if not built.exists():
        compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise RuntimeError("no C compiler (Debian: apt install gcc)")
        folder.mkdir(parents=True, exist_ok=True)
        made = built.with_suffix(f".{os.getpid()}")
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(made), str(SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"plugin_probe.c does not compile: {done.stderr.strip()}")
        made.replace(built)
    return ctypes.CDLL(str(built))


class PluginBlocks:
    """Blocks of an instance that processes, without events."""

    def __init__(self, plugin: Plugin, samples: int) -> None:
        self._plugin = plugin
        self._block = Prepared(np.zeros((2, samples), np.float32), [])
        empty = ctypes.cast(library().no_events, dict(abi.InputEvents._fields_)["size"])
        self._block.inputs.size = empty

    def times_ms(self, count: int) -> NDArray[np.float64]:
        """Processor time of so many blocks, each."""
        took = np.zeros(count, np.int64)
        process = ctypes.cast(self._plugin.calls.process, ctypes.c_void_p)
        status = library().play_plugin(
            process, ctypes.c_void_p(self._plugin.address),
            ctypes.byref(self._block.structure), count, _address(took),
        )  # fmt: skip
        if status == abi.ERROR:
            raise RuntimeError("the plugin does not process")
        return took * 1e-6

    @property
    def sound(self) -> NDArray[np.float32]:
        """The last block: (2, samples)."""
        return self._block.sound


class CoreBlocks:
    """Blocks of an engine that no device plays."""

    def __init__(self, engine: Engine, samples: int) -> None:
        self._engine, self._samples = engine, samples
        self.sound = np.zeros((samples, 2), np.float32)

    def times_ms(self, count: int) -> NDArray[np.float64]:
        """Processor time of so many blocks, each."""
        took = np.zeros(count, np.int64)
        library().play_core(
            ctypes.c_void_p(self._engine.callback_address()),
            ctypes.c_void_p(self._engine.user_data()),
            _address(self.sound), self._samples, count, _address(took),
        )  # fmt: skip
        return took * 1e-6


def _address(values: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(values.ctypes.data)
