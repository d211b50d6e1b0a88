"""The server of all plugin instances of a user: it comes with the first and goes after the last."""

import asyncio
import gc
import json
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from rtsynth import __version__
from rtsynth._core import Link
from rtsynth.errors import RtsynthError, one_line
from rtsynth.serve.conversation import Conversation, refuse
from rtsynth.serve.followers import Followers
from rtsynth.serve.instance import Instance, read_hello
from rtsynth.serve.library import Library
from rtsynth.serve.makers import Makers
from rtsynth.serve.meeting import Meeting, is_ours
from rtsynth.serve.outbox import Outbox
from rtsynth.serve.protocol import NUMBER, VERSION, Frame, Kind, PageKind, pack
from rtsynth.serve.stream import Stream
from rtsynth.stage import presets
from rtsynth.ui.places import TimbreMap
from rtsynth.user_timbres import load_all

if TYPE_CHECKING:
    from rtsynth.serve.pages import Pages

SWITCH_INTERVAL_S: Final = 0.0005  # how soon a Python thread must let the others run
GREETING_S: Final = 10.0  # within which one who connects says who it is
ACCEPT_AGAIN_S: Final = 1.0
PRESETS_EVERY_S: Final = 3.0  # other programs of rtsynth's keep some, too
LEAST_START_S: Final = 10.0  # so long the first instance may take to come
LINGER_S: Final = 5.0
Say = Callable[[str], None]


class Server:
    """`run` until the last instance has been gone for a while, or `stop`."""

    def __init__(self, say: Say, linger_s: float = LINGER_S) -> None:
        """Take the place that plugins meet at; nobody is answered yet.

        Args:
            say: hears one-line news. Thread: any.
            linger_s: how long it stays behind the last instance.

        Raises:
            RtsynthError: another server runs, or there is no such place.
        """
        self._say = say
        self._linger_s = linger_s
        self._meeting = Meeting()
        self._library = Library()
        self._makers, self._followers = Makers(say), Followers(say)
        self._instances: dict[int, Instance] = {}
        self._pages: Pages | None = None
        self._number = 0  # of the latest instance
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wanted_end = threading.Event()

    def run(self) -> None:
        """[control] Serve until the end. Raises RtsynthError: no instrument can be played."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        try:
            about = self._library.load().metadata  # now: the first instance need not wait for it
            TimbreMap((*about.timbres, *load_all(about)))
            gc.collect()
            gc.freeze()  # what is there stays: to look through it would hold up the generator
            asyncio.run(self._serve())
        finally:
            self._meeting.close()

    def stop(self) -> None:
        """End soon. Thread: any, also a signal's."""
        self._wanted_end.set()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ending.set)

    @property
    def instances(self) -> list[Instance]:
        """Those that run. Thread: the server's."""
        return list(self._instances.values())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._wanted_end.is_set():
            return
        self._makers.start()
        self._followers.start()
        own = [asyncio.create_task(self._accept()), asyncio.create_task(self._watch_presets())]
        self._look_later(max(self._linger_s, LEAST_START_S))
        try:
            await self._ending.wait()
        finally:
            self._meeting.close()  # the next one may come
            for task in (tasks := [*own, *self._tasks]):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._followers.stop()
            self._makers.stop()

    def _look_later(self, after_s: float) -> None:
        """End then, if no instance came meanwhile."""
        number = self._number
        asyncio.get_running_loop().call_later(after_s, self._end_if_idle, number)

    def _end_if_idle(self, number: int) -> None:
        if not self._instances and number == self._number:
            self._ending.set()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        self._meeting.socket.setblocking(False)
        while True:
            try:
                connection, _ = await loop.sock_accept(self._meeting.socket)
            except OSError as error:  # too many files are open: some will close
                self._say(f"a plugin could not connect ({one_line(error)})")
                await asyncio.sleep(ACCEPT_AGAIN_S)
                continue
            if not is_ours(connection):
                connection.close()
                self._say("another user tried to connect: refused")
                continue
            task = asyncio.create_task(self._talk(Stream(connection)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _watch_presets(self) -> None:
        names = preset_names()
        while True:
            await asyncio.sleep(PRESETS_EVERY_S)
            now = await asyncio.to_thread(preset_names)
            if now != names:
                names = now
                for each in self.instances:
                    each.tell_presets(names)

    async def _talk(self, stream: Stream) -> None:
        """With whoever connected, until one of both goes."""
        try:
            frame = await asyncio.wait_for(stream.read(), GREETING_S)
            if frame is None:
                return
            if frame.kind == Kind.HELLO:
                await self._talk_to_plugin(stream, frame)
            elif frame.kind in (PageKind.LIST, PageKind.ATTACH):
                await self._talk_to_page(stream, frame)
            else:
                raise RtsynthError("what came is not a greeting of rtsynth's")
        except Exception as error:  # whatever was said, the others play on
            why = _reason(error)
            self._say(f"a connection ended: {why}")
            await refuse(stream, why)
        finally:
            stream.close()

    # --- plugins ------------------------------------------------------------------------------
    async def _talk_to_plugin(self, stream: Stream, greeting: Frame) -> None:
        hello = read_hello(greeting.payload)
        if not stream.files:
            raise RtsynthError("the plugin handed over no memory")
        link = _adopt(stream.files[0])
        loop, dirty = asyncio.get_running_loop(), asyncio.Event()
        self._number += 1
        outbox = Outbox(loop)
        instance = Instance(self._number, link, hello, self._library, self._makers, outbox.put,
                            self._say, lambda: _set(loop, dirty))  # fmt: skip
        self._instances[instance.number] = instance
        self._say(f"{instance.number} ({hello.title}) came")
        try:
            outbox.put(Kind.WELCOME, self._welcome())
            self._followers.add(instance)
            await Conversation(stream, instance, outbox, dirty).run()
        finally:
            del self._instances[instance.number]
            self._followers.remove(instance)
            await asyncio.shield(asyncio.to_thread(instance.close))
            self._say(f"{instance.number} ({hello.title}) went")
            if not self._instances:
                self._look_later(self._linger_s)

    def _welcome(self) -> bytes:
        name = self._library.load().metadata.name
        said = {"version": VERSION, "instrument": name, "rtsynth": __version__,
                "presets": preset_names()}  # fmt: skip
        return json.dumps(said).encode()

    # --- pages, and commands ------------------------------------------------------------------
    async def _talk_to_page(self, stream: Stream, asked: Frame | None) -> None:
        while asked is not None:
            if asked.kind == PageKind.ATTACH:
                return await self._all_pages().attach(stream, self._wanted(asked))
            rows = [each.row() for each in self.instances]
            await stream.write(pack(PageKind.INSTANCES, json.dumps(rows).encode()))
            asked = await stream.read()
        return None

    def _all_pages(self) -> "Pages":
        from rtsynth.serve.pages import Pages  # here, not above: it loads the page's parts

        if self._pages is None:
            self._pages = Pages(self._instances)
        return self._pages

    def _wanted(self, asked: Frame) -> Instance:
        number = NUMBER.unpack(asked.payload)[0] if len(asked.payload) == NUMBER.size else 0
        found = self._instances.get(number)
        if found is None or found.playing is None:
            raise RtsynthError(f"there is no plugin instance {number}")
        return found


def preset_names() -> list[str]:
    """Presets that a host may choose."""
    return [entry.name for entry in presets.SHELF.entries()]


def _adopt(file: int) -> Link:
    try:
        return Link.adopt(file)
    except RuntimeError as error:
        raise RtsynthError(f"the plugin's memory cannot be used: {one_line(error)}") from error


def _reason(error: Exception) -> str:
    """Why a connection ended, in a line."""
    if isinstance(error, TimeoutError):
        return "nothing was said"
    known = isinstance(error, RtsynthError | OSError)
    return one_line(error) if known else f"{type(error).__name__}: {one_line(error)}"


def _set(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(event.set)
