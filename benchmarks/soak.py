"""Dense playing for a long time, live on JACK: `python benchmarks/soak.py [--minutes N]`.

Notes, controllers, bends, program changes and moving timbres at random, up to 64 voices, at period
64, the process callback under SCHED_FIFO. Counted: drop-outs beside an idle client's on a second
server; memory; frames of the server's clock that the engine did not render; pitch of a note before
and after; samples that are not finite; frames that came late.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np

from benchmarks import budget, jackserver, partials, plots, probe
from benchmarks.jackserver import JackServer
from benchmarks.playing import COUNTERS, Playing
from benchmarks.tables import Finding, Grid, Report, Skipped, print_report
from rtsynth import contract

PERIOD: Final = 64
VOICES: Final = 64
CHANNELS: Final = tuple(n for n in range(16) if n != 9)  # without the drums
NOTES_A_SECOND: Final = 40.0
NOTE_S: Final = (0.1, 3.0)
OTHERS_A_SECOND: Final = {"control": 10.0, "bend": 10.0, "turn": 4.0, "program": 0.5, "pedal": 0.5}
CONTROLLERS: Final = (1, 7, 10, 11)
TURNS: Final = (16, 17, 18, 19, 74)  # move the channel's timbre
ALLOWED: Final = 4  # drop-outs above the idle client's: two idle clients differ by as many
TEST_KEY: Final = 69
TEST_PROGRAM: Final = 16  # organ
_TEST_NOTES: Final = 4
_TEST_NOTE_S: Final = 2.0  # from one to the next; three quarters of it are held
_SAMPLE_S: Final = 1.0

MidiEvent = tuple[int, int, int, int]

_LEAST_HEARD = 0.95  # of the notes that were sent: some fall into periods that JACK dropped


@dataclass
class Soaked:
    """What was counted."""

    seconds: float
    run: probe.Run
    idle: probe.Run
    first: dict[str, Any]
    last: dict[str, Any]
    samples: list[dict[str, Any]] = field(default_factory=list)
    cents: tuple[float, float] = (float("nan"), float("nan"))  # of the test note, before and after
    sent: int = 0  # note-ons

    @property
    def sound(self) -> bool:
        """Whether it played what was sent, with real-time priority, and is in tune afterwards."""
        off = abs(self.cents[1] - self.cents[0])
        heard = self.counted("notes") >= _LEAST_HEARD * self.sent
        fifo = self.last["threads"].get("fifo", 0) > 0
        return heard and fifo and off <= budget.PITCH_CENTS and self.counted("nonfinite") == 0

    def counted(self, name: str) -> int:
        """How much a counter of the player grew."""
        return int(self.last[name] - self.first[name])

    @property
    def missed_frames(self) -> int:
        """Frames of the server's clock that the engine did not render and JACK did not skip."""
        server = (self.last["server_frames"] - self.first["server_frames"]) % 2**32
        return int(server - self.counted("clock_samples") - self.run.gap_frames)

    @property
    def mb_a_minute(self) -> float:
        """Slope of the resident memory after the first third."""
        settled = self.samples[len(self.samples) // 3 :]
        if len(settled) < 3:
            return 0.0
        minutes = [sample["monotonic_s"] / 60 for sample in settled]
        return float(np.polyfit(minutes, [sample["rss_mb"] for sample in settled], 1)[0])


def events(seconds: float, rate_hz: float, seed: int = 1) -> list[MidiEvent]:
    """(frame, status, data1, data2) of dense, random playing; nothing is held at the end."""
    rng, found = np.random.default_rng(seed), list[MidiEvent]()

    def channel() -> int:
        return CHANNELS[int(rng.integers(len(CHANNELS)))]

    def frames(a_second: float) -> list[int]:
        count = max(1, int(seconds * a_second))
        return sorted((rng.uniform(0.2, max(0.3, seconds - 0.5), count) * rate_hz).astype(int))

    for frame in frames(NOTES_A_SECOND):
        where, key = channel(), int(rng.integers(contract.KEY_LOW, contract.KEY_HIGH + 1))
        end = min(frame + int(rng.uniform(*NOTE_S) * rate_hz), int((seconds - 0.3) * rate_hz))
        found.append((frame, 0x90 | where, key, int(rng.integers(1, 128))))
        found.append((end, 0x80 | where, key, 0))
    for kind, a_second in OTHERS_A_SECOND.items():
        for frame in frames(a_second):
            found.append((frame, *_other(kind, channel(), rng)))
    end = int((seconds - 0.2) * rate_hz)
    for each in CHANNELS:
        found += [(end, 0xB0 | each, 64, 0), (end, 0xB0 | each, 123, 0), (end, 0xB0 | each, 121, 0)]
    return sorted(found)


def _other(kind: str, channel: int, rng: np.random.Generator) -> tuple[int, int, int]:
    value = int(rng.integers(128))
    if kind == "bend":
        return 0xE0 | channel, value, int(rng.integers(128))
    if kind == "program":
        return 0xC0 | channel, value, 0
    if kind == "pedal":
        return 0xB0 | channel, 64, 127 if value < 32 else 0
    of = TURNS if kind == "turn" else CONTROLLERS
    value = max(40, value) if kind == "control" else value
    return 0xB0 | channel, int(rng.choice(of)), value


def note_cents(server: JackServer, synth: Playing) -> float:
    """Mean pitch of a few test notes against their nominal pitch, in cents; nan: not heard."""
    rate = server.rate_hz
    sent: list[MidiEvent] = [(128, 0xB0, 121, 0), (256, 0xC0, TEST_PROGRAM, 0)]
    for i in range(_TEST_NOTES):
        start_s = 0.5 + _TEST_NOTE_S * i
        sent += [(int(start_s * rate), 0x90, TEST_KEY, 90)]
        sent += [(int((start_s + 0.75 * _TEST_NOTE_S) * rate), 0x80, TEST_KEY, 0)]
    seconds = 0.5 + _TEST_NOTE_S * _TEST_NOTES
    try:
        _, tape = probe.record(
            server.env, sent, seconds, midi_to=synth.midi_to, audio_from=synth.audio_from
        )
    except probe.ProbeError:
        return float("nan")
    nominal, found = contract.key_hz(TEST_KEY), []
    for i in range(_TEST_NOTES):
        start_s = 0.5 + _TEST_NOTE_S * i
        sound = tape[int((start_s + 0.15 * _TEST_NOTE_S) * rate) :
                     int((start_s + 0.7 * _TEST_NOTE_S) * rate)].mean(axis=1)  # fmt: skip
        heard = partials.pitch(sound.astype(np.float64), rate, nominal)
        if heard is not None:
            found.append(1200.0 * np.log2(heard.hz / nominal))
    return float(np.mean(found)) if found else float("nan")


def soak(seconds: float, config: dict[str, Any]) -> Soaked:
    """Play for so long.

    Raises:
        RuntimeError: a server, the probe or the player did not run, or died.
    """
    piece = events(seconds, budget.RATE_HZ)
    with (
        JackServer(budget.RATE_HZ, PERIOD) as server,
        JackServer(budget.RATE_HZ, PERIOD) as quiet,
        Playing(server, polyphony=VOICES, **config) as synth,
    ):
        before = note_cents(server, synth)
        samples: list[dict[str, Any]] = []
        with (
            probe.playing(
                server.env,
                piece,
                seconds,
                midi_to=synth.midi_to,
                audio_from=synth.audio_from,
            ) as player,
            probe.watching(quiet.env, seconds) as watcher,
        ):
            samples.append(synth.stats())
            while not player.wait(_SAMPLE_S):
                samples.append(synth.stats())
            found = Soaked(seconds, player.result(), watcher.result(), samples[0], samples[-1],
                           samples)  # fmt: skip
        found.cents = (before, note_cents(server, synth))
        found.sent = sum(status & 0xF0 == 0x90 for _, status, _, _ in piece)
    return found


def fill(report: Report, found: Soaked) -> None:
    """Judge what was counted."""
    bad, floor = found.run.bad_periods, found.idle.bad_periods
    drift = found.missed_frames
    fewest, most = (f(s["voices"] for s in found.samples) for f in (min, max))
    cents = found.cents[1] - found.cents[0]
    threads = found.last["threads"]
    rows = [
        ("periods with a drop-out, rtsynth's server", bad, f"{floor} on the idle client's server"),
        ("blocks whose rendering took longer than they last", found.counted("overruns"), ""),
        ("voices", most, f"from {fewest}; {found.counted('notes')} notes"),
        ("load, median", float(np.median([s["load"] for s in found.samples])), "of the deadline"),
        ("threads under SCHED_FIFO", threads.get("fifo", 0), f"of {sum(threads.values())}"),
        ("memory, MB a minute", round(found.mb_a_minute, 3), f"RSS {found.last['rss_mb']:.0f} MB"),
        ("frames lost against the server's clock", drift,
         f"beside {found.run.gap_frames} that JACK skipped"),
        ("pitch of a test note, cents", round(cents, 3), "after against before"),
        *((name, found.counted(name), "") for name in COUNTERS if name not in ("notes", "overruns",
                                                                               "callbacks")),
    ]  # fmt: skip
    columns = ("counted", "value", "note")
    report.grids.append(Grid(f"{found.seconds / 60:g} minutes, period {PERIOD}", columns, rows))
    text = (
        f"{bad} drop-outs, {floor} of the idle client beside it; {found.counted('overruns')} "
        f"blocks late by rendering; {found.mb_a_minute:+.2f} MB a minute, {drift} frames of drift "
        f"beside what JACK skipped, {cents:+.2f} cents, {found.counted('nonfinite')} not finite, "
        f"{found.counted('late_frames')} late frames"
    )
    text += (
        f"; {found.counted('notes')} of {found.sent} notes, {threads.get('fifo', 0)} threads FIFO"
    )
    report.findings.append(Finding("soak", text, bad <= floor + ALLOWED and found.sound))


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long it plays.")
@click.option("--instrument", help="Another .onnx than the bundled one.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
@click.option("--plot", "plot_path", type=click.Path(dir_okay=False), help="Picture (PNG or SVG).")
def main(
    minutes: float, instrument: str | None, json_path: str | None, plot_path: str | None
) -> None:
    """Play densely for a long time and count what goes wrong."""
    report = Report(f"Soak: {minutes:g} minutes of dense playing on JACK", in_samples=False)
    reason = jackserver.missing() or probe.missing()
    if reason:
        report.rows.append(Skipped("soak", PERIOD, reason))
    else:
        found = soak(60.0 * minutes, {"instrument": instrument})
        fill(report, found)
        report.facts["drop-outs"] = (
            f"met: {ALLOWED} or fewer above those of an idle client on a server of its own"
        )
        if plot_path:
            _plot(found, plot_path, report.title)
    if json_path:
        report.write(json_path)
    print_report(report)


def _plot(found: Soaked, path: str, title: str) -> None:
    began = found.samples[0]["monotonic_s"]
    over = [(sample["monotonic_s"] - began) / 60 for sample in found.samples]
    panels: list[Any] = [
        (label, [(label, over, [sample[name] for sample in found.samples])])
        for label, name in (("voices", "voices"), ("load", "load"), ("RSS, MB", "rss_mb"))
    ]
    lines = []
    for name, run in (("rtsynth's server", found.run), ("idle client's server", found.idle)):
        at = sorted(run.xruns_at)
        minutes = [0.0, *(frame / budget.RATE_HZ / 60 for frame in at), found.seconds / 60]
        lines.append((name, minutes, [float(i) for i in range(len(at) + 1)] + [float(len(at))]))
    panels.append(("drop-outs reported", lines))
    plots.courses(panels, path, title)


if __name__ == "__main__":
    main()
