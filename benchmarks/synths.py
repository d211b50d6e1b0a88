"""Start a synthesiser on a JACK server, as a musician would, and stop it again."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.jackserver import JackServer

_SOUND_FONTS = (
    "/usr/share/sounds/sf3/MuseScore_General.sf3",
    "/usr/share/sounds/sf3/default-GM.sf3",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
)
_FLUIDSYNTH = (
    "fluidsynth -q -a jack -m jack -R 0 -C 0 -o audio.jack.autoconnect=0"
    " -o synth.dynamic-sample-loading=1"  # else it starts in six seconds of CPU
)
_STOP_LIMIT_S = 5.0
RTSYNTH = (sys.executable, "-m", "rtsynth")
RTSYNTH_AUDIO = "^rtsynth[^:]*:out_"


@dataclass(frozen=True)
class Synth:
    """A running synthesiser, and how the probe finds its ports (regular expressions)."""

    name: str
    midi_to: str | None  # None: it connects itself to the probe, as to a keyboard
    audio_from: str
    process: subprocess.Popen[bytes]


def sound_font() -> str | None:
    """A General MIDI sound font of this machine, or None."""
    return next((font for font in _SOUND_FONTS if Path(font).exists()), None)


def fluidsynth_missing() -> str | None:
    """Why FluidSynth cannot play here, in words, or None."""
    if shutil.which("fluidsynth") is None:
        return "FluidSynth is not installed (Debian: apt install fluidsynth)"
    if sound_font() is None:
        return "no sound font (Debian: apt install musescore-general-soundfont)"
    return None


@contextmanager
def _running(command: Sequence[str], server: JackServer) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        env=server.env,
        stdin=subprocess.PIPE,  # FluidSynth ends at the end of its standard input
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def fluidsynth(server: JackServer) -> Iterator[Synth]:
    """FluidSynth without its effects, so that notes are followed by silence."""
    name = "peer"
    font = sound_font()
    assert font is not None
    command = [*_FLUIDSYNTH.split(), "-r", str(server.rate_hz)]
    command += ["-o", f"audio.jack.id={name}", "-o", f"midi.jack.id={name}", font]
    with _running(command, server) as process:
        server.wait_for_port(f"{name}:left", 60.0)
        server.wait_for_port(f"{name}:midi")
        yield Synth("FluidSynth", f"^{name}:midi", f"^{name}:(left|right)", process)


@contextmanager
def rtsynth(
    server: JackServer, options: Sequence[str] = (), settle_s: float = 2.0
) -> Iterator[Synth]:
    """The `rtsynth` command on the server, its block the server's period.

    `settle_s` lets it make the takes of the first timbre ahead, as a player's first seconds do.
    """
    period, rate = str(server.period_samples), str(server.rate_hz)
    command = [*RTSYNTH, "--block", period, "--rate", rate, *options]
    with _running(command, server) as process:
        _wait_for_audio(server, process)
        time.sleep(settle_s)
        yield Synth("rtsynth", None, RTSYNTH_AUDIO, process)


def _wait_for_audio(server: JackServer, process: subprocess.Popen[bytes]) -> None:
    """Wait until rtsynth has its outputs on the server."""
    until = time.monotonic() + 20.0
    while time.monotonic() < until:
        if any(re.match(RTSYNTH_AUDIO, port) for port in server.ports()):
            return
        if process.poll() is not None:
            raise RuntimeError(f"rtsynth ended at once, with {process.returncode}")
        time.sleep(0.05)
    raise TimeoutError(f"rtsynth opened no audio output; there are {server.ports()}")
