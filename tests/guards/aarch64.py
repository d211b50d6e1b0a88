"""The kernels' results on another processor, ARM under QEMU: the same bits as on this one."""

import shutil
import sys
from pathlib import Path

from tests.guards import trees

NATIVE = "tests/core_bits"  # in the plain tree
TARGET = ("-target", "aarch64-linux-musl", "-static", "-O2")
SOURCES = ("rtsynth/core/kernels.cpp", "tests/core/bits.cpp")
EMULATORS = ("qemu-aarch64", "qemu-aarch64-static")


def build(source: Path, target: Path) -> Path:
    """Compile the kernels of a copy of the repository for ARM, with CMake's own `-f` options.

    Raises:
        GuardError: it does not compile.
    """
    commands = trees.PLAIN.compilations()
    kernels = next(command for name, command in commands.items() if "kernels.cpp" in name)
    options = [word for word in kernels if word.startswith(("-f", "-std="))]
    files = [str(source / name) for name in SOURCES]
    include = ["-I", str(source / "rtsynth" / "core")]
    zig = [sys.executable, "-m", "ziglang", "c++", *TARGET]
    trees.call([*zig, *options, *include, *files, "-o", str(target)])
    return target


def compare(native: Path, arm: Path) -> str:
    """The hash that every set of kernels has, here and on ARM.

    Raises:
        GuardError: one has another, or there is no emulator.
    """
    emulator = next(filter(None, map(shutil.which, EMULATORS)), None)
    if emulator is None:
        raise trees.GuardError("no qemu-aarch64: run 'make guards', which installs it")
    hashes = {}
    for where, command in (("here", [str(native)]), ("ARM", [emulator, str(arm)])):
        for line in trees.call(command).splitlines():
            name, value = line.split()
            hashes[f"{name} {where}"] = value
    if len(set(hashes.values())) != 1:
        raise trees.GuardError(f"the kernels' bits differ: {hashes}")
    return f"{', '.join(hashes)}: {next(iter(hashes.values()))}"


def run() -> str:
    """Compare this tree's; the plain tree is built.

    Raises:
        GuardError: the bits differ.
    """
    return compare(trees.PLAIN.path / NATIVE, build(trees.ROOT, trees.BUILD / "bits_aarch64"))


if __name__ == "__main__":
    try:
        print(compare(Path(sys.argv[1]), Path(sys.argv[2])))
    except trees.GuardError as error:
        sys.exit(f"aarch64: {error}")
