"""The files of the last ten minutes: a folder a run, and in it pieces of a few seconds each.

`SAMPLE.wav` is the sound from that sample of the engine's clock on. `SAMPLE.midi` has a line for
each message, its sample and its bytes (`48000 903c64`; programs and pressure with a zero), behind
the state at the piece's beginning (`= b00740`). All is written as it comes, so that it is there
whatever ends the process.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import platformdirs

from rtsynth import wav
from rtsynth.messages import NOTE_OFF, SYSEX, AnyMessage, Message
from rtsynth.tap import Block
from rtsynth.wav import WavWriter

KEPT_S: Final = 600.0  # of all runs together
MOST_BYTES: Final = 512 << 20  # the same, for high sample rates
LEFT_BYTES: Final = 256 << 20  # that stay free on the disk
SOUND: Final = ".wav"
MIDI: Final = ".midi"
STATE: Final = "="


class Played(NamedTuple):
    """A message and the sample of the engine's clock at which it was played."""

    sample: int
    message: AnyMessage


def folder() -> Path:
    """Where the runs' folders lie, for this user."""
    return platformdirs.user_cache_path("rtsynth", appauthor=False) / "history"


def pieces(of: str = "*") -> list[Path]:
    """The sounds of all pieces, or of one run's, the one written longest ago first."""
    found = []
    for path in folder().glob(f"{of}/*{SOUND}"):
        with contextlib.suppress(FileNotFoundError):  # another run makes room
            found.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(found)]


class Piece:
    """One that is being written. Any method raises OSErrors as they come."""

    def __init__(self, run: Path, sample: int, rate_hz: int, state: Iterable[Message]) -> None:
        """Make room, and begin with `state`, the messages that lead to what MIDI has set."""
        run.mkdir(parents=True, exist_ok=True)
        make_room()
        if shutil.disk_usage(run).free < LEFT_BYTES:
            raise OSError(f"less than {LEFT_BYTES >> 20} MB are free in {run}")
        self.begin = self.end = sample
        self.rate_hz = rate_hz
        stem = f"{sample:015d}"
        self._sound = WavWriter(run / f"{stem}{SOUND}", rate_hz)
        self._midi = (run / f"{stem}{MIDI}").open("wb", buffering=0)
        self._log(f"{STATE} {bytes(message).hex()}\n" for message in state)

    def write(self, block: Block, played: Iterable[Played]) -> None:
        """Add what follows."""
        self._log(f"{sample} {bytes(message).hex()}\n" for sample, message in played)
        self._sound.write(block)
        self.end += len(block)

    def _log(self, lines: Iterable[str]) -> None:
        text = "".join(lines)
        if text:
            self._midi.write(text.encode())

    def close(self) -> None:
        """End it; what was written stays in any case."""
        self._midi.close()
        self._sound.close()


def make_room() -> None:
    """Delete the oldest pieces where there are more than are to be kept."""
    left_s, left_bytes = KEPT_S, MOST_BYTES
    for path in reversed(pieces()):
        with contextlib.suppress(FileNotFoundError):
            rate_hz, frames = wav.extent(path)
            left_s -= frames / max(1, rate_hz)
            left_bytes -= path.stat().st_size
        if left_s < 0.0 or left_bytes < 0:
            path.unlink(missing_ok=True)
            path.with_suffix(MIDI).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # others are in it
                os.rmdir(path.parent)


def read_messages(sound: Path) -> tuple[list[Message], list[Played]]:
    """The state at the beginning of a piece, and what was played; broken lines are passed over."""
    state: list[Message] = []
    played: list[Played] = []
    try:
        text = sound.with_suffix(MIDI).read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:  # room was made
        return state, played
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            sample, digits = line.split()
            message = _message(bytes.fromhex(digits))
            if sample != STATE:
                played.append(Played(int(sample), message))
            elif not isinstance(message, bytes):
                state.append(message)
    return state, played


def _message(data: bytes) -> AnyMessage:
    """A message out of a line; a ValueError: it is none."""
    if data[:1] == b"\xf0":
        if data[-1:] != b"\xf7" or max(data[1:-1], default=0) >= NOTE_OFF:
            raise ValueError("cut short")
        return data
    status, data1, data2 = data
    if not NOTE_OFF <= status < SYSEX or data1 > 127 or data2 > 127:
        raise ValueError("no message")
    return status, data1, data2
