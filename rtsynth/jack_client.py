"""A JACK client whose every callback is C++: MIDI comes in and sound goes out in one period."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Final

from rtsynth import jack as server
from rtsynth._core import Engine, JackProcess
from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError, one_line, quiet_stderr
from rtsynth.heard import HeardFollower
from rtsynth.jack_follower import Follower, Say
from rtsynth.jack_wiring import Wires, Wiring, source_names, target_names

CLIENT_NAME: Final = "rtsynth"
CLOSE_S: Final = 2.0  # how long closing a client may take, and its thread ending
FUNCTIONS: Final = ("jack_port_get_buffer", "jack_midi_get_event_count", "jack_midi_event_get")
# Which function of libjack takes which callback of ours, and of what type.
CALLBACKS: Final = {
    "process": ("jack_set_process_callback", "JackProcessCallback"),
    "sample_rate": ("jack_set_sample_rate_callback", "JackSampleRateCallback"),
    "freewheel": ("jack_set_freewheel_callback", "JackFreewheelCallback"),
    "xrun": ("jack_set_xrun_callback", "JackXRunCallback"),
    "port_registration": ("jack_set_port_registration_callback", "JackPortRegistrationCallback"),
    "port_connect": ("jack_set_port_connect_callback", "JackPortConnectCallback"),
    "shutdown": ("jack_on_info_shutdown", "JackInfoShutdownCallback"),
}
_left: list[Any] = []  # clients that could not be closed, with all that they may still call


def open_client(name: str = CLIENT_NAME) -> Any:
    """An inactive client of the running server (a `jack.Client`), or None where there is none."""
    try:
        import jack  # here, not above: libjack may be missing
    except OSError:
        return None
    server.keep_quiet()
    try:
        with quiet_stderr():
            return jack.Client(name, no_start_server=True)
    except jack.JackOpenError:
        return None


def close_client(client: Any) -> None:
    """Close a client; one that does not let go within `CLOSE_S` is left alone.

    One whose server died must be closed before another is opened, or libjack crashes.
    """
    closing = threading.Thread(target=client.close, name="jack close", daemon=True)
    closing.start()
    closing.join(CLOSE_S)
    if closing.is_alive():
        _left.append(client)


@contextlib.contextmanager
def refusals(what: str) -> Iterator[None]:
    """Tell what JACK refuses, or what goes while it is looked at, in one line.

    Raises:
        RtsynthError: `what`, and JACK's own word.
    """
    import jack

    try:
        yield
    except jack.JackError as error:
        raise RtsynthError(f"{what} ({one_line(error)})") from error


class JackStream:
    """Plays an engine on a client's ports `midi_in`, `out_1` and `out_2`. Thread: control."""

    _closed = False

    def __init__(
        self, client: Any, engine: Engine, controls: Controls, wiring: Wiring, say: Say
    ) -> None:
        """Register the ports; nothing plays yet. The client is the stream's from now on.

        Raises:
            RtsynthError: JACK refuses, or the target named does not exist.
        """
        import jack

        self._client = client
        self._engine = engine
        self._open = threading.Lock()  # who has it may look at the ports
        try:
            with refusals("JACK takes no client"):
                midi = client.midi_inports.register("midi_in", is_terminal=True)
                outs = [client.outports.register(f"out_{i}", is_terminal=True) for i in (1, 2)]
                self._process = JackProcess(
                    engine, _addresses(jack), *(_address(jack, p._ptr) for p in (midi, *outs))
                )
                self._set_callbacks(jack)
                self._wires = Wires(client, wiring, [out.name for out in outs], midi.name)
            latency = server.PlaybackLatency(
                jack._libname, (_address(jack, out._ptr) for out in client.outports)
            )
        except BaseException:
            close_client(client)
            if client in _left:
                _left.append(self)  # and all that it has by now
            raise
        heard = HeardFollower(engine, controls)
        self._follower = Follower(self._process, heard, self._wires, latency, say)

    def _set_callbacks(self, jack: Any) -> None:
        lib, ffi = jack._lib, jack._ffi
        addresses = self._process.callbacks()
        process = ffi.cast("void*", self._process.user_data())
        for name, (setter, kind) in CALLBACKS.items():
            getattr(lib, setter)(self._client._ptr, ffi.cast(kind, addresses[name]), process)

    @property
    def label(self) -> str:
        """The device, for people."""
        period = self._engine.stats().block_samples or self._client.blocksize
        return f"JACK, period {period}"

    @property
    def midi(self) -> str:
        """What MIDI comes from, for people."""
        return self._wires.description

    def has_input(self, name: str | None) -> bool:
        """[any] Whether JACK has the MIDI source of that name; None: any keyboard."""
        return self._wires.has(name)

    @property
    def inputs(self) -> list[str]:
        """[any] MIDI sources there are."""
        with self._looking() as client:
            return source_names(client) if client is not None else []

    @property
    def outputs(self) -> list[str]:
        """[any] Clients whose ports take sound, as a wiring's target names them."""
        with self._looking() as client:
            names = target_names(client) if client is not None else []
        return list(dict.fromkeys(f"{name.partition(':')[0]}:" for name in names))

    def choose(self, wiring: Wiring) -> None:
        """[any] Connect other ports from now on.

        Raises:
            RtsynthError: the target named does not exist.
        """
        with self._looking() as client:
            if client is not None:
                self._wires.choose(wiring)

    @contextlib.contextmanager
    def _looking(self) -> Iterator[Any]:
        """The client, which is not closed meanwhile; None: it is closed already."""
        with self._open, refusals("JACK's ports cannot be looked at"):
            yield None if self._closed else self._client

    @property
    def latency_s(self) -> float:
        """From a period's begin to the loudspeaker, as JACK tells it; 0: nothing is connected."""
        return self._follower.latency_samples / self._engine.rate_hz

    @property
    def active(self) -> bool:
        """False once the server died or threw the client out, or plays at another rate."""
        return self._process.alive and not self._other_rate

    @property
    def ended(self) -> str:
        """Why it is not active, for people."""
        return f"plays at {self._process.rate_hz} Hz now" if self._other_rate else "went away"

    @property
    def _other_rate(self) -> bool:
        """PipeWire's may change while it runs."""
        return self._process.rate_hz not in (0, round(self._engine.rate_hz))

    def start(self) -> None:
        """Begin to play and connect the ports.

        Raises:
            RtsynthError: the server died meanwhile.
        """
        with refusals("JACK does not start"), quiet_stderr():
            self._client.activate()
        self._follower.start()

    def close(self) -> None:
        """Stop playing, leave the server, release what MIDI held down.

        Where JACK hangs, all that it may still call is left alone.
        """
        self._process.close()  # first: in freewheel a period may be waiting
        with self._open:
            self._closed = True  # nobody looks at its ports any more, but for the thread
        if self._follower.stop(CLOSE_S):
            close_client(self._client)
        else:
            _left.append(self._client)
        if self._client in _left:
            _left.extend((self._process, self._engine, self._follower))
        self._follower.release()  # last: until here MIDI may be played


def _addresses(jack: Any) -> dict[str, int]:
    return {name: _address(jack, getattr(jack._lib, name)) for name in FUNCTIONS}


def _address(jack: Any, pointer: Any) -> int:
    return int(jack._ffi.cast("uintptr_t", pointer))
