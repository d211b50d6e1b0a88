"""A small CLAP host in ctypes: it loads a plugin and treats it as hosts do, well or badly."""

import _ctypes
import ctypes
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests import clap_abi as abi
from tests.clap_events import copy_of

ID = "rtsynth.rtsynth"


@dataclass
class Host:
    """What a plugin can call, and what it called."""

    name: bytes = b"test host"
    lines: list[str] = field(default_factory=list)
    rescans: list[int] = field(default_factory=list)
    loaded: list[tuple[int, bytes | None, bytes | None]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # restart, process, callback, flush, dirty, tail
    misplaced: list[str] = field(default_factory=list)  # what came on a wrong thread
    has: frozenset[str] = frozenset(
        {
            "clap.log",
            "clap.params",
            "clap.state",
            "clap.tail",
            "clap.thread-check",
            "clap.preset-load/2",
        }
    )
    audio: set[int] = field(default_factory=set)  # threads that process now

    def __post_init__(self) -> None:
        self.main = threading.get_ident()
        self.extensions = {
            "clap.log": abi.filled(
                abi.HostLog, lambda _, severity, line: self.lines.append(line.decode())
            ),
            "clap.params": abi.filled(
                abi.HostParams,
                lambda _, flags: self.on_main("rescan", lambda: self.rescans.append(flags)),
                lambda *_: None,
                lambda _: self.asked.append("flush"),
            ),
            "clap.state": abi.filled(
                abi.HostState, lambda _: self.on_main("dirty", lambda: self.asked.append("dirty"))
            ),
            "clap.tail": abi.filled(abi.HostTail, lambda _: self.asked.append("tail")),
            "clap.thread-check": abi.filled(
                abi.HostThreads,
                lambda _: threading.get_ident() == self.main,
                lambda _: threading.get_ident() in self.audio,
            ),
            "clap.preset-load/2": abi.filled(
                abi.HostPresets,
                lambda _, kind, place, key, code, line: self.failed.append(line.decode()),
                lambda _, kind, place, key: self.loaded.append((kind, place, key)),
            ),
        }
        self.structure = abi.filled(
            abi.Host,
            abi.VERSION,
            None,
            self.name,
            b"",
            b"",
            b"1",
            self.extension,
            lambda _: self.asked.append("restart"),
            lambda _: self.asked.append("process"),
            lambda _: self.asked.append("callback"),
        )

    def extension(self, _: int, name: bytes) -> int | None:
        found = self.extensions.get(name.decode()) if name.decode() in self.has else None
        return None if found is None else ctypes.addressof(found)

    def on_main(self, what: str, note: Any) -> None:
        if threading.get_ident() != self.main:
            self.misplaced.append(what)
        note()


@dataclass
class Block:
    """What came of a process call."""

    sound: np.ndarray[Any, np.dtype[np.float32]]  # (2, samples)
    status: int
    events: list[Any]
    constant_mask: int


class Prepared:
    """A process call with all that it points to, to be made once or again."""

    def __init__(self, sound: Any, events: Sequence[Any], transport: Any = None) -> None:
        self.sound, self.given = sound, list(events)
        self.told: list[Any] = []
        pointer = ctypes.POINTER(ctypes.c_float)
        self.channels = (pointer * 2)(*(each.ctypes.data_as(pointer) for each in sound))
        self.output = abi.AudioBuffer(self.channels, None, 2, 0, 0)
        self.inputs = input_events(self.given)
        self.outputs = output_events(self.told)
        self.structure = abi.Process(
            -1, sound.shape[1], None if transport is None else ctypes.pointer(transport), None,
            ctypes.pointer(self.output), 0, 1, ctypes.pointer(self.inputs),
            ctypes.pointer(self.outputs),
        )  # fmt: skip


def input_events(events: list[Any]) -> Any:
    return abi.filled(
        abi.InputEvents,
        None,
        lambda _: len(events),
        lambda _, index: ctypes.addressof(events[index]),
    )


def output_events(told: list[Any]) -> Any:
    def push(_: int, header: Any) -> bool:
        told.append(copy_of(header))
        return True

    return abi.filled(abi.OutputEvents, None, push)


class Plugin:
    """An instance; its methods are CLAP's. What it does not check, a test may do wrongly."""

    def __init__(self, address: int, host: Host) -> None:
        self.address, self.host = address, host
        self.calls = abi.at(address, abi.Plugin)

    def extension(self, name: str) -> Any:
        """One of its extensions; its functions want `address` first."""
        found = self.calls.get_extension(self.address, name.encode())
        return None if not found else abi.at(found, abi.EXTENSIONS[name])

    def activate(self, rate_hz: float = 48000.0, most: int = 4096) -> bool:
        return bool(self.calls.activate(self.address, rate_hz, 1, most))

    def play_at(self, rate_hz: float = 48000.0, most: int = 4096) -> None:
        """Activated, and processing."""
        assert self.activate(rate_hz, most)
        assert self.calls.start_processing(self.address)

    def stop(self) -> None:
        self.calls.stop_processing(self.address)
        self.calls.deactivate(self.address)

    def run(self, prepared: Prepared) -> Block:
        """One process call."""
        self.host.audio.add(threading.get_ident())
        try:
            status = self.calls.process(self.address, ctypes.addressof(prepared.structure))
        finally:
            self.host.audio.discard(threading.get_ident())
        return Block(prepared.sound, status, prepared.told, prepared.output.constant_mask)

    def process(self, samples: int, events: Sequence[Any] = (), transport: Any = None) -> Block:
        """A block whose buffers hold rubbish before."""
        sound = np.full((2, samples), 123.0, np.float32)
        return self.run(Prepared(sound, events, transport))

    def flush(self, events: Sequence[Any] = ()) -> list[Any]:
        """Parameters without audio; returns what the plugin told."""
        told: list[Any] = []
        given, taken = input_events(list(events)), output_events(told)
        self.extension("clap.params").flush(
            self.address, ctypes.addressof(given), ctypes.addressof(taken)
        )
        return told

    def parameters(self) -> list[Any]:
        """Their descriptions."""
        params = self.extension("clap.params")
        found = [abi.ParamInfo() for _ in range(params.count(self.address))]
        for index, info in enumerate(found):
            assert params.get_info(self.address, index, ctypes.byref(info))
        return found

    def value(self, number: int) -> float:
        """The value of the parameter with this id."""
        value = ctypes.c_double()
        assert self.extension("clap.params").get_value(self.address, number, ctypes.byref(value))
        return value.value

    def values(self) -> dict[int, float]:
        return {info.id: self.value(info.id) for info in self.parameters()}

    def save(self, most: int = 1 << 30) -> bytes:
        """The state, taken `most` bytes at a time."""
        kept = bytearray()

        def take(_: int, source: int, size: int) -> int:
            kept.extend(ctypes.string_at(source, min(size, most)))
            return min(size, most)

        stream = abi.filled(abi.Stream, None, take)
        assert self.extension("clap.state").save(self.address, ctypes.byref(stream))
        return bytes(kept)

    def load(self, state: bytes, most: int = 1 << 30) -> bool:
        """Whether a state was taken, given `most` bytes at a time."""
        at = 0

        def give(_: int, target: int, size: int) -> int:
            nonlocal at
            piece = state[at : at + min(size, most)]
            ctypes.memmove(target, piece, len(piece))
            at += len(piece)
            return len(piece)

        stream = abi.filled(abi.Stream, None, give)
        return bool(self.extension("clap.state").load(self.address, ctypes.byref(stream)))


class Library:
    """A plugin file that was loaded."""

    def __init__(self, path: Path) -> None:
        self.binary = ctypes.CDLL(str(path))
        self.entry = abi.Entry.in_dll(self.binary, "clap_entry")
        assert self.entry.init(str(path).encode())
        self.factory = abi.at(self.find(b"clap.plugin-factory"), abi.Factory)
        self.factory_address = ctypes.addressof(self.factory)

    def find(self, name: bytes) -> Any:
        """The address of a factory; None: it has none of this name."""
        return self.entry.get_factory(name)

    def create(self, host: Host, plugin: str = ID) -> int | None:
        """The address of an instance that was not begun yet."""
        address = ctypes.addressof(host.structure)
        found: int | None = self.factory.create(self.factory_address, address, plugin.encode())
        return found

    @contextmanager
    def plugin(self, host: Host | None = None) -> Iterator[Plugin]:
        """An instance, begun, which ends with the block."""
        host = host or Host()
        address = self.create(host)
        assert address
        plugin = Plugin(address, host)
        try:
            assert plugin.calls.init(address)
            yield plugin
        finally:
            plugin.calls.destroy(address)


@contextmanager
def opened(path: Path) -> Iterator[Library]:
    """The library, which is given back with the block."""
    library = Library(path)
    try:
        yield library
    finally:
        library.entry.deinit()
        _ctypes.dlclose(library.binary._handle)
