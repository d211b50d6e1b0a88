"""Builds of the core and its tests, one for each guard, and parts of them built anew elsewhere."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "guards"
JOBS = os.cpu_count() or 1
# One C++ library for all, g++'s, as its headers are there anyway.
CLANG_FLAGS = "-O1 -stdlib=libstdc++"
CLANG_LINK = "--unwindlib=libgcc --rtlib=compiler-rt"
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=0:second_deadlock_stack=1",
    "RTSAN_OPTIONS": "halt_on_error=1",
}


class GuardError(Exception):
    """A guard could not do its work, or found something."""


@dataclass(frozen=True)
class Tree:
    """A CMake build of the core's tests."""

    name: str
    sanitize: str = ""  # -fsanitize=...; empty: g++, as `make test` builds it
    fuzzers: bool = False

    @property
    def path(self) -> Path:
        """Where it is built."""
        return ROOT / "build" / "core-tests" if self.name == "plain" else BUILD / self.name

    def build(self) -> None:
        """Configure and build what changed."""
        options = ["-DRTSYNTH_TESTS=ON", "-DRTSYNTH_PYTHON=OFF"]
        if self.sanitize:
            options += [
                "-DCMAKE_BUILD_TYPE=Guard",
                f"-DCMAKE_CXX_COMPILER={clang()}",
                f"-DCMAKE_CXX_FLAGS={CLANG_FLAGS}",
                f"-DCMAKE_EXE_LINKER_FLAGS={CLANG_LINK}",
                f"-DRTSYNTH_SANITIZE={self.sanitize}",
                f"-DRTSYNTH_FUZZ={'ON' if self.fuzzers else 'OFF'}",
            ]
        else:
            options += ["-DCMAKE_BUILD_TYPE=Release"]
        cache = self.path / "CMakeCache.txt"
        if self.sanitize and cache.exists() and clang() not in cache.read_text():
            options.append("--fresh")  # CMake would forget the options with the other compiler
        source = ["-S", str(ROOT / "rtsynth" / "core"), "-B", str(self.path)]
        options += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={tool('ninja')}"]
        call([tool("cmake"), *source, *options])
        call([tool("cmake"), "--build", str(self.path)])

    @cache  # noqa: B019
    def dependencies(self) -> dict[str, set[str]]:
        """Files that each object was made of, by the object's path in the tree."""
        found: dict[str, set[str]] = {}
        current: set[str] = set()
        for line in call([tool("ninja"), "-C", str(self.path), "-t", "deps"]).splitlines():
            if line.startswith("    "):
                current.add(str((self.path / line.strip()).resolve()))
            elif ":" in line:
                current = found.setdefault(line.split(":")[0], set())
        return found

    @cache  # noqa: B019
    def compilations(self) -> dict[str, list[str]]:
        """The command that makes each object."""
        text = (self.path / "compile_commands.json").read_text()
        return {
            command[command.index("-o") + 1]: command
            for command in (shlex.split(each["command"]) for each in json.loads(text))
        }

    @cache  # noqa: B019
    def link_command(self, program: str) -> list[str]:
        """The command that links a program."""
        commands = call([tool("ninja"), "-C", str(self.path), "-t", "commands", program])
        line = commands.splitlines()[-1]
        return shlex.split(line.removeprefix(": && ").split(" && ")[0])

    def rebuild(self, copy: Path, changed: str, program: str, tests: tuple[str, ...] = ()) -> Path:
        """Link `program` from this tree's objects and those that `changed` makes different.

        Args:
            copy: a folder with rtsynth/core and tests/core in which a file was changed.
            changed: that file, from the folder.
            program: its path in the tree.
            tests: of the core's tests only these files; none: all.

        Raises:
            GuardError: it does not compile.
        """
        objects = [o for o in self.dependencies() if _belongs(o, program, tests)]
        stale = [o for o in objects if str(ROOT / changed) in self.dependencies()[o]]
        if not stale:
            raise GuardError(f"nothing of {program} is made of {changed}")
        with ThreadPoolExecutor(JOBS) as pool:
            made = dict(zip(stale, pool.map(lambda o: self._compile(o, copy), stale), strict=True))
        command: list[str] = []
        for word in self.link_command(program):
            if word.endswith("librtcore.a"):
                core = [o for o in objects if "rtcore.dir" in o]
                command += [made.get(o, o) for o in core]
            elif not word.endswith(".o") or word in objects:
                command.append(made.get(word, word))
        target = copy / Path(program).name
        command[command.index("-o") + 1] = str(target)
        call(command, cwd=self.path)
        return target

    def _compile(self, name: str, copy: Path) -> str:
        target = copy / "objects" / name.replace("/", "_")
        target.parent.mkdir(exist_ok=True)
        command = list(self.compilations()[name])
        for folder in ("rtsynth/core", "tests/core"):
            command = [word.replace(str(ROOT / folder), str(copy / folder)) for word in command]
        command = [word for word in command if word not in {"-MD", "-MMD"}]
        command[command.index("-o") + 1] = str(target)
        for option in ("-MF", "-MT"):
            if option in command:
                at = command.index(option)
                del command[at : at + 2]
        call(command, cwd=self.path)
        return str(target)


def _belongs(name: str, program: str, tests: tuple[str, ...]) -> bool:
    if f"{Path(program).name.partition('.')[0]}.dir" not in name:
        return "rtcore.dir" in name or "realtime_watch.dir" in name
    file = Path(name).name.removesuffix(".o")
    return not tests or file in {"main.cpp", *tests} or not file.startswith("test_")


PLAIN = Tree("plain")
THREAD = Tree("thread", "thread")
REALTIME = Tree("realtime", "realtime")
ADDRESS = Tree("address", "address,undefined,float-cast-overflow,fuzzer-no-link", fuzzers=True)
TREES = {tree.name: tree for tree in (PLAIN, THREAD, REALTIME, ADDRESS)}


def tool(name: str) -> str:
    """A program that came with this Python's packages, or is in the path.

    Raises:
        GuardError: there is none.
    """
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise GuardError(f"no {name}: run 'make guards', which installs it")
    return found


@cache
def clang() -> str:
    """A clang++ with the runtimes of its sanitizers: $CLANG.

    Raises:
        GuardError: there is none, or it is too old for RealtimeSanitizer.
    """
    found = shutil.which(os.environ.get("CLANG", "clang++"))
    if found is None:
        raise GuardError(
            "no clang++: run 'make guards', or set CLANG to one of version 20 or later"
        )
    version = call([found, "-dumpversion"]).split(".")[0]
    if int(version) < 20:
        raise GuardError(f"{found} is version {version}: RealtimeSanitizer needs 20 or later")
    return found


def call(command: list[str], cwd: Path = ROOT, timeout_s: float | None = None) -> str:
    """Output of a command that must succeed.

    Raises:
        GuardError: it failed; the message ends with what it printed.
    """
    code, text = outcome(command, cwd, timeout_s)
    if code != 0:
        raise GuardError(f"{shlex.join(command)[:120]} failed ({code}):\n{text[-6000:]}")
    return text


def outcome(
    command: list[str],
    cwd: Path = ROOT,
    timeout_s: float | None = None,
    more: dict[str, str] | None = None,
) -> tuple[int | None, str]:
    """Exit code (None: it ran out of time) and output of a command."""
    environment = {**os.environ, **SANITIZER_OPTIONS, **(more or {})}
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=timeout_s, check=False, errors="replace", text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        text = late.stdout or b""
        return None, text if isinstance(text, str) else text.decode(errors="replace")
    return done.returncode, done.stdout
