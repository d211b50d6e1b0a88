"""The plugins that tests load: built once a run, in build/plugin, from the sources as they are."""

import os
from functools import cache
from pathlib import Path

from tests.guards.trees import ROOT, call, tool


@cache
def plugin(file: str, target: str) -> Path:
    """The path of a built plugin, such as `rtsynth.clap`; `target` is CMake's name for it.

    RTSYNTH_PLUGINS names a folder with plugins that were built elsewhere, such as those of a wheel.
    """
    elsewhere = os.environ.get("RTSYNTH_PLUGINS")
    if elsewhere:
        return Path(elsewhere) / file
    folder = ROOT / "build" / "plugin"
    options = [
        "-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={tool('ninja')}", "-DCMAKE_BUILD_TYPE=Release",
        "-DRTSYNTH_PLUGIN=ON", "-DRTSYNTH_PYTHON=OFF", f"-DRTSYNTH_PLUGIN_DIR={folder}",
    ]  # fmt: skip
    call([tool("cmake"), "-S", str(ROOT / "rtsynth" / "core"), "-B", str(folder), *options])
    call([tool("cmake"), "--build", str(folder), "--target", target])
    return folder / file
