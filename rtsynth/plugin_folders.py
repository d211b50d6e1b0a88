"""Puts the plugins where hosts look for them, and tells them which program their server is."""

import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from rtsynth import _core
from rtsynth.errors import RtsynthError
from rtsynth.files import write_whole

# A plugin, and the folder below home in which hosts look: on Linux, on macOS.
PLUGINS: Final = {
    "rtsynth.clap": (".clap", "Library/Audio/Plug-Ins/CLAP"),
    "rtsynth.vst3": (".vst3", "Library/Audio/Plug-Ins/VST3"),
    "rtsynth.lv2": (".lv2", "Library/Audio/Plug-Ins/LV2"),
}


def built() -> Path:
    """The folder of the plugins that were built with this rtsynth; it may not be there."""
    return Path(_core.__file__ or "").parent / "plugins"


def places() -> dict[str, Path]:
    """Where each plugin belongs."""
    mac = sys.platform == "darwin"
    return {name: Path.home() / folders[mac] / name for name, folders in PLUGINS.items()}


def server_file() -> Path:
    """One line, the command of the server, as rtsynth/plugin/places.cpp reads it."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    config = Path(given) if given.startswith("/") else Path.home() / ".config"
    return config / "rtsynth" / "server"


def install(source: Path) -> list[Path]:
    """Copy what there is in `source`; returns where it went.

    Hosts that run go on with what they have loaded.

    Raises:
        RtsynthError: there are no plugins, or a folder cannot be written.
    """
    found = [name for name in PLUGINS if (source / name).exists()]
    if not found:
        raise RtsynthError(f"there are no plugins in {source}: make plugin builds them")
    done = []
    for name in found:
        target = places()[name]
        try:
            _replace(source / name, target)
        except OSError as error:
            raise RtsynthError(f"cannot write {target} ({error.strerror or error})") from error
        done.append(target)
    command = shlex.join([sys.executable, "-m", "rtsynth", "serve"])
    try:
        write_whole(server_file(), command + "\n")
    except OSError as error:
        raise RtsynthError(f"cannot write {server_file()} ({error.strerror})") from error
    return done


def remove() -> list[Path]:
    """Take away what install() wrote; returns what was there.

    Raises:
        RtsynthError: it cannot be removed.
    """
    done = []
    for path in (*places().values(), server_file()):
        if not path.exists():
            continue
        try:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError as error:
            raise RtsynthError(f"cannot remove {path} ({error.strerror})") from error
        done.append(path)
    return done


def _replace(source: Path, target: Path) -> None:
    """Put a copy in the place of what is there, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rtsynth-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        if source.is_dir():
            shutil.copytree(source, fresh)
        else:
            shutil.copy2(source, fresh)
        if target.is_dir():
            target.rename(Path(scratch) / "former")
        fresh.rename(target)
