"""Where plugins in tests find their server: a folder of their own, this Python, its own log."""

import shlex
import sys
from pathlib import Path

COMMAND = shlex.join([sys.executable, "-m", "rtsynth", "serve"])


def server_env(folder: Path) -> dict[str, str]:
    """What a host's environment needs for a server of the test's own."""
    return {
        "RTSYNTH_SERVER": COMMAND,
        "RTSYNTH_RUNTIME_DIR": str(folder / "run"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "OMP_NUM_THREADS": "1",
    }
