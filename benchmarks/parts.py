"""The benchmarks that make up the report, each a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import machine

ROOT: Final = Path(__file__).resolve().parents[1]
_KILL_S: Final = 10.0


@dataclass(frozen=True)
class Part:
    """A benchmark: its file in benchmarks/, what it answers, and how it is called."""

    name: str
    title: str
    about: str
    options: tuple[str, ...] = ()
    quick: tuple[str, ...] = ("--quick",)
    timed: bool = False  # takes --minutes
    limit_s: float = 600.0  # beside its minutes

    def command(self, folder: Path, quick: bool, minutes: float) -> list[str]:
        """The line that runs it and writes its JSON and, where it draws one, its picture."""
        known = _help(self.name)
        line = [sys.executable, f"benchmarks/{self.name}.py"]
        line += [word for word in (self.quick if quick else self.options) if _fits(word, known)]
        if self.timed:
            line += ["--minutes", f"{minutes:g}"]
        for option, suffix in (("--json", "json"), ("--plot", "png")):
            if option in known:
                line += [option, str(folder / f"{self.name}.{suffix}")]
        return line

    def shown_command(self, quick: bool, minutes: float) -> str:
        """The same for people, without the files it writes."""
        words = self.command(Path(), quick, minutes)[1:]
        drop = {i for i, word in enumerate(words) if word in ("--json", "--plot")}
        drop |= {i + 1 for i in drop}
        return " ".join(["python", *(word for i, word in enumerate(words) if i not in drop)])


PARTS: Final = (
    Part(
        "voices",
        "Notes a core sustains",
        "The same held notes rendered without a device by rtsynth and by FluidSynth (no effects), "
        "in slices by turns; CPU time of each block. The number is where its 95th percentile "
        "reaches the block's length.",
    ),
    Part(
        "polyphony",
        "Notes held live on JACK",
        "Both synthesisers on JACK servers of their own at period 64, the same notes sent by the "
        "same probe; drop-outs while they are held, beside those of an idle client on a second "
        "server. Busy: both cores loaded and, for rtsynth, a Python loop in its process.",
        limit_s=900.0,
    ),
    Part(
        "latency",
        "Note-on to sound",
        "Stage by stage in the core (a virtual clock), then on JACK from outside: notes at random "
        "offsets, beside FluidSynth; on an idle machine, with both cores busy, beside a page in a "
        "browser, beside a trainer.",
        limit_s=900.0,
    ),
    Part(
        "generator",
        "The generator",
        "Frames made by the network in ONNX Runtime against the time that they sound.",
        quick=("--pages", "300", "--turns", "2"),
    ),
    Part(
        "keyboard",
        "First chunks of the whole keyboard",
        "From start, and after a new timbre.",
        quick=("--runs", "1"),
    ),
    Part("moving", "A timbre that moves", "Under 64 held voices.", quick=("--seconds", "2")),
    Part(
        "effects",
        "Reverb and chorus",
        "Processor time of a block with the sends open, beside FluidSynth's effects, and the "
        "reverberation times measured against those asked for.",
    ),
    Part(
        "plugin",
        "The plugin in a host",
        "The CLAP plugin, played by a host in ctypes, with a server of its own: the sample at "
        "which notes begin, what a block costs beside the core, a server that is stopped, and "
        "instances that come and go.",
    ),
    Part(
        "cold_takes",
        "A plugin's missing takes",
        "From the request of a note to the first page of its take, which another process makes, "
        "idle and busy with eight instances.",
    ),
    Part(
        "plugin_hosts",
        "The plugin in other hosts",
        "minihost, pedalboard, dawdreamer, jalv and Ardour open, play, automate, save, reload and "
        "close the plugin at random; what each host's process and the plugins' server hold early "
        "and late, and what is left.",
        options=("--count", "20"),
        limit_s=1200.0,
    ),
    Part(
        "bounce",
        "Bounced in hosts",
        "A short piece and one of three minutes, in each host twice, held against what "
        "rtsynth render makes of them.",
        limit_s=900.0,
    ),
    Part(
        "startup",
        "Start to first note",
        "From the command to the first sound of a keyboard that plays all the time, beside "
        "FluidSynth with its fonts.",
        quick=("--runs", "2"),
    ),
    Part(
        "memory",
        "Memory",
        "32 timbres loaded and played; resident memory beside an interpreter that has imported "
        "the same modules, over time.",
        timed=True,
    ),
    Part(
        "soak",
        "Soak",
        "Dense playing on JACK at period 64 under SCHED_FIFO: notes, controllers, bends, program "
        "changes, moving timbres; drop-outs beside an idle client's on a second server.",
        timed=True,
    ),
)


@dataclass(frozen=True)
class Outcome:
    """How a part ended."""

    name: str
    command: str
    status: int | None  # None: it was stopped at its limit
    seconds: float
    last_line: str
    load_before: float
    ended: str

    @property
    def ok(self) -> bool:
        """Whether it ran to its end."""
        return self.status == 0


def exists(part: Part) -> bool:
    """Whether the benchmark is there."""
    return (ROOT / "benchmarks" / f"{part.name}.py").exists()


def run(part: Part, folder: Path, quick: bool, minutes: float) -> Outcome:
    """Run a part to its end or its limit; its outcome lies in `folder` at once."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{part.name}.*"):
        old.unlink()
    load, began = float(machine()["load_1min"]), time.monotonic()
    limit_s = part.limit_s + (60.0 * minutes if part.timed else 0.0)
    log = folder / f"{part.name}.log"
    with log.open("wb") as out:
        status = _run(part.command(folder, quick, minutes), out, limit_s)
    lines = log.read_text(errors="replace").strip().splitlines()
    last = f"stopped after {limit_s:.0f} s" if status is None else (lines or [""])[-1]
    outcome = Outcome(
        part.name,
        part.shown_command(quick, minutes),
        status,
        round(time.monotonic() - began, 1),
        last.strip(),
        load,
        time.strftime("%Y-%m-%d %H:%M"),
    )
    (folder / f"{part.name}.outcome").write_text(json.dumps(asdict(outcome), indent=1) + "\n")
    return outcome


def _run(command: list[str], out: Any, limit_s: float) -> int | None:
    """Exit status of a command with all its children, None: its time was over."""
    env = {**os.environ, "COLUMNS": "160", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end_group(process)


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """End what the part left: servers, synthesisers, loads."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(_KILL_S)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def outcome_of(name: str, folder: Path) -> Outcome | None:
    """What an earlier run left of a part."""
    path = folder / f"{name}.outcome"
    return Outcome(**json.loads(path.read_text())) if path.exists() else None


def result_of(name: str, folder: Path) -> Any:
    """The part's JSON, None where it wrote none."""
    path = folder / f"{name}.json"
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


@lru_cache
def _help(name: str) -> str:
    """The benchmark's own list of options."""
    line = [sys.executable, f"benchmarks/{name}.py", "--help"]
    result = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout


def _fits(word: str, known: str) -> bool:
    return not word.startswith("--") or word in known
