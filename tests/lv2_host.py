"""A small LV2 host in ctypes: it loads the module and treats it as hosts do, well or badly."""

import ctypes
import struct
from collections.abc import Sequence
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_uint32, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NS = "http://lv2plug.in/ns/"
URI = "urn:rtsynth:instrument"
CHANGE_REQUEST = "http://kx.studio/ns/lv2ext/control-input-port-change-request"
CONTROL, NOTIFY, LEFT, RIGHT, LATENCY, FREEWHEEL, PARAMETERS = range(7)
ATOM_BYTES = 65536
IS_KEPT = 3  # plain data, the same on any machine

Instantiate = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_double, c_char_p, c_void_p)
Connect = ctypes.CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
Plain = ctypes.CFUNCTYPE(None, c_void_p)
Run = ctypes.CFUNCTYPE(None, c_void_p, c_uint32)
ExtensionData = ctypes.CFUNCTYPE(c_void_p, c_char_p)
MapUri = ctypes.CFUNCTYPE(c_uint32, c_void_p, c_char_p)
RequestChange = ctypes.CFUNCTYPE(c_int, c_void_p, c_uint32, c_float)
Store = ctypes.CFUNCTYPE(c_int, c_void_p, c_uint32, c_void_p, ctypes.c_size_t, c_uint32, c_uint32)
Retrieve = ctypes.CFUNCTYPE(
    c_void_p, c_void_p, c_uint32, POINTER(ctypes.c_size_t), POINTER(c_uint32), POINTER(c_uint32)
)
Save = ctypes.CFUNCTYPE(c_int, c_void_p, Store, c_void_p, c_uint32, c_void_p)
Restore = ctypes.CFUNCTYPE(c_int, c_void_p, Retrieve, c_void_p, c_uint32, c_void_p)
SetOptions = ctypes.CFUNCTYPE(c_uint32, c_void_p, c_void_p)


class Descriptor(ctypes.Structure):
    _fields_ = [
        ("uri", c_char_p), ("instantiate", Instantiate), ("connect_port", Connect),
        ("activate", Plain), ("run", Run), ("deactivate", Plain), ("cleanup", Plain),
        ("extension_data", ExtensionData),
    ]  # fmt: skip


class Feature(ctypes.Structure):
    _fields_ = [("uri", c_char_p), ("data", c_void_p)]


class Mapping(ctypes.Structure):
    _fields_ = [("handle", c_void_p), ("map", MapUri)]


class Asking(ctypes.Structure):
    _fields_ = [("handle", c_void_p), ("request_change", RequestChange)]


class Option(ctypes.Structure):
    _fields_ = [
        ("context", c_int), ("subject", c_uint32), ("key", c_uint32), ("size", c_uint32),
        ("type", c_uint32), ("value", c_void_p),
    ]  # fmt: skip


class StateInterface(ctypes.Structure):
    _fields_ = [("save", Save), ("restore", Restore)]


class OptionsInterface(ctypes.Structure):
    _fields_ = [("get", SetOptions), ("set", SetOptions)]


@dataclass
class Uris:
    """Numbers for URIs, as they come."""

    known: list[str] = field(default_factory=list)

    def __call__(self, uri: str) -> int:
        if uri not in self.known:
            self.known.append(uri)
        return self.known.index(uri) + 1


@dataclass(frozen=True)
class Property:
    """A property of a saved state."""

    value: bytes
    type: str


State = dict[str, Property]


def path_with(library: Path, folder: Path) -> str:
    """An LV2_PATH with the module's bundle, linked to from a folder, and LV2's own bundles."""
    link = folder / library.parent.name
    if not link.exists():
        link.symlink_to(library.parent)
    return f"{folder}:/usr/lib/lv2"


class Lv2Instance:
    """An instance; what it plays comes back as (samples, 2).

    `asks`: the host moves its ports when it is asked to. `requests` are what it was asked for.
    """

    def __init__(
        self,
        library: Path,
        rate_hz: float = 48_000.0,
        most_samples: int = 4096,
        asks: bool = False,
        maps: bool = True,
    ) -> None:
        self.uris = Uris()
        self.requests: list[tuple[int, float]] = []
        self._library = ctypes.CDLL(str(library))
        self._library.lv2_descriptor.restype = POINTER(Descriptor)
        self.calls = self._library.lv2_descriptor(0).contents
        self._mapping = Mapping(None, MapUri(lambda _, uri: self.uris(uri.decode())))
        self._asking = Asking(None, RequestChange(self._requested))
        self._most = c_int(most_samples)
        length = (0, 0, self.uris(NS + "ext/buf-size#maxBlockLength"), 4, self.uris(_atom("Int")))
        self._options = (Option * 2)(Option(*length, ctypes.addressof(self._most)), Option())
        given: list[tuple[str, Any]] = [(NS + "ext/options#options", self._options)]
        given += [(NS + "ext/urid#map", self._mapping)] if maps else []
        given += [(CHANGE_REQUEST, self._asking)] if asks else []
        features = [Feature(uri.encode(), ctypes.addressof(data)) for uri, data in given]
        self._features = features
        pointers = (c_void_p * (len(features) + 1))(*map(ctypes.addressof, features), None)
        self.handle = self.calls.instantiate(ctypes.addressof(self.calls), rate_hz, b"/", pointers)
        self.ports: dict[int, c_float] = {}

    def _requested(self, _: Any, port: int, value: float) -> int:
        self.requests.append((port, value))
        self.ports[port].value = value
        return 0

    def connect(self, values: Sequence[float]) -> None:
        """Connect all ports; `values` are those of the parameters, in their order."""
        self._atoms = {CONTROL: ctypes.create_string_buffer(ATOM_BYTES),
                       NOTIFY: ctypes.create_string_buffer(ATOM_BYTES)}  # fmt: skip
        for port, memory in self._atoms.items():
            self.calls.connect_port(self.handle, port, ctypes.addressof(memory))
        numbers = [0.0, 0.0, *values]
        self.ports = {LATENCY + i: c_float(value) for i, value in enumerate(numbers)}
        for port, number in self.ports.items():
            self.calls.connect_port(self.handle, port, ctypes.addressof(number))

    def activate(self) -> None:
        self.calls.activate(self.handle)

    def run(
        self,
        samples: int,
        events: Sequence[tuple[int, bytes]] = (),
        position: tuple[int, float] | None = None,
    ) -> NDArray[np.float32]:
        """A block: MIDI (sample, bytes), and the song's (frame, speed) at its first sample."""
        body = b"" if position is None else self._event(0, _atom("Object"), self._place(*position))
        for sample, data in events:
            body += self._event(sample, NS + "ext/midi#MidiEvent", data)
        whole = struct.pack("=IIII", 8 + len(body), self.uris(_atom("Sequence")), 0, 0) + body
        ctypes.memmove(self._atoms[CONTROL], whole, len(whole))
        room = struct.pack("=II", ATOM_BYTES - 8, self.uris(_atom("Chunk")))
        ctypes.memmove(self._atoms[NOTIFY], room, len(room))
        sound = np.full((2, max(samples, 1)), np.nan, np.float32)
        for port, channel in ((LEFT, sound[0]), (RIGHT, sound[1])):
            self.calls.connect_port(self.handle, port, channel.ctypes.data)
        self.calls.run(self.handle, samples)
        return sound[:, :samples].T

    def _event(self, sample: int, kind: str, data: bytes) -> bytes:
        padded = data + bytes(-len(data) % 8)
        return struct.pack("=qII", sample, len(data), self.uris(kind)) + padded

    def _place(self, frame: int, speed: float) -> bytes:
        time = NS + "ext/time#"
        head = struct.pack("=II", 0, self.uris(time + "Position"))
        at = struct.pack("=IIIIq", self.uris(time + "frame"), 0, 8, self.uris(_atom("Long")), frame)
        going = struct.pack("=IIIIfI", self.uris(time + "speed"), 0, 4,
                            self.uris(_atom("Float")), speed, 0)  # fmt: skip
        return head + at + going

    def notified(self) -> list[str]:
        """Classes of the objects that the last block told."""
        memory = self._atoms[NOTIFY].raw
        end = 8 + struct.unpack_from("=I", memory)[0]
        at, found = 16, []
        while at < end:
            size = struct.unpack_from("=I", memory, at + 8)[0]
            found.append(self.uris.known[struct.unpack_from("=I", memory, at + 20)[0] - 1])
            at += 16 + size + -size % 8
        return found

    def save(self) -> State:
        """The state, as a host keeps it."""
        state: State = {}

        def store(_: Any, key: int, value: int, size: int, kind: int, flags: int) -> int:
            assert flags == IS_KEPT
            known = self.uris.known
            state[known[key - 1]] = Property(ctypes.string_at(value, size), known[kind - 1])
            return 0

        assert self._state_interface().save(self.handle, Store(store), None, 0, None) == 0
        return state

    def restore(self, state: State) -> int:
        """What restoring a state returned; 0: success."""
        kept = {key: ctypes.create_string_buffer(each.value, len(each.value) or 1)
                for key, each in state.items()}  # fmt: skip

        def retrieve(_: Any, key: int, size: Any, kind: Any, flags: Any) -> int | None:
            name = self.uris.known[key - 1]
            if name not in state:
                return None
            size[0], kind[0], flags[0] = len(state[name].value), self.uris(state[name].type), 3
            return ctypes.addressof(kept[name])

        found = self._state_interface().restore(self.handle, Retrieve(retrieve), None, 0, None)
        return int(found)

    def set_block(self, samples: int) -> int:
        """Tell it of longer blocks."""
        self._most.value = samples
        address = self.calls.extension_data((NS + "ext/options#interface").encode())
        interface = ctypes.cast(address, POINTER(OptionsInterface)).contents
        return int(interface.set(self.handle, self._options))

    def _state_interface(self) -> StateInterface:
        address = self.calls.extension_data((NS + "ext/state#interface").encode())
        return ctypes.cast(address, POINTER(StateInterface)).contents

    def close(self) -> None:
        self.calls.deactivate(self.handle)
        self.calls.cleanup(self.handle)


def _atom(name: str) -> str:
    return f"{NS}ext/atom#{name}"
