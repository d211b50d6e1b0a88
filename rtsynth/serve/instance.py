"""One plugin instance as the server has it: who it is, and what it is told to do."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rtsynth import __version__
from rtsynth._core import Link
from rtsynth.errors import RtsynthError
from rtsynth.serve import state
from rtsynth.serve.library import Library
from rtsynth.serve.makers import Makers
from rtsynth.serve.playing import Playing
from rtsynth.serve.protocol import NUMBER, VERSION, Kind, pack_values
from rtsynth.serve.state import Saved

ASLEEP_NS: Final = 2_000_000_000  # no block for so long: the host lets it rest
Tell = Callable[[int, bytes], None]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Hello:
    """What a plugin says of itself."""

    pid: int
    format: str  # "CLAP", "VST3", "LV2"
    host: str

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.format} in {self.host}" if self.host else self.format


def read_hello(payload: bytes) -> Hello:
    """What a HELLO says.

    Raises:
        RtsynthError: it is another version's, or none; one line for the plugin's log.
    """
    try:
        said = json.loads(payload)
        version = said["version"]
        hello = Hello(int(said["pid"]), _word(said["format"]), _word(said["host"]))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise RtsynthError("that is no greeting of a plugin of rtsynth") from error
    if version != VERSION:
        raise RtsynthError(
            f"the plugin speaks version {version} and rtsynth {__version__} version {VERSION}: "
            "run 'rtsynth plugin install'"
        )
    return hello


def _word(data: Any) -> str:
    """A name that fits into a line."""
    return _printable(str(data))[:60]


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)


class Instance:
    """Thread: any one for what it is told to do, the follower's for `follow`."""

    def __init__(
        self, number: int, link: Link, hello: Hello, library: Library, makers: Makers,
        tell: Tell, say: Say, dirty: Callable[[], None],
    ) -> None:  # fmt: skip
        """Nothing plays yet: a state says what.

        Args:
            number: what pages know it by.
            link: of the plugin.
            hello: what it said of itself.
            library: loads instruments.
            makers: make takes.
            tell: sends a frame to the plugin; it does not wait. Thread: any.
            say: hears one-line news of all instances.
            dirty: is called when the plugin may not know the whole state. Thread: any.
        """
        self.number, self.link, self.hello = number, link, hello
        self.playing: Playing | None = None
        self._library = library
        self._makers = makers
        self._tell = tell
        self._say = say
        self._dirty = dirty
        self._lock = threading.RLock()  # of what plays
        self._told = b""  # the state that the plugin has

    def say(self, line: str) -> None:
        """News, for the host's log and the server's. Thread: any."""
        line = _printable(line)  # it may name what a damaged project names
        self._tell(Kind.LOG, line.encode())
        self._say(f"{self.number} ({self.hello.title}): {line}")

    def load(self, data: bytes) -> None:
        """Play what a state says. One that cannot be read changes nothing, and a line says why."""
        try:
            saved = state.read(data)
        except RtsynthError as error:
            self.say(str(error))
            if self.playing is not None:
                return
            saved = Saved()
        instrument, line, missing = self._library.wanted(saved.instrument)
        if line:
            self.say(line)
        with self._lock:
            if self.playing is None or self.playing.rig.instrument is not instrument:
                self._take_apart()
                self.playing = Playing(self.link, instrument, self._library, self._makers,
                                       self.say, self._dirty, self._wake)  # fmt: skip
            try:
                self.playing.load(saved, missing)
            except RtsynthError as error:
                self.say(f"the project's state cannot be played: {error}")
            self._told = data
        self._dirty()

    def preset(self, name: str) -> None:
        """Load a preset: a question that follows is answered with what it made of the state."""
        if self.playing is not None:
            self.playing.rig.changer.load_and_say(name)

    def answer(self, number: int) -> None:
        """Tell the whole state, as an answer to a question of that number."""
        with self._lock:
            self.follow()  # what was told before the question belongs to it
            self._told = data = self.state()
            values = self.playing.values() if self.playing is not None else []
            self._tell(Kind.STATE_ANSWER, NUMBER.pack(number) + pack_values(values) + data)

    def tell_state(self) -> None:
        """Tell the whole state, if it is another than the plugin has, and whether a hand made it
        so: a host need not save what it moves itself.
        """
        with self._lock:  # one state is told after the other, the newest last
            edited = self.playing is not None and self.playing.edited()
            data = self.state()
            if data != self._told:
                self._told = data
                self._tell(Kind.STATE, data)
            if edited:
                self._tell(Kind.EDITED, b"")

    def tell_presets(self, names: list[str]) -> None:
        """Tell which presets there are by now."""
        self._tell(Kind.PRESETS, json.dumps(names).encode())

    def state(self) -> bytes:
        """What a project keeps of it."""
        with self._lock:
            return self.playing.state() if self.playing is not None else b""

    def row(self) -> dict[str, Any]:
        """What people are shown of it. Thread: any."""
        stats, playing = self.link.stats(), self.playing
        rig = playing.rig if playing is not None else None
        asleep = time.monotonic_ns() - self.link.audio_beat_ns > ASLEEP_NS
        return {
            "number": self.number, "title": self.hello.title, "pid": self.hello.pid,
            "voices": stats.voices, "asleep": asleep,
            "timbre": rig.desk.timbre(0) if rig is not None else "",
            "instrument": rig.instrument.metadata.name if rig is not None else "",
        }  # fmt: skip

    def follow(self) -> bool:
        """Keep up with what was played, and with what the host moved.

        It does not wait. False: the instance is being changed at this moment, and follows later.
        """
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self.playing is not None:
                self.playing.follow()
        finally:
            self._lock.release()
        return True

    def close(self) -> None:
        """Leave the plugin's memory alone from now on."""
        with self._lock:
            self._take_apart()

    def _wake(self) -> None:
        """A page plays: a host that lets the plugin sleep has to call it. Thread: any."""
        self._tell(Kind.AWAKE, b"")

    def _take_apart(self) -> None:
        if self.playing is not None:
            self.playing.close()
            self.playing = None
