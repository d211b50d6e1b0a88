"""Build and run jack_probe, the C program that sends MIDI and records audio on JACK."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("jack_probe.c")
_TRIES = 3  # libjack may crash or hang, rarely, where clients come and go
_HUNG = 3  # exit status of a probe that its own alarm ended
_WARNINGS = ("-Wall", "-Wextra", "-Werror")


class ProbeError(RuntimeError):
    """The probe could not be built or did not run to its end."""


@dataclass(frozen=True)
class Note:
    """A note as the probe saw it, in frames of JACK's clock from the start of the recording."""

    sent: int  # frame at which the note-on was sent
    offset: int  # of that frame in its period
    sent_ns: int  # time.monotonic_ns() at which it was handed to JACK
    first: int  # first frame above the floor before the note (-1: none)
    first_loud: int  # the same above the probe's threshold, -80 dBFS
    floor: float  # linear level before the note, 0.0 where it was silent
    disturbed: bool  # JACK skipped frames beside it


@dataclass(frozen=True)
class Run:
    """What a run of the probe counted."""

    rate_hz: float
    period: int
    cycles: int  # periods that the probe saw
    xruns: int  # drop-outs that the server reported
    gaps: int  # places where the frame clock jumped
    gap_frames: int
    late_cycles: int  # periods in which the probe ran after the next one was due
    latest_us: int
    notes: tuple[Note, ...]
    gaps_at: tuple[int, ...] = ()  # frames at which the clock jumped
    xruns_at: tuple[int, ...] = ()  # frames near which the server reported a drop-out

    @property
    def trouble_at(self) -> list[int]:
        """Frames near which sound was lost, in order."""
        return sorted({*self.gaps_at, *self.xruns_at})

    @property
    def bad_periods(self) -> int:
        """Periods with a drop-out: a server reports each once for every client that was late."""
        return bad_periods(self.xruns_at, self.period)


def bad_periods(xruns_at: Sequence[int], period: int) -> int:
    """How many periods drop-outs at these frames belong to."""
    return int(np.count_nonzero(np.diff(sorted(xruns_at)) >= period)) + bool(xruns_at)


def missing() -> str | None:
    """Why the probe cannot be built here, in words, or None."""
    try:
        build()
    except ProbeError as error:
        return str(error)
    return None


def build() -> Path:
    """Compile the probe, once for each version of its source, and return the program.

    Raises:
        ProbeError: there is no C compiler or no libjack to build with.
    """
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rtsynth"
    program = cache / f"jack_probe-{digest}"
    if program.exists():
        return program
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise ProbeError("no C compiler (Debian: apt install gcc)")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        made = Path(folder) / "jack_probe"
        command = [compiler, "-O2", *_WARNINGS, "-o", str(made), str(SOURCE), "-ljack", "-lm"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            if "jack/jack.h" in result.stderr:
                raise ProbeError("no JACK headers (Debian: apt install libjack-jackd2-dev)")
            raise ProbeError(f"jack_probe.c does not compile: {result.stderr.strip()}")
        made.replace(program)
    return program


def command(mode: str, **options: Any) -> list[str]:
    """Command line of the probe; `midi_to="x"` becomes `--midi-to x`, None is left out."""
    line = [str(build()), mode]
    for name, value in options.items():
        if value is not None:
            line += ["--" + name.replace("_", "-"), str(value)]
    return line


def parse(output: str) -> Run:
    """The counts and notes in what the probe printed."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    counts = next((line for line in lines if "rate_hz" in line), None)
    if counts is None:
        raise ProbeError("the probe stopped before it had counted anything")
    notes = tuple(
        Note(
            line["sent"],
            line["offset"],
            line["sent_ns"],
            line.get("first", -1),
            line.get("first_loud", -1),
            line.get("floor", 0.0),
            line["disturbed"],
        )
        for line in lines
        if "note" in line
    )
    fields = ("period", "cycles", "xruns", "gaps", "gap_frames", "late_cycles", "latest_us")
    places = {name: at for line in lines for name, at in line.items() if name.endswith("_at")}
    numbers = {field: int(counts[field]) for field in fields}
    return Run(
        rate_hz=float(counts["rate_hz"]),
        notes=notes,
        gaps_at=tuple(places.get("gaps_at", ())),
        xruns_at=tuple(places.get("xruns_at", ())),
        **numbers,
    )


def run(mode: str, env: Mapping[str, str], **options: Any) -> Run:
    """Run the probe on the server that `env` names, to its end.

    Raises:
        ProbeError: no server, or no port that matches; the text says which.
    """
    line = command(mode, **options)
    for _ in range(_TRIES):
        result = subprocess.run(line, env=dict(env), capture_output=True, text=True, check=False)
        if not _may_try_again(result.returncode):
            break
    _check(result.returncode, result.stderr)
    return parse(result.stdout)


def _may_try_again(status: int) -> bool:
    """Whether a probe ended as libjack made it."""
    return status < 0 or status == _HUNG


def _check(status: int, errors: str) -> None:
    """Raise what a probe said if it failed."""
    if status != 0:
        said = [line for line in errors.splitlines() if line.startswith("jack_probe:")]
        raise ProbeError(said[-1] if said else f"the probe ended with {status}")


class Running:
    """A probe that runs beside this process, connected and counting once this returns.

    Raises:
        ProbeError: no server, or no port that matches.
    """

    def __init__(self, line: Sequence[str], env: Mapping[str, str]) -> None:
        for _ in range(_TRIES):
            self._process = subprocess.Popen(
                line, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
            )
            if self._runs():
                return
            _, errors = self._process.communicate()
            if not _may_try_again(self._process.returncode):
                break
        _check(self._process.returncode, errors.decode())

    def _runs(self) -> bool:
        """Read what it says until it counts, or ends; its alarm sees that it does."""
        assert self._process.stdout is not None
        return any(b'"running"' in said for said in iter(self._process.stdout.readline, b""))

    def wait(self, seconds: float) -> bool:
        """Wait so long; whether it has ended."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def result(self) -> Run:
        """What it counted, once it has ended.

        Raises:
            ProbeError: it did not run to its end.
        """
        output, errors = self._process.communicate()
        _check(self._process.returncode, errors.decode())
        return parse(output.decode())

    def stop(self) -> None:
        """End it, wherever it is."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


@contextmanager
def watching(env: Mapping[str, str], seconds: float) -> Iterator[Running]:
    """An idle client that counts a server's drop-outs."""
    running = Running(command("idle", seconds=seconds), env)
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def playing(
    env: Mapping[str, str],
    events: Sequence[tuple[int, int, int, int]],
    seconds: float,
    **options: Any,
) -> Iterator[Running]:
    """A client that sends events (frame, status, data1, data2) and counts drop-outs."""
    with tempfile.TemporaryDirectory() as folder:
        path = _write_events(Path(folder), events)
        running = Running(command("record", events=path, seconds=seconds, **options), env)
        try:
            yield running
        finally:
            running.stop()


def _write_events(folder: Path, events: Sequence[tuple[int, int, int, int]]) -> Path:
    path = folder / "events.txt"
    path.write_text("".join("{} {} {} {}\n".format(*event) for event in sorted(events)))
    return path


def record(
    env: Mapping[str, str],
    events: Sequence[tuple[int, int, int, int]],
    seconds: float,
    **options: Any,
) -> tuple[Run, NDArray[np.float32]]:
    """Send events (frame, status, data1, data2) and record what comes back, (samples, 2) linear."""
    with tempfile.TemporaryDirectory() as folder:
        list_path, tape_path = _write_events(Path(folder), events), Path(folder) / "tape.f32"
        counts = run("record", env, events=list_path, seconds=seconds, out=tape_path, **options)
        return counts, np.fromfile(tape_path, dtype=np.float32).reshape(-1, 2)
