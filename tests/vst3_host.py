"""A small VST3 host in ctypes: it loads a module and treats it as hosts do, well or badly."""

import _ctypes
import ctypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import POINTER, c_void_p
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests import vst3_abi as abi
from tests.vst3_objects import Changes, Events, Host, Point, Stream
from tests.vst3_structures import Block, Bus, ClassInfo, Context, Event, ParameterInfo, Setup


@dataclass
class Answer:
    """What came of a block."""

    result: int
    sound: NDArray[np.float32]  # (2, samples)
    silent: int  # the flags of its channels
    moved: dict[int, list[Point]]


class Plugin:
    """One instance, initialised; leave it by `close`."""

    def __init__(self, factory: abi.Interface, class_id: bytes, host: Host) -> None:
        found = c_void_p()
        assert factory.create(class_id, abi.IID["IComponent"], ctypes.byref(found)) == abi.OK
        assert found.value
        self.host = host
        self.component = abi.Interface(found.value, "IComponent")
        assert self.component.initialize(host.application.address) == abi.OK
        self.faces = {
            name: self._face(name)
            for name in ("IAudioProcessor", "IEditController", "IMidiMapping", "IUnitInfo",
                         "IProcessContextRequirements", "INoteExpressionController")
        }  # fmt: skip
        self.processor = self.faces["IAudioProcessor"]
        self.controller = self.faces["IEditController"]
        assert self.controller.set_handler(host.handler.address) == abi.OK
        self.mode = abi.REALTIME

    def _face(self, name: str) -> abi.Interface:
        face = self.component.find(name)
        assert face is not None
        return face

    def play_at(self, rate: float = 48000.0, most: int = 1024, mode: int = abi.REALTIME) -> None:
        """Gets ready to process, from whatever state."""
        self.stop()
        setup = Setup(mode, 0, most, rate)
        assert self.processor.setup(ctypes.byref(setup)) == abi.OK
        assert self.component.set_active(1) == abi.OK
        assert self.processor.set_processing(1) == abi.OK
        self.mode = mode

    def stop(self) -> None:
        self.processor.set_processing(0)
        self.component.set_active(0)

    def block(
        self, samples: int, events: Sequence[Event] = (),
        points: Mapping[int, Iterable[Point]] | None = None, at: int | None = None,
    ) -> Answer:  # fmt: skip
        """A block of a host that does as it should; `at`: where a song that plays is."""
        sound = np.full((2, samples), np.nan, np.float32)
        buffers = (c_void_p * 2)(*(channel.ctypes.data for channel in sound))
        bus = Bus(2, 0, ctypes.cast(buffers, POINTER(c_void_p)))
        lists = [Changes(points), Changes(), Events(events)]
        context = Context(abi.PLAYING if at is not None else 0, 48000.0, at or 0)
        block = Block(
            self.mode, 0, samples, 0, 1, None, ctypes.pointer(bus), lists[0].address,
            lists[1].address, lists[2].address, None, ctypes.pointer(context),
        )  # fmt: skip
        result = self.processor.process(ctypes.byref(block))
        moved = {queue.number: queue.points for queue in lists[1].queues}
        assert all(each.references == 1 for each in lists)
        return Answer(result, sound, bus.silent, moved)

    def state(self, piece: int = 1 << 30) -> bytes:
        stream = Stream(piece=piece)
        assert self.component.get_state(stream.address) == abi.OK
        return stream.content

    def load(self, state: bytes, piece: int = 1 << 30) -> int:
        stream = Stream(state, piece)
        result: int = self.component.set_state(stream.address)
        self.controller.set_component_state(Stream(state).address)
        return result

    def parameters(self) -> list[ParameterInfo]:
        found = []
        for place in range(self.controller.count()):
            info = ParameterInfo()
            assert self.controller.info(place, ctypes.byref(info)) == abi.OK
            found.append(info)
        return found

    def close(self) -> None:
        """Lets go of everything; the object must be gone then."""
        self.stop()
        assert self.component.terminate() == abi.OK
        for face in self.faces.values():
            face.unref()
        assert self.component.unref() == 0
        assert all(part.references == 1 for part in self.host.parts)


class Module:
    """A module that is loaded, and its factory."""

    def __init__(self, bundle: Path) -> None:
        self.bundle = bundle
        (path,) = bundle.glob("Contents/*-linux/*.so")
        self.library = ctypes.CDLL(str(path))
        self.library.ModuleEntry.argtypes = [c_void_p]
        assert self.library.ModuleEntry(self.library._handle)
        self.library.GetPluginFactory.restype = c_void_p
        self.factory = abi.Interface(self.library.GetPluginFactory(), "IPluginFactory3")
        info = ClassInfo()
        assert self.factory.class_info(0, ctypes.byref(info)) == abi.OK
        self.class_id = bytes(info.cid)

    def open(self, host: Host | None = None) -> Plugin:
        return Plugin(self.factory, self.class_id, host or Host())

    @contextmanager
    def opened(self, host: Host | None = None) -> Iterator[Plugin]:
        plugin = self.open(host)
        yield plugin
        plugin.close()

    def close(self) -> None:
        self.factory.unref()
        assert self.library.ModuleExit()
        _ctypes.dlclose(self.library._handle)
