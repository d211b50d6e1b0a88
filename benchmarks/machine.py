"""The machine and the programs that figures were measured on."""

import os
import platform
import re
import shutil
import subprocess
import time
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = ("numpy", "onnxruntime")


def machine() -> dict[str, Any]:
    """What a report is measured on; `load_1min` and `date` are of this moment."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "cpu": _cpu_info("model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "virtual": "hypervisor" in (_cpu_info("flags") or ""),
        "python": platform.python_version(),
        "load_1min": round(load, 2),
        "date": time.strftime("%Y-%m-%d %H:%M"),
    }


@lru_cache
def versions() -> dict[str, str]:
    """Versions of rtsynth, of its peers and of what it stands on; "-": not installed."""
    found = {"rtsynth": f"{_package('rtsynth')} ({_commit()})"}
    found["FluidSynth"] = _said(("fluidsynth", "--version"), r"version (\S+)")
    found["JACK"] = _said(("jackd", "--version"), r"version (\S+)")
    return found | {name: _package(name) for name in _PACKAGES}


def memory_mb() -> float:
    """Memory of the machine in MB, 0.0 where it is not told."""
    if not hasattr(os, "sysconf"):
        return 0.0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20


def realtime_allowed() -> bool:
    """Whether this process may run threads under SCHED_FIFO."""
    if not hasattr(os, "sched_setscheduler"):
        return False
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except OSError:
        return False
    os.sched_setscheduler(0, *before)
    return True


def _cpu_info(name: str) -> str | None:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith(name):
                return line.split(":", 1)[1].strip()
    return None


def _package(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "-"


def _commit() -> str:
    text = _said(("git", "-C", str(_ROOT), "describe", "--always", "--dirty"), r"(\S+)")
    return "no git" if text == "-" else text


def _said(command: tuple[str, ...], pattern: str) -> str:
    if shutil.which(command[0]) is None:
        return "-"
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(pattern, result.stdout)
    return found.group(1) if found else "-"
