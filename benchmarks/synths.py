"""Start a synthesiser on a JACK server, as a musician would, and stop it again."""

import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import fluid
from benchmarks.jackserver import JackServer

_SOUND_FONTS = (
    "/usr/share/sounds/sf3/MuseScore_General.sf3",
    "/usr/share/sounds/sf3/default-GM.sf3",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
)
PEER = "peer"
_FLUIDSYNTH = (
    "fluidsynth -q -a jack -m jack -R 0 -C 0 -o audio.jack.autoconnect=0"
    f" -o audio.jack.id={PEER} -o midi.jack.id={PEER}"
)
_STOP_LIMIT_S = 5.0
_ANSWER_LIMIT_S = 5.0
RTSYNTH = (sys.executable, "-m", "rtsynth")
ON_JACK = ("--backend", "jack", "--no-connect")
RTSYNTH_MIDI = "^rtsynth[^:]*:midi_in"
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
def _running(
    command: Sequence[str], server: JackServer, stdout: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        env=server.env,
        stdin=subprocess.PIPE,  # FluidSynth ends at the end of its standard input
        stdout=stdout,
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


def fluidsynth_command(
    rate_hz: float, font: Path, dynamic: bool = True, *options: str
) -> tuple[list[str], dict[str, str]]:
    """FluidSynth on JACK without its effects, and how the probe finds its ports.

    `dynamic`: it loads samples as they are needed, else all of a font, in seconds of CPU.
    """
    command = [*_FLUIDSYNTH.split(), "-r", str(int(rate_hz)), *options]
    command += ["-o", f"synth.dynamic-sample-loading={int(dynamic)}", str(font)]
    return command, {"midi_to": f"^{PEER}:midi", "audio_from": f"^{PEER}:(left|right)"}


@contextmanager
def fluidsynth(server: JackServer) -> Iterator[Synth]:
    """FluidSynth without its effects, so that notes are followed by silence."""
    font = sound_font()
    assert font is not None
    command, ports = fluidsynth_command(server.rate_hz, Path(font))
    with _running(command, server) as process:
        server.wait_for_port(f"{PEER}:left", 60.0)
        server.wait_for_port(f"{PEER}:midi")
        yield Synth("FluidSynth", ports["midi_to"], ports["audio_from"], process)


class HeldFluidSynth:
    """FluidSynth on a server, without effects, with as many voices as it is asked for."""

    name = "FluidSynth"
    midi_to = f"^{PEER}:midi"
    audio_from = f"^{PEER}:(left|right)"

    def __init__(self, server: JackServer, program: int, keys: Iterable[int], velocity: int):
        """Start it; the notes to come tell how many voices it starts for one."""
        self.font = next(reversed(fluid.fonts()))  # FluidR3_GM: two voices a note
        self._voices_a_note = fluid.voices_a_note(self.font, program, keys, velocity)
        many = ("-o", "synth.polyphony=32768")
        command, _ = fluidsynth_command(server.rate_hz, self.font, True, *many)
        self._stack = ExitStack()
        self.process = self._stack.enter_context(_running(command, server, subprocess.PIPE))
        with self._stack.pop_all() as stack:
            server.wait_for_port(f"{PEER}:left", 60.0)
            server.wait_for_port(f"{PEER}:midi")
            self._stack = stack.pop_all()

    def sounding(self) -> float:
        """Notes that sound now: its voices, as its shell counts them."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"voice_count\n")
        self.process.stdin.flush()
        said = b""
        while select.select([self.process.stdout], [], [], _ANSWER_LIMIT_S)[0]:
            said += os.read(self.process.stdout.fileno(), 4096)
            if found := re.search(rb"voice_count: (\d+)\s", said):
                return int(found.group(1)) / self._voices_a_note
        raise RuntimeError(f"FluidSynth did not answer for {_ANSWER_LIMIT_S:.0f} s")

    def busy(self, on: bool) -> None:
        """There is no Python in its process."""

    def __enter__(self) -> "HeldFluidSynth":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


@contextmanager
def rtsynth(
    server: JackServer, options: Sequence[str] = (), settle_s: float = 2.0
) -> Iterator[Synth]:
    """The `rtsynth` command on the server, which the probe connects.

    `settle_s` lets it make the takes of the first timbre ahead, as a player's first seconds do.
    """
    with _running([*RTSYNTH, *ON_JACK, *options], server) as process:
        _wait_for_audio(server, process)
        time.sleep(settle_s)
        yield Synth("rtsynth", RTSYNTH_MIDI, RTSYNTH_AUDIO, process)


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
