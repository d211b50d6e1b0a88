"""Look at one recording: is it one note, which one, does it decay, and is its release there?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from rtsynth.codec.analysis import Kind, release_db_per_s
from rtsynth.codec.detection import Heard
from rtsynth.codec.recording import Recording, RecordingError, listen_to, load
from training.sources.sounds import Sound

SAMPLE_RATE: Final = 48_000
RELEASE_MIN_S: Final = 0.05


@dataclass(frozen=True)
class Wish:
    """What the user said of a source; None: find out."""

    kind: Kind = "harmonic"
    sustained: bool | None = None
    believe: bool = False  # what names say of the note, against the sound

    @property
    def names_count(self) -> bool:
        """Whether a name is believed: bells sound as other notes than they are called."""
        return self.believe or self.kind == "bar"


@dataclass(frozen=True)
class Look:
    """What was found in one file."""

    sound: Sound
    sustained: bool = False
    release_db_per_s: float | None = None  # None: the recording holds none
    heard: Heard | None = None
    warnings: tuple[str, ...] = ()
    problem: str = ""  # why it cannot be used; begins with the file's name


def look(task: tuple[Sound, Wish]) -> Look:
    """Read a file and say what is in it; never raises for what is wrong with the file."""
    sound, wish = task
    try:
        recording = loaded(sound)
        heard = None
        if wish.kind != "noise":
            heard = listen_to(recording, sound.key, bar=wish.names_count)
    except (RecordingError, ValueError, ArithmeticError) as error:
        return Look(sound, problem=named_problem(sound, error))
    except MemoryError:
        return Look(sound, problem=f"{sound.path}: not enough memory")
    released = recording.released
    return Look(
        sound,
        sustained=recording.course.sustained if sound.sustained is None else sound.sustained,
        release_db_per_s=(
            release_db_per_s(released) if len(released) > RELEASE_MIN_S * SAMPLE_RATE else None
        ),
        heard=heard,
        warnings=recording.warnings,
    )


def loaded(sound: Sound) -> Recording:
    """A sound's recording, let go where its source says."""
    recording = load(sound.path)
    if sound.held_s is None:
        return recording
    off = round(sound.held_s * SAMPLE_RATE) - recording.course.onset
    return replace(recording, off_sample=min(max(off, 0), len(recording.audio)))


def named_problem(sound: Sound, error: Exception) -> str:
    """One line that begins with the file's name."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.startswith(str(sound.path)) else f"{sound.path}: {text}"
