"""Remote control by Open Sound Control, over UDP: the same parameters as the page and presets.

    /rtsynth/PARAMETER value              a master parameter, or one of channel 1
    /rtsynth/channel/N/PARAMETER value    one of channel N (1..16)
    /rtsynth/timbre text                  what channel 1 plays; or /rtsynth/channel/N/timbre
    /rtsynth/note key velocity            velocity 0 lets go; or /rtsynth/channel/N/note
    /rtsynth/preset name                  loads a preset; /rtsynth/next and /rtsynth/previous: steps
    /rtsynth/instrument name              plays another instrument, by name or path
    /rtsynth/panic
    /rtsynth/presets, /rtsynth/parameters names what there is (name, least, most, value)

A parameter, timbre or preset without a value is answered with it, from the same address.
"""

import contextlib
import logging
import math
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from rtsynth.desk import Desk
from rtsynth.errors import RtsynthError, one_line
from rtsynth.messages import CHANNELS, NOTE_OFF, NOTE_ON
from rtsynth.parameters import PARAMETERS
from rtsynth.parser import HeldNotes
from rtsynth.stage import presets
from rtsynth.stage.changer import Changer

LOOPBACK: Final = "127.0.0.1"
MOST_BYTES: Final = 65_535  # of a datagram
BUNDLE: Final = b"#bundle\0"
HEAD: Final = 16  # bytes of a bundle before its elements: its name and a time
MOST_DEPTH: Final = 4  # of bundles in bundles
SAY_EVERY_S: Final = 1.0
MOST_SAID: Final = 300  # characters of what strangers wrote
WAIT_S: Final = 0.2  # how soon it sees that it is to stop
ROOT: Final = "rtsynth"

Say = Callable[[str], None]
Address = tuple[Any, ...]
Answers = Sequence[tuple[Any, ...]]  # address and values of each


def parse_target(text: str) -> tuple[str, int]:
    """Host and port of 'PORT' or 'HOST:PORT'; without a host only this computer is heard.

    Raises:
        RtsynthError: it is neither.
    """
    host, _, port = text.strip().rpartition(":")
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65_535):
        raise RtsynthError(f"'{text}' is no place for OSC: write a port like 9000, or HOST:PORT")
    return host.strip("[]") or LOOPBACK, int(port)


class OscServer:
    """Hears OSC messages and carries them out on a thread of its own.

    Time tags of bundles are not waited for. What it does not understand is passed over, and said at
    most once a second.
    """

    def __init__(self, target: str, desk: Desk, changer: Changer, say: Say) -> None:
        """Take the port, where nothing is heard yet.

        Raises:
            RtsynthError: `target` is no port, or the port is taken.
        """
        host, port = parse_target(target)
        self._desk = desk
        self._changer = changer
        self._say = say
        self._said_s = float("-inf")
        self._held = HeldNotes()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            family, kind, proto, _, where = found[0]
            self._socket = socket.socket(family, kind, proto)
            self._socket.settimeout(WAIT_S)
            self._socket.bind(where)
        except OSError as error:
            raise RtsynthError(
                f"cannot hear OSC on {host}, port {port}: {error.strerror or one_line(error)}"
            ) from error

    def start(self) -> None:
        """[control] Hear from now on."""
        logging.getLogger().addFilter(_is_foreign)
        self._thread.start()

    def stop(self) -> None:
        """[control] End; notes that were held by it are let go."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()
        logging.getLogger().removeFilter(_is_foreign)
        self._held.release(self._desk.play)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                data, sender = self._socket.recvfrom(MOST_BYTES)
            except TimeoutError:
                continue
            except OSError:  # an answer that nobody took comes back as an error on some systems
                self._stop.wait(WAIT_S)
                continue
            self.packet(data, sender)

    def packet(self, data: bytes, sender: Address) -> None:
        """Carry out what a datagram says, whatever it is. Thread: osc."""
        from pythonosc.osc_packet import OscPacket

        try:
            check_sizes(data)
            messages = [timed.message for timed in OscPacket(data).messages]
        except Exception as error:  # bytes from anywhere meet a foreign parser
            self._complain(f"no OSC message ({one_line(error)})")
            return
        for message in messages:
            try:
                self._answer(self._carry_out(message.address, list(message.params)), sender)
            except RtsynthError as error:
                self._complain(f"{message.address}: {error}")
            except Exception as error:  # whatever strangers send, the thread goes on
                self._complain(f"{message.address}: {one_line(error)}")

    def _carry_out(self, address: str, values: list[Any]) -> Answers:
        channel, word = _parse_address(address)
        match word:
            case "presets":
                return [(address, entry.name) for entry in presets.SHELF.entries()]
            case "parameters":
                return [(address, p.name, p.low, p.high, self._desk.get(p.name, channel))
                        for p in PARAMETERS.values()]  # fmt: skip
            case "panic":
                self._desk.panic()
            case "next" | "previous":
                self._changer.step(1 if word == "next" else -1)
            case "note":
                self._note(channel, *_numbers(values, 2))
            case "preset" | "timbre" | "instrument" if values:
                self._choose(word, channel, _text(values))
            case "preset":
                return [(address, self._changer.current)]
            case "timbre":
                return [(address, self._desk.timbre(channel))]
            case _ if values:
                self._desk.set(word, _numbers(values, 1)[0], channel)
            case _:
                return [(address, self._desk.get(word, channel))]
        return []

    def _choose(self, word: str, channel: int, name: str) -> None:
        if word == "preset":
            self._changer.ask(name)
        elif word == "instrument":
            self._changer.ask_instrument(name)
        else:
            self._desk.set_timbre(name, channel)

    def _note(self, channel: int, key: float, velocity: float) -> None:
        if not (0 <= key <= 127 and 0 <= velocity <= 127):
            raise RtsynthError(f"no key {key:g} at velocity {velocity:g}: both are 0 to 127")
        status = (NOTE_ON if velocity else NOTE_OFF) | channel
        message = (status, round(key), round(velocity))
        if self._desk.play(message):
            self._held.note(message)

    def _answer(self, answers: Answers, sender: Address) -> None:
        from pythonosc.osc_message_builder import OscMessageBuilder

        for address, *values in answers:
            builder = OscMessageBuilder(address)
            for value in values:
                builder.add_arg(value)
            with contextlib.suppress(OSError):  # the sender is gone
                self._socket.sendto(builder.build().dgram, sender)

    def _complain(self, what: str) -> None:
        if time.monotonic() >= self._said_s + SAY_EVERY_S:
            self._said_s = time.monotonic()
            text = "".join(each if each.isprintable() else "?" for each in what)
            self._say(f"OSC: {text[:MOST_SAID]}")


def _is_foreign(record: logging.LogRecord) -> bool:
    """python-osc logs what it does not understand, a line each; it is said here once a second."""
    return "pythonosc" not in record.pathname


def check_sizes(data: bytes, depth: int = 0) -> None:
    """Refuse a bundle whose sizes do not fit: python-osc would go round in circles on one.

    Raises:
        ValueError: they do not, or bundles are packed too deep.
    """
    if not data.startswith(BUNDLE):
        return
    if depth >= MOST_DEPTH:
        raise ValueError("bundles in bundles in bundles")
    at = HEAD
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        at += 4
        if not 0 < size <= len(data) - at:
            raise ValueError("a bundle whose sizes are wrong")
        check_sizes(data[at : at + size], depth + 1)
        at += size


def _parse_address(address: str) -> tuple[int, str]:
    """Channel (0..15) and the word behind it."""
    parts = address.split("/")
    if parts[:2] == ["", ROOT] and len(parts) == 3:
        return 0, parts[2]
    if parts[:3] == ["", ROOT, "channel"] and len(parts) == 5:
        number = parts[3]
        if number.isascii() and number.isdecimal() and 1 <= int(number) <= CHANNELS:
            return int(number) - 1, parts[4]
    raise RtsynthError(f"no such address: write /{ROOT}/volume or /{ROOT}/channel/2/volume")


def _numbers(values: list[Any], count: int) -> list[float]:
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    if len(values) != count or len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise RtsynthError("a number is due" if count == 1 else f"{count} numbers are due")
    return numbers


def _text(values: list[Any]) -> str:
    if len(values) != 1 or not isinstance(values[0], str):
        raise RtsynthError("a text is due")
    return values[0]
