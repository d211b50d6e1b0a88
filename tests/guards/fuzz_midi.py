"""atheris: MIDI bytes of a port, however cut, and MIDI files; only RtsynthError may come out."""

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

import tests.guards.plain_imports  # noqa: F401

with atheris.instrument_imports(include=["rtsynth", "mido"]):
    import mido  # noqa: F401

    from rtsynth import _core, song
    from rtsynth.controls import Controls
    from rtsynth.errors import RtsynthError
    from rtsynth.metadata import read_metadata
    from rtsynth.parser import HeldNotes, Parser
    from rtsynth.slots import Slots

from tests.guards.tiny import metadata_json

METADATA = read_metadata(Path("tiny"), metadata_json())
BLOCK = np.zeros((16, 2), np.float32)
KEPT = _core.Engine(8000.0, polyphony=1, arena_mib=1)  # its noise tables are shared
FILE = Path(tempfile.mkdtemp(prefix="rtsynth-fuzz-")) / "song.mid"
HEAD = b"MThd\x00\x00\x00\x06"
MOST_EVENTS = 5000  # for takes of a song


def port(data: bytes) -> None:
    """A port's bytes mean the same however they are cut, and every message can be played."""
    whole = list(Parser().feed(data))
    parser = Parser()
    half = len(data) // 2
    assert [*parser.feed(data[:half]), *parser.feed(data[half:])] == whole
    engine = _core.Engine(8000.0, polyphony=4, arena_mib=1)
    controls, held = Controls(engine, METADATA), HeldNotes()
    for message in whole:
        if isinstance(message, bytes):
            assert controls.sysex(message)
            engine.render(BLOCK)  # a tuning of all keys is thousands of events
            continue
        status, data1, data2 = message
        assert 0x80 <= status < 0xF0
        assert 0 <= data1 < 128
        assert 0 <= data2 < 128
        if controls.at(message):
            held.note(message)
    assert engine.stats().events_dropped == 0
    assert held.release(controls.at)


def file(data: bytes) -> None:
    """A file is read, or refused in one line."""
    FILE.write_bytes(data)
    events = None
    with contextlib.suppress(RtsynthError):
        events = song.read_song(FILE)
    if events is not None:
        assert all(event.time_s >= 0.0 for event in events)
        assert [event.time_s for event in events] == sorted(event.time_s for event in events)
        song.song_takes(events[:MOST_EVENTS], Slots(METADATA))


def one_input(data: bytes) -> None:
    """The first byte chooses what reads the rest."""
    if not data:
        return
    if data[0] % 3 == 0:
        port(data[1:])
    else:
        file(HEAD + data[1:] if data[0] % 3 == 1 else data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
