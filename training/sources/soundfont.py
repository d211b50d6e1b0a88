"""Presets of a SoundFont (.sf2, .sf3), to be rendered as the bank is."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from rtsynth.codec.analysis import Kind, find_onset
from rtsynth.codec.course import find_course
from rtsynth.codec.detection import listen
from rtsynth.contract import KEY_HIGH, KEY_LOW
from training.notes import STIFFNESS_KEY, NotePlan, SoundFont, TimbreSpec
from training.rendering import DRUM_BANK, Preset, RenderedNote, render
from training.sources.looking import Wish
from training.sources.sounds import SourceError, timbre_name

SUFFIXES: Final = (".sf2", ".sf3")
RECORD: Final = struct.Struct("<20sHHHIII")  # of a preset: name, program, bank, ...
PROBED_KEYS: Final = (36, 48, 60, 72, 84)
PROBE_VELOCITY: Final = 100
PROBE_S: Final = 3.0
SILENT: Final = 1e-4  # of full scale
MIN_STIFFNESS: Final = 3e-6  # less cannot be told from none
MAX_GROWTH: Final = 4.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Listed:
    """A preset in the soundfont's own list."""

    name: str
    program: int  # 0..127
    bank: int  # 128: drums


def is_one(path: Path) -> bool:
    """Whether a file is a soundfont, by its name."""
    return path.suffix.lower() in SUFFIXES


def presets(path: Path) -> list[Listed]:
    """What a soundfont lists, by bank and program.

    Raises:
        SourceError: it cannot be read, or is no soundfont.
    """
    try:
        with path.open("rb") as file:
            start = file.read(12)
            if start[:4] != b"RIFF" or start[8:] != b"sfbk":
                raise SourceError(f"{path} is no soundfont")
            table = next((data for name, data in _chunks(file) if name == b"phdr"), b"")
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    whole = len(table) // RECORD.size * RECORD.size
    records = list(RECORD.iter_unpack(table[:whole]))[:-1]  # the last one ends the list
    if not records:
        raise SourceError(f"{path}: a broken soundfont, it lists no presets")
    found = [Listed(_text(name), program, bank) for name, program, bank, *_ in records]
    return sorted(found, key=lambda each: (each.bank, each.program))


def _text(name: bytes) -> str:
    return name.split(b"\0")[0].decode("latin-1").strip()


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Chunks of the list "pdta"; the samples are passed over unread."""
    while len(head := file.read(8)) == 8:
        name, size = head[:4], int.from_bytes(head[4:], "little")
        if name == b"LIST":
            if file.read(4) != b"pdta":
                file.seek(size - 4 + size % 2, 1)
            continue
        yield name, file.read(size + size % 2)[:size]


def choose(path: Path, program: int | None, bank: int | None) -> tuple[list[Listed], list[str]]:
    """Presets of a program and a bank (None: of all but the drums), and all names.

    Raises:
        SourceError: none fits.
    """
    listed = presets(path)
    chosen = [
        each
        for each in listed
        if (program is None or each.program == program)
        and (each.bank == bank if bank is not None else each.bank != DRUM_BANK)
    ]
    if not chosen:
        there = ", ".join(f"{p.bank}:{p.program} {p.name}" for p in listed[:12])
        more = f" and {len(listed) - 12} more" if len(listed) > 12 else ""
        raise SourceError(f"{path} has no such preset; it has {there}{more}")
    return chosen, _names(chosen)


def _names(chosen: Sequence[Listed]) -> list[str]:
    """A timbre's name for each preset; those of one name are told apart by bank and program."""
    names = [timbre_name(each.name) for each in chosen]
    count = Counter(names)
    return [
        name if count[name] == 1 else timbre_name(f"{name[:30]}-{each.bank}-{each.program}")
        for name, each in zip(names, chosen, strict=True)
    ]


def specs(
    path: Path, program: int | None, bank: int | None, wish: Wish, say: Say
) -> list[TimbreSpec]:
    """How presets of a soundfont are to be rendered; some of their notes are played to see.

    Raises:
        SourceError: none fits, or none sounds.
        training.rendering.RenderError: FluidSynth is missing, or fails.
    """
    found = []
    for listed, name in zip(*choose(path, program, bank), strict=True):
        spec = _spec(path, listed, name, wish)
        if spec is None:
            say(f"{path}: preset {listed.bank}:{listed.program} {listed.name} does not sound")
            continue
        say(f"{listed.bank}:{listed.program} {listed.name}: {described(spec)}")
        found.append(spec)
    if not found:
        raise SourceError(f"{path}: no preset sounds")
    return found


def described(spec: TimbreSpec) -> str:
    """What was found out about a preset."""
    pitch = {"harmonic": "", "bar": ", bars or bells", "noise": ", without pitch"}[spec.kind]
    return f"{spec.name}, {'sustained' if spec.sustained else 'decaying'}{pitch}"


def _spec(path: Path, listed: Listed, name: str, wish: Wish) -> TimbreSpec | None:
    """How a preset is to be rendered; None: it does not sound."""
    preset = Preset(path, listed.program, bank=listed.bank)
    kind: Kind = "noise" if listed.bank == DRUM_BANK else wish.kind
    notes = render(preset, [NotePlan(key, PROBE_VELOCITY, PROBE_S) for key in PROBED_KEYS])
    sounding = [note for note in notes if float(np.abs(note.audio).max()) > SILENT]
    if not sounding:
        return None
    votes = [find_course(note.audio[: note.off_sample]).sustained for note in sounding]
    sustained = wish.sustained if wish.sustained is not None else 2 * sum(votes) > len(votes)
    stiffness, growth = (0.0, 1.0) if sustained or kind != "harmonic" else _stiffness(sounding)
    return TimbreSpec(
        name,
        SoundFont(path.name, (path.name,), ""),
        listed.program,
        KEY_LOW,
        KEY_HIGH,
        sustained=sustained,
        kind=kind,
        stiffness=stiffness,
        stiffness_growth=growth,
        bank=listed.bank,
    )


def _stiffness(notes: Sequence[RenderedNote]) -> tuple[float, float]:
    """A string's inharmonicity at STIFFNESS_KEY, and how it grows an octave, from some notes."""
    heard = [(n.plan.key, listen(_held(n)).inharmonicity) for n in notes]
    known = [(key, float(np.log10(b))) for key, b in heard if b > MIN_STIFFNESS]
    if not known:
        return 0.0, 1.0
    keys, logs = (np.array(each) for each in zip(*known, strict=True))
    if len(known) < 3:
        return float(10.0 ** np.median(logs)), 1.0
    slope, base = np.polyfit(keys - STIFFNESS_KEY, logs, 1)
    return float(10.0**base), float(np.clip(10.0 ** (12.0 * slope), 1.0, MAX_GROWTH))


def _held(note: RenderedNote) -> npt.NDArray[np.float32]:
    return note.audio[find_onset(note.audio) : note.off_sample]
