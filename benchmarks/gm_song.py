"""A General MIDI file through JACK, held against what it asks: `benchmarks/gm_song.py SONG.mid`.

The file's messages go to rtsynth on a JACK server as a keyboard's would, and what comes back is
recorded. It is held against the file itself (which pitch classes sound when), against rtsynth's
own render of the file, and, where FluidSynth is there, against what that makes of it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
import numpy as np
import soundfile
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks import chroma, fluid, probe
from benchmarks.jackserver import JackServer
from benchmarks.playing import Playing
from rtsynth import instrument as instruments
from rtsynth.render import RenderConfig, render_events
from rtsynth.song import Event, read_song

RATE_HZ = 48000
PERIOD = 64
LEAD_S = 0.5  # before the first message
AWRY_S = 7.0  # a song that far away from itself shows what chance alone is worth
BANDS_HZ = 62.5 * 2.0 ** np.arange(9)
Sound = NDArray[np.float32]


def live(events: list[Event], seconds: float, tape: Path | None) -> Sound:
    """Play the file to rtsynth on JACK and record it, (samples, 2)."""
    sent = [(round((LEAD_S + e.time_s) * RATE_HZ), *e.message) for e in events]
    with JackServer(RATE_HZ, PERIOD) as server, Playing(server) as synth:
        run, sound = probe.record(server.env, sent, seconds + LEAD_S,
                                  midi_to=synth.midi_to, audio_from=synth.audio_from)  # fmt: skip
        if run.gaps:
            click.echo(f"JACK skipped {run.gap_frames} frames at {run.gaps} places")
        stats = synth.stats()
        click.echo(f"{stats['notes']} notes, {stats['stolen']} stolen, "
                   f"{stats['late_frames']} late frames")  # fmt: skip
    sound = sound[round(LEAD_S * RATE_HZ) :]
    if tape is not None:
        soundfile.write(tape, sound, RATE_HZ)
    return sound


def rendered(events: list[Event], seconds: float) -> Sound:
    """The same by rtsynth's own render."""
    config = RenderConfig(rate_hz=RATE_HZ)
    parts = render_events(events, instruments.load(None), config, lambda _: None)
    return np.concatenate(list(parts))[: round(seconds * RATE_HZ)]


def fluidsynth(song: Path, seconds: float) -> Sound | None:
    """The same by FluidSynth, with the first font there is; None: it is not here."""
    if fluid.missing() is not None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "song.wav"
        subprocess.run(
            ["fluidsynth", "-ni", "-q", "-F", str(out), "-r", str(RATE_HZ), "-O", "float",
             str(fluid.fonts()[0]), str(song)],
            check=True, capture_output=True,
        )  # fmt: skip
        sound, _ = soundfile.read(out, dtype="float32", always_2d=True)
    return sound[: round(seconds * RATE_HZ)]


def band_levels(sound: Sound) -> NDArray[np.float64]:
    """Levels of octave bands in dB over windows of a fifth of a second, (windows, bands)."""
    window = RATE_HZ // 5
    mono = sound.mean(axis=1)[: len(sound) // window * window].reshape(-1, window)
    power = np.abs(np.fft.rfft(mono * np.hanning(window), axis=1)) ** 2
    hertz = np.fft.rfftfreq(window, 1.0 / RATE_HZ)
    inside = [(hertz >= low) & (hertz < 2.0 * low) for low in BANDS_HZ[:-1]]
    sums = np.stack([power[:, band].sum(axis=1) for band in inside], axis=1)
    return 10.0 * np.log10(sums / max(sums.max(), 1e-30) + 1e-8)


def difference_db(one: Sound, other: Sound) -> float:
    """Median over bands and windows of how far two recordings' levels are apart, where loud."""
    a, b = band_levels(one), band_levels(other)
    count = min(len(a), len(b))
    a, b = a[:count], b[:count]
    loud = np.maximum(a, b) > -50.0
    return float(np.median(np.abs(a - b)[loud]))


@click.command()
@click.argument("song", type=click.Path(exists=True, path_type=Path))
@click.option("--seconds", type=float, default=60.0, show_default=True, help="From its start.")
@click.option("--tape", type=click.Path(path_type=Path), help="Keep the recording (WAV).")
def main(song: Path, seconds: float, tape: Path | None) -> None:
    """Play a General MIDI file on JACK and say how it compares."""
    events = [event for event in read_song(song) if event.time_s < seconds]
    seconds = min(seconds, events[-1].time_s + 1.0)
    notes = {e.message[0] & 0x0F for e in events if e.message[0] & 0xF0 == 0x90}
    click.echo(f"{song.name}: {len(events)} messages, notes on {len(notes)} channels")
    sounds = {
        "live on JACK": live(events, seconds, tape),
        "rendered": rendered(events, seconds),
        "FluidSynth": fluidsynth(song, seconds),
    }
    wanted = chroma.asked(events, seconds, RATE_HZ)
    awry = np.roll(wanted, round(AWRY_S * RATE_HZ / chroma.HOP), axis=0)
    table = Table("sound", "like the file asks", "like it elsewhere", "from live, dB", "peak")
    for name, sound in sounds.items():
        if sound is None:
            continue
        found = chroma.heard(sound, RATE_HZ)
        far = difference_db(sounds["live on JACK"], sound)  # type: ignore[arg-type]
        table.add_row(name, f"{chroma.likeness(wanted, found):.3f}",
                      f"{chroma.likeness(awry, found):.3f}", f"{far:.1f}",
                      f"{np.abs(sound).max():.3f}")  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
