"""Find a sound card and open a stream on it whose callback is C++: audio never waits for Python."""

import contextlib
import ctypes
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from rtsynth import jack
from rtsynth._core import Engine
from rtsynth.errors import RtsynthError, one_line, quiet_stderr

try:
    import sounddevice as sd
except OSError as missing:
    raise RtsynthError(
        "PortAudio is missing: sudo apt install libportaudio2 (or your system's package of it)"
    ) from missing

CLIENT_NAME: Final = b"rtsynth-audio"
DEFAULT_BLOCK: Final = 64
CLOSE_S: Final = 2.0  # how long closing a stream may take
LOOK_S: Final = 20.0  # how long another process may look at the devices
USUAL_RATES: Final = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
JACK: Final = "JACK"
HOST_ORDER: Final = (JACK, "ASIO", "WASAPI", "Core Audio")  # then whatever PortAudio prefers


@dataclass(frozen=True)
class Output:
    """An output device as PortAudio lists it."""

    index: int  # PortAudio's, valid until the next refresh()
    name: str
    host_api: str
    channels: int
    rate_hz: float  # its own
    latency_s: float  # lowest it offers

    @property
    def label(self) -> str:
        """Name for people."""
        return f"{self.name} ({self.host_api})"


class _Library:
    """What has to be known of the PortAudio that is loaded."""

    named = False  # whether JACK will call us by our name
    server: jack.ServerId | None = None  # the JACK server it found when it was initialised


def refresh() -> None:
    """Look at the devices anew; no stream may be open."""
    release()
    _initialize()


def release() -> None:
    """Let go of every device and of JACK; refresh() takes them again."""
    if _Library.server not in (None, jack.server_id()):
        _renew_library()
    with quiet_stderr(), contextlib.suppress(sd.PortAudioError):
        while sd._initialized:
            sd._terminate()


def _renew_library() -> None:
    """Leave PortAudio as it is and load a fresh copy of it; no stream will be closed.

    After the death of a JACK server Pa_CloseStream and Pa_Terminate wait for ten minutes, or abort
    the process.
    """
    sd._initialized = 0
    _Library.server = jack.server_id()
    with contextlib.suppress(OSError, AttributeError):
        original = _library_path()
        with tempfile.NamedTemporaryFile(prefix="portaudio-", suffix=".so") as copy:
            shutil.copyfile(original, copy.name)
            sd._lib = sd._ffi.dlopen(copy.name)
            _name_jack_client(copy.name)


def _initialize() -> None:
    _Library.server = jack.server_id()
    with quiet_stderr(), contextlib.suppress(sd.PortAudioError):
        sd._initialize()


def _library_path() -> str:
    """The file that the loaded PortAudio came from (Linux)."""
    files = jack.loaded("libportaudio")
    if not files:
        raise OSError("PortAudio's file is not known")
    return files[0]


def _name_jack_client(library: str) -> None:
    """Let JACK call us by our name; takes effect at the next initialisation."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(library).PaJack_SetClientName(CLIENT_NAME)


def use_own_name() -> None:
    """At the start: look at the devices as 'rtsynth-audio' on JACK, not 'PortAudio'."""
    if not _Library.named:
        _Library.named = True
        _Library.server = jack.server_id()
        _name_jack_client(sd._libname)
        jack.keep_quiet()
    refresh()


def list_outputs() -> list[Output]:
    """Every device that can play two channels."""
    try:
        names = [str(host["name"]) for host in sd.query_hostapis()]
        devices = list(sd.query_devices())
    except sd.PortAudioError:
        return []
    hosts = [name.removesuffix(" Audio Connection Kit") for name in names]
    return [
        Output(
            index,
            str(device["name"]),
            hosts[device["hostapi"]],
            int(device["max_output_channels"]),
            float(device["default_samplerate"]),
            float(device["default_low_output_latency"]),
        )
        for index, device in enumerate(devices)
        if device["max_output_channels"] >= 2
    ]


def labels_now() -> list[str]:
    """Labels of the outputs there are now, while a stream is open: another process looks.

    PortAudio knows the devices that were there when it was initialised, and can be initialised anew
    only once its streams are closed.
    """
    code = "from rtsynth import audio; audio.use_own_name(); print(*audio.labels(), sep='\\n')"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LOOK_S, check=False
    )
    return found.stdout.splitlines() if found.returncode == 0 else labels()


def labels() -> list[str]:
    """Labels of the outputs there were at the last refresh()."""
    return [output.label for output in list_outputs()]


def default_output() -> Output | None:
    """The device to play on unless told otherwise: JACK's where a server runs."""
    outputs = {output.index: output for output in list_outputs()}
    hosts = [dict(host) for host in sd.query_hostapis()] if outputs else []
    for wanted in HOST_ORDER:
        for host in hosts:
            if wanted in host["name"] and host["default_output_device"] in outputs:
                return outputs[host["default_output_device"]]
    chosen = sd.default.device[1]
    if chosen not in outputs:
        chosen = next(
            (h["default_output_device"] for h in hosts if h["default_output_device"] in outputs), -1
        )
    return outputs.get(chosen)


def find_output(outputs: Sequence[Output], wanted: str) -> Output:
    """The output with a number (from 1) or a part of its name.

    Raises:
        RtsynthError: none fits; the line names those that exist.
    """
    if wanted.isdecimal() and 1 <= int(wanted) <= len(outputs):
        return outputs[int(wanted) - 1]
    part = wanted.lower()
    exact = [output for output in outputs if part in (output.name.lower(), output.label.lower())]
    matches = exact or [output for output in outputs if part in output.label.lower()]
    if matches:
        return matches[0]
    there = "; ".join(f"{i} {output.label}" for i, output in enumerate(outputs, 1)) or "none at all"
    raise RtsynthError(f"no audio output '{wanted}': there is {there} (see 'rtsynth devices')")


class Stream:
    """A stereo stream that plays an engine. Thread: control."""

    _left = False  # while it was being closed

    def __init__(self, engine: Engine, output: Output, block: int | None) -> None:
        """Open it, stopped. `block` in samples; None: JACK's own period, elsewhere DEFAULT_BLOCK.

        Raises:
            RtsynthError: the device refuses the rate or the block, or is busy.
        """
        self.output = output
        self._engine = engine  # a stream that does not close keeps it
        own_period = block is None and output.host_api == JACK
        size = 0 if own_period else (block or DEFAULT_BLOCK)
        try:
            with quiet_stderr():
                self._stream: Any = sd._StreamBase(
                    "output",
                    samplerate=engine.rate_hz,
                    blocksize=size,
                    device=output.index,
                    channels=2,
                    dtype="float32",
                    latency="low",
                    callback=sd._ffi.cast("PaStreamCallback*", engine.callback_address()),
                    userdata=sd._ffi.cast("void*", engine.user_data()),
                )
        except (sd.PortAudioError, ValueError) as error:
            raise RtsynthError(_refusal(output, engine.rate_hz, size, error)) from error

    @property
    def label(self) -> str:
        """The device, for people."""
        return self.output.label

    @property
    def latency_s(self) -> float:
        """What the device adds after a block is rendered, as PortAudio reports it."""
        return float(self._stream.latency)

    @property
    def active(self) -> bool:
        """False when the device stopped by itself: it was unplugged, or its server died."""
        try:
            return bool(self._stream.active)
        except sd.PortAudioError:
            return False

    def start(self) -> None:
        """Start the callbacks.

        Raises:
            RtsynthError: the device will not start.
        """
        try:
            with quiet_stderr():
                self._stream.start()
        except sd.PortAudioError as error:
            raise RtsynthError(f"{self.output.label} does not start ({_reason(error)})") from error

    def close(self) -> None:
        """Stop and close. A stream that cannot be closed is let go, with its library.

        That is one whose server died, or whose JACK client was suspended (Ctrl-Z) and lost the
        thread of what it says to the server: PortAudio may then wait for minutes.
        """
        with quiet_stderr():
            server_gone = not self.active or jack.server_id() != _Library.server
            if self.output.host_api == JACK and server_gone:
                _renew_library()
                return
            closing = threading.Thread(target=self._close, name="audio close", daemon=True)
            closing.start()
            closing.join(CLOSE_S)
            if closing.is_alive():
                self._left = True
                _renew_library()

    def _close(self) -> None:
        with contextlib.suppress(sd.PortAudioError):
            self._stream.abort()
        if not self._left:
            with contextlib.suppress(sd.PortAudioError):
                self._stream.close()


def _refusal(output: Output, rate_hz: float, block: int, error: Exception) -> str:
    takes = [rate for rate in USUAL_RATES if _takes_rate(output, rate)]
    if rate_hz not in takes:
        rates = ", ".join(str(rate) for rate in takes) or f"{output.rate_hz:.0f}"
        return f"{output.label} does not play at {rate_hz:.0f} Hz: it takes --rate {rates}"
    if "buffer" in str(error).lower() or "frames" in str(error).lower():
        return f"{output.label} refuses blocks of {block} samples: leave --block away or try 256"
    return f"cannot open {output.label} ({_reason(error)}): close other programs, or choose --audio"


def _takes_rate(output: Output, rate: int) -> bool:
    try:
        with quiet_stderr():
            sd.check_output_settings(output.index, 2, "float32", samplerate=rate)
    except (sd.PortAudioError, ValueError):
        return False
    return True


def _reason(error: Exception) -> str:
    return one_line(error).removeprefix("Error opening _StreamBase: ").removesuffix(" [PaErrorCode")
