"""FluidSynth in this process, without a device: libfluidsynth by ctypes, for fair comparisons.

Run as a program it prints, as JSON, what a font costs in memory: `python benchmarks/fluid.py FONT`.
"""

import ctypes
import ctypes.util
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

FONTS: Final = tuple(
    Path("/usr/share/sounds") / name for name in ("sf3/MuseScore_General.sf3", "sf2/FluidR3_GM.sf2")
)
_SETTINGS: Final[dict[str, int | float]] = {
    "synth.reverb.active": 0,
    "synth.chorus.active": 0,
    "synth.polyphony": 65535,
    "synth.midi-channels": 256,
    "synth.cpu-cores": 1,
    "synth.dynamic-sample-loading": 1,  # else a font takes six seconds of CPU to load
    "synth.gain": 0.02,
}


def fonts() -> list[Path]:
    """General MIDI fonts of this machine among those that FluidSynth's users have."""
    return [font for font in FONTS if font.exists()]


def missing() -> str | None:
    """Why FluidSynth cannot render here, in words, or None."""
    if ctypes.util.find_library("fluidsynth") is None:
        return "libfluidsynth is not installed (Debian: apt install fluidsynth)"
    if not fonts():
        return "no sound font (Debian: apt install musescore-general-soundfont)"
    return None


class FluidSynth:
    """A synthesiser without effects and with as many voices as are asked for."""

    def __init__(self, font: Path, rate_hz: float, **settings: int | float) -> None:
        """Load a font; `settings` are FluidSynth's own, with `_` for `.` after `synth`.

        Raises:
            RuntimeError: there is no FluidSynth, or it refuses the font.
        """
        reason = missing()
        if reason:
            raise RuntimeError(reason)
        self._lib = _library()
        self._settings = self._lib.new_fluid_settings()
        chosen = _SETTINGS | {f"synth.{name}": value for name, value in settings.items()}
        for name, value in {"synth.sample-rate": float(rate_hz), **chosen}.items():
            put = self._lib.fluid_settings_setnum
            if isinstance(value, int):
                put = self._lib.fluid_settings_setint
            put(self._settings, name.encode(), value)
        self._synth = self._lib.new_fluid_synth(self._settings)
        if self._lib.fluid_synth_sfload(self._synth, str(font).encode(), 1) < 0:
            raise RuntimeError(f"FluidSynth does not load {font.name}")

    def program(self, channel: int, program: int) -> None:
        """A General MIDI program; channel 10 plays it too, which else plays drums."""
        self._lib.fluid_synth_set_channel_type(self._synth, channel, 0)  # CHANNEL_TYPE_MELODIC
        self._lib.fluid_synth_bank_select(self._synth, channel, 0)
        self._lib.fluid_synth_program_change(self._synth, channel, program)

    def note_on(self, channel: int, key: int, velocity: int) -> None:
        """Start a note."""
        self._lib.fluid_synth_noteon(self._synth, channel, key, velocity)

    def all_off(self) -> None:
        """Silence with the next block."""
        self._lib.fluid_synth_all_sounds_off(self._synth, -1)

    def render(self, out: NDArray[np.float32]) -> None:
        """Fill out (samples, 2), linear."""
        at = out.ctypes.data
        self._lib.fluid_synth_write_float(self._synth, len(out), at, 0, 2, at, 1, 2)

    @property
    def voices(self) -> int:
        """Voices that sound: a stereo note has two or more."""
        return int(self._lib.fluid_synth_get_active_voice_count(self._synth))

    def __enter__(self) -> "FluidSynth":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lib.delete_fluid_synth(self._synth)
        self._lib.delete_fluid_settings(self._settings)


def voices_a_note(font: Path, program: int, keys: Iterable[int], velocity: int) -> float:
    """Voices that FluidSynth starts for a note, on average over keys."""
    keys = list(keys)
    with FluidSynth(font, 48000.0) as synth:
        synth.program(0, program)
        for key in keys:
            synth.note_on(0, key, velocity)
        return synth.voices / len(keys)


def _library() -> Any:
    lib = ctypes.CDLL(ctypes.util.find_library("fluidsynth"))
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    lib.new_fluid_settings.restype = lib.new_fluid_synth.restype = pointer
    lib.fluid_settings_setint.argtypes = [pointer, text, number]
    lib.fluid_settings_setnum.argtypes = [pointer, text, ctypes.c_double]
    lib.new_fluid_synth.argtypes = lib.delete_fluid_settings.argtypes = [pointer]
    lib.delete_fluid_synth.argtypes = [pointer]
    lib.fluid_synth_get_active_voice_count.argtypes = [pointer]
    lib.fluid_synth_all_sounds_off.argtypes = [pointer, number]
    lib.fluid_synth_sfload.argtypes = [pointer, text, number]
    for name in ("program_change", "bank_select", "set_channel_type"):
        getattr(lib, f"fluid_synth_{name}").argtypes = [pointer, number, number]
    lib.fluid_synth_noteon.argtypes = [pointer, number, number, number]
    lib.fluid_synth_write_float.argtypes = [pointer, number, *[pointer, number, number] * 2]
    return lib


def _memory(font: Path) -> dict[str, float]:
    """MB of resident memory before and after a font is loaded as FluidSynth does by default."""
    from benchmarks.memory_use import resident_mb

    _library()
    before = resident_mb()
    with FluidSynth(font, 48000.0, **{"dynamic-sample-loading": 0}):
        return {"before_mb": before, "after_mb": resident_mb()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_memory(Path(sys.argv[1]))) + "\n")
