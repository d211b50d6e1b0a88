"""The piece that hosts bounce: a MIDI file, and a preset that stands in for its program change."""

from pathlib import Path
from typing import Final

import mido
import numpy as np

from rtsynth import instrument as instruments

BEAT: Final = 480  # ticks, at 120 beats a minute: 24,000 samples
SECOND: Final = 48  # the program of the second channel
PRESET: Final = "grand-hall"  # a bundled name, which Ardour lists at once: the user's file hides it
REVERB_S: Final = 2.5  # its reverb's time: nothing goes there, it shows that the preset was loaded


def write_piece(path: Path, seconds: float, seed: int = 7, second: int = SECOND) -> None:
    """A piece of so many seconds: a bass, chords on held pedals, a tune, on two channels.

    `second` is the second channel's program.
    """
    random = np.random.default_rng(seed)
    events: list[tuple[int, int, mido.Message]] = []

    def note(at: float, key: int, beats: float, velocity: int, channel: int = 0) -> None:
        events.append((round(at * BEAT), 1, mido.Message("note_on", channel=channel, note=key,
                                                         velocity=velocity)))  # fmt: skip
        events.append((round((at + beats) * BEAT), 0, mido.Message(
            "note_off", channel=channel, note=key)))  # fmt: skip

    events.append((0, -1, mido.Message("program_change", channel=1, program=second)))
    for bar in range(int(seconds // 2.0)):
        root = 36 + int(random.choice([0, 5, 7, 9]))
        at = 4.0 * bar
        events.append((round(at * BEAT), -1, mido.Message("control_change", control=64,
                                                          value=127)))  # fmt: skip
        note(at, root, 1.75, 80)
        for i, step in enumerate((12, 16, 19)):
            note(at + i / 16, root + step, 1.5, 60 + 5 * i)
        for i in range(8):
            if random.random() < 0.8:
                key = root + 24 + int(random.choice([0, 2, 4, 7, 9, 12]))
                note(at + i / 2 + 1 / 32, key, 0.4, int(random.integers(40, 110)))
        note(at + 1 / 64, root + 24, 3.5, 70, channel=1)
        events.append((round((at + 3.9) * BEAT), -1, mido.Message("control_change", control=64,
                                                                  value=0)))  # fmt: skip
    _write(path, events)


def _write(path: Path, events: list[tuple[int, int, mido.Message]]) -> None:
    file = mido.MidiFile(ticks_per_beat=BEAT)
    track = file.add_track()
    last = 0
    for tick, _, message in sorted(events, key=lambda each: each[:2]):
        track.append(message.copy(time=tick - last))
        last = tick
    file.save(str(path))


def keep_preset(data_home: Path) -> None:
    """For the user whose folder it is: what the piece's program change brings."""
    known = instruments.load(None).metadata
    timbre = known.timbres[known.program_slots()[SECOND]].name
    path = data_home / "rtsynth" / "presets" / f"{PRESET}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"""format = 1
[parameters]
reverb_time = {REVERB_S}
[channels.2]
layers = [{{ timbre = "{timbre}" }}]
""")
