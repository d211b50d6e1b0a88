"""The same song bounced in hosts and rendered: `python benchmarks/bounce.py`.

A short piece and one of three minutes are exported by Ardour with the LV2 plugin and with the VST3
one, and processed offline by minihost (JUCE) with the VST3 one; each is held against `rtsynth
render` of the same file, and two bounces against each other. The times are those of the whole
export, from the host's start to the file; beside them stands that of Ardour's export alone, from
where the file is opened to its last sample.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks import ardour, ardour_lua
from benchmarks.bounce_piece import PRESET, REVERB_S, keep_preset, write_piece
from benchmarks.plugin_products import ours
from benchmarks.tables import Finding, Grid, Report, print_report
from rtsynth import instrument as instruments
from rtsynth.render import RenderConfig, render_events
from rtsynth.serve.host_parameters import PLACES
from rtsynth.song import read_song

RATE_HZ: Final = 48_000
BLOCK: Final = 512
TAIL_S: Final = 3.0
MOST_DB: Final = -90.0  # of the difference, beside the loudest sample
FASTEST: Final = 20.0  # times real time, for three minutes
SHORT_S, LONG_S = 12.0, 180.0

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Bounced:
    """What came of a bounce."""

    sound: Sound
    export_s: float | None = None  # of the host's start and end there is nothing in it


# From a song, its seconds and a folder to work in: what bounces it, once it is called.
Bounce = Callable[[Path, float, Path], Callable[[], Bounced]]


def rendered(song: Path, seconds: float) -> Sound:
    """What `rtsynth render` makes of it."""
    config = RenderConfig(rate_hz=RATE_HZ, bits="float")
    parts = render_events(read_song(song), instruments.load(None), config, lambda _: None)
    return _cut(np.concatenate(list(parts)), seconds)


def _cut(sound: Sound, seconds: float) -> Sound:
    """So many seconds, with silence where there are fewer."""
    samples = round(seconds * RATE_HZ)
    return np.pad(sound[:samples], ((0, max(0, samples - len(sound))), (0, 0)))


def in_ardour(plugin: str, kind: str, env: dict[str, str], bundle: Path | None = None) -> Bounce:
    """A bounce by Ardour's export.

    Of a program change Ardour 7 hands neither the channel nor the number to a VST3 (its
    VST3PI::evoral_to_vst3 reads the number from a second data byte, which there is none): there
    the timbre of the second channel is the project's, by a preset.
    """

    def prepare(song: Path, seconds: float, folder: Path) -> Callable[[], Bounced]:
        data = folder.parent / "data"  # of all: the last host's server may still be there
        own = {**env, "XDG_DATA_HOME": str(data)}
        session = ardour.Session(folder / "song", plugin, kind, RATE_HZ, own, bundle)
        setting = ""
        if kind == "VST3":
            keep_preset(data)
            setting = ardour_lua.choose_preset(PRESET, PLACES["gain"], PLACES["reverb_time"],
                                               REVERB_S)  # fmt: skip
        session.make(song, seconds, setting)
        return lambda: _export(session, folder / "out.wav")

    return prepare


def _export(session: ardour.Session, out: Path) -> Bounced:
    out.unlink(missing_ok=True)
    opened_s: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            if out.exists():
                return opened_s.append(time.time())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        sound = session.export(out)
    finally:
        done.set()
        watching.join()
    return Bounced(sound, out.stat().st_mtime - opened_s[0] if opened_s else None)


def in_minihost(bundle: Path) -> Bounce:
    """A bounce by minihost: blocks in non-realtime mode, with the song's place."""

    def bounce(song: Path, seconds: float) -> Sound:
        import minihost

        events = [(round(e.time_s * RATE_HZ), *e.message, 0, 0)[:4] for e in read_song(song)
                  if isinstance(e.message, tuple)]  # fmt: skip
        out = np.zeros((2, round(seconds * RATE_HZ)), np.float32)
        silence = np.zeros((2, BLOCK), np.float32)
        with minihost.Plugin(str(bundle), float(RATE_HZ), BLOCK) as plugin:
            plugin.non_realtime = True
            for at in range(0, out.shape[1] // BLOCK * BLOCK, BLOCK):
                plugin.set_transport(120.0, position_samples=at, position_beats=at / 24_000)
                now = [(s - at, a, b, c) for s, a, b, c in events if at <= s < at + BLOCK]
                block = np.zeros((2, BLOCK), np.float32)
                plugin.process_midi(silence, block, now)
                out[:, at : at + BLOCK] = block
        return out.T

    return lambda song, seconds, _: lambda: Bounced(bounce(song, seconds))


@dataclass(frozen=True)
class Found:
    """What two bounces of a piece in a host came to."""

    seconds: float
    difference_db: float  # the largest of a sample, beside the loudest of the render
    same: bool  # bytes, of both
    took_s: tuple[float, float]
    export_s: float | None = None  # of the faster export alone

    @property
    def speeds(self) -> tuple[float, float]:
        """Times real time, of the first and of the second."""
        first, second = self.took_s
        return self.seconds / first, self.seconds / second

    @property
    def export_speed(self) -> float | None:
        """Times real time, of the export alone."""
        return self.seconds / self.export_s if self.export_s else None


def difference_db(sound: Sound, truth: Sound) -> float:
    """The largest difference of two samples beside the loudest one, in dB."""
    length = min(len(sound), len(truth))
    most = float(np.abs(sound[:length] - truth[:length]).max(initial=0.0))
    return 20.0 * float(np.log10(max(most, 1e-12) / float(np.abs(truth).max())))


def measure(bounce: Bounce, song: Path, seconds: float, truth: Sound, folder: Path) -> Found:
    """Bounce a song twice."""
    sounds: list[Sound] = []
    took, alone = [], []
    begin = bounce(song, seconds, folder)
    for _ in ("with a server that is started", "with one that may still run"):
        began = time.monotonic()
        bounced = begin()
        took.append(time.monotonic() - began)
        sounds.append(bounced.sound)
        alone += [bounced.export_s] if bounced.export_s is not None else []
    same = sounds[0].tobytes() == sounds[1].tobytes()
    worst = max(difference_db(sound, truth) for sound in sounds)
    return Found(seconds, worst, same, (took[0], took[1]), min(alone, default=None))


def hosts(plugins: Path, folder: Path) -> dict[str, Bounce]:
    """Those that are installed, each with a plugin that is built."""
    found: dict[str, Bounce] = {}
    bundle, module = plugins / "rtsynth.lv2", plugins / "rtsynth.vst3"
    if ardour.missing() is None and bundle.exists():
        link = folder / bundle.name
        link.symlink_to(bundle)
        env = {"LV2_PATH": f"{folder}:/usr/lib/lv2"}
        found["Ardour, LV2"] = in_ardour("urn:rtsynth:instrument", "LV2", env)
    if ardour.missing() is None and module.exists():
        found["Ardour, VST3"] = in_ardour("rtsynth", "VST3", {}, module)
    try:
        import minihost  # noqa: F401
    except ImportError:
        return found
    if module.exists():
        found["minihost, VST3"] = in_minihost(module)
    return found


def run(plugins: Path, pieces: list[float]) -> Report:
    """Every piece in every host."""
    report = Report("Bounce", in_samples=False)
    columns = ("host", "s", "difference dB", "same twice", "x real time", "second",
               "export alone")  # fmt: skip
    grid = Grid("Bounced in hosts, held against rtsynth render", columns, [])
    with tempfile.TemporaryDirectory(prefix="bounce-") as name:
        folder = Path(name)
        os.environ["RTSYNTH_RUNTIME_DIR"] = str(folder / "run")
        os.environ["RTSYNTH_SERVER"] = f"'{sys.executable}' -m rtsynth serve"
        for seconds in pieces:
            song = folder / f"{seconds:g}.mid"
            write_piece(song, seconds - TAIL_S)
            began = time.monotonic()
            truth = rendered(song, seconds)
            took = time.monotonic() - began
            grid.rows.append(("rtsynth render", seconds, None, None, seconds / took, None, None))
            for host, bounce in hosts(plugins, _made(folder / f"{seconds:g}")).items():
                work = _made(folder / f"{seconds:g} {host}")
                found = measure(bounce, song, seconds, truth, work)
                grid.rows.append((host, seconds, found.difference_db, found.same, *found.speeds,
                                  found.export_speed))  # fmt: skip
                report.findings += judged(host, found)
    report.grids.append(grid)
    return report


def judged(host: str, found: Found) -> list[Finding]:
    """A host's bounce of a piece against the targets of budget.py."""
    piece = f"{found.seconds:g} s in {host}"
    same = "the same twice" if found.same else "not the same twice"
    equal = Finding("plugin: bounce", f"{piece}: {found.difference_db:.1f} dB, {same}",
                    found.difference_db <= MOST_DB and found.same)  # fmt: skip
    if found.seconds < LONG_S:
        return [equal]
    speed = max(found.speeds)
    return [equal, Finding("plugin: bounce speed", f"{host}: {speed:.1f} x", speed >= FASTEST)]


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


@click.command()
@click.option("--plugins", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="What make plugin built.  [built first]")  # fmt: skip
@click.option("--quick", is_flag=True, help="The short piece only.")
@click.option("--json", "json_path", metavar="FILE", help="Write the results here as well.")
def main(plugins: Path | None, quick: bool, json_path: str | None) -> None:
    """Bounce a short piece and a long one in hosts, and compare with render."""
    plugins = plugins or ours().vst3.parent
    report = run(plugins.resolve(), [SHORT_S] if quick else [SHORT_S, LONG_S])
    print_report(report)
    if json_path:
        report.write(json_path)


if __name__ == "__main__":
    main()
