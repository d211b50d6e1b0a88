"""A rig on a plugin's memory: it plays what a state says, and keeps up with the host."""

import contextlib
import time
from collections.abc import Callable
from typing import Final

from rtsynth._core import ALL_TOLD, Link
from rtsynth.desk import Change
from rtsynth.errors import RtsynthError, one_line
from rtsynth.generator import NEVER, Generator
from rtsynth.heard import HeardFollower
from rtsynth.instrument import Instrument
from rtsynth.rig import Rig
from rtsynth.serve.automation import Automation
from rtsynth.serve.library import Library, Reference
from rtsynth.serve.makers import Makers
from rtsynth.serve.state import Saved, Substitutes
from rtsynth.timbres import make
from rtsynth.ui.channels import Channels
from rtsynth.user_timbres import load_all

SEED: Final = 0
MOST_TOLD: Final = 4096  # values at a time
MOST_NAMED: Final = 4  # of what is missing, in one line
SAY_AGAIN_S: Final = 10.0
Say = Callable[[str], None]


class Playing:
    """Thread: any one at a time, but for `generator`, which is the makers'."""

    def __init__(
        self, link: Link, instrument: Instrument, library: Library, makers: Makers, say: Say,
        dirty: Callable[[], None], wake: Callable[[], None],
    ) -> None:  # fmt: skip
        """As at the start.

        `dirty` is called when the state may be another, `wake` when a page plays. Thread: any.
        """
        self.link = link
        self._makers = makers
        self._library = library
        self._say = say
        self._dirty = dirty
        self._missing: Reference | None = None  # the instrument in whose place another plays
        self._substitutes = Substitutes()
        self._began = False  # with a state
        self._failed_s = -SAY_AGAIN_S
        self._look_at = NEVER  # offline: the sample to which turning timbres were put off
        self._edited = False  # by hand, since edited() was asked
        origin = library.origin(instrument, SEED)
        # Until a state is loaded the plugin plays on as it is, and at its host's gain.
        self._onsets = library.onsets(instrument, SEED, say)
        self.rig = Rig(link, instrument, say, seed=SEED, warm=self._onsets.warm, load=library.load,
                       origin=origin, resumes=True, find=self._onsets.add(link))  # fmt: skip
        link.level_db = instrument.metadata.level_db
        about = instrument.metadata
        self.channels = Channels(self.rig.desk, about, load_all(about))
        self._instrument = instrument
        self._heard = HeardFollower(link, self.rig.controls)
        self._automation = Automation(link, self.rig, self.channels)
        self._ends = [
            self.rig.desk.listen(self._changed),
            self.rig.controls.keep(lambda _, __, time_ns: wake() if time_ns is not None else None),
        ]
        self.rig.changer.start()
        makers.add(self)

    @property
    def generator(self) -> Generator:
        """Makes its takes."""
        return self.rig.generator

    @property
    def steps(self) -> tuple[Callable[[float], bool], ...]:
        """As `Generator.steps`; of a bounce, only what is waited for, or chance would be heard.

        Timbres turn where the audio thread waits for that (`Generator.settle_offline`).
        """
        if not self.link.offline:
            return self.generator.steps
        return self.generator.serve_offline, _nothing, _nothing, _nothing

    def load(self, saved: Saved, missing: Reference | None) -> None:
        """Play what a state says.

        Args:
            saved: the state; what of it there is not is left out, and a line says so.
            missing: the instrument that it names, where another plays.

        Raises:
            RtsynthError: the state is wrong; nothing has changed.
        """
        rig = self.rig
        if self._began:  # else what was played so far is newer than the state, and followed behind
            self._keep_up()
        self._began = True
        desk, lacking, unknown = self._substitutes.fit(saved, rig.desk.plain, self._known)
        try:
            rig.desk.load({"learned": [], **desk})
        finally:
            rig.controls.parts.begin()
        self._missing = missing
        self.channels.recall(0, saved.place)
        self._automation.begin()
        self._edited = False
        if lacking:
            self._say(f"{rig.instrument.metadata.name} has no {_named(lacking)}: "
                      f"{rig.desk.plain} is played instead")  # fmt: skip
        if unknown:
            self._say(f"this rtsynth has no parameter {_named(unknown)}: it is left out")

    def state(self) -> bytes:
        """What a project keeps of it."""
        desk, instrument = self.rig.desk, self.rig.instrument
        if self._missing is not None and instrument is self._instrument:
            reference = self._missing
        else:
            reference = self._library.reference(instrument)
        learned = desk.learn.state()
        whole = desk.state(played=False) | ({"learned": learned} if learned else {})
        return self._substitutes.write(Saved(reference, desk.plain, self.channels.place(0), whole))

    def values(self) -> list[float]:
        """As `Automation.values`."""
        return self._automation.values()

    def edited(self) -> bool:
        """Whether a hand, and not the host, changed what a project keeps, since the last call."""
        edited, self._edited = self._edited, False
        return edited

    def follow(self) -> None:
        """Keep up with what was played, and with what the host moved. It does not raise."""
        try:
            self._keep_up()
            self._automation.tell()
        except Exception as error:  # the next message is another matter
            now_s = time.monotonic()
            if now_s >= self._failed_s + SAY_AGAIN_S:
                self._failed_s = now_s
                self._say(one_line(error))

    def close(self) -> None:
        """End what runs by itself, and leave the link alone."""
        self._makers.remove(self)
        self._onsets.remove(self.link)
        self.rig.generator.keep_warm()
        for end in self._ends:
            end()
        self.rig.changer.stop()

    def _keep_up(self) -> None:
        offline = self.link.offline
        self.rig.desk.bounce(offline)
        heard = self._heard.follow(ahead=offline)
        told = [row[:2] for row in self.link.told(MOST_TOLD)]
        waits = offline and any(index == ALL_TOLD for index, _ in told)
        while waits and self._heard.follow(ahead=True):  # what came since the first look
            pass
        self._automation.follow(told)
        self.rig.desk.catch_up()
        if waits:
            self._look_at = self._makers.settle(self, self._heard.strikes())
        self._heard.tell_slots()  # before it is settled: the next program change counts on them
        if heard or told:
            self.link.settle(self._look_at if offline else NEVER)

    def _known(self, text: str) -> bool:
        metadata = self.rig.controls.metadata
        with contextlib.suppress(RtsynthError):
            make(metadata, text, load_all(metadata))
            return True
        return False

    def _changed(self, change: Change) -> None:
        """Thread: any; it does not wait."""
        self._automation.changed(change)
        if not change.played and not self._automation.is_host_speaking:
            self._edited = True
        self._dirty()


def _nothing(now_s: float) -> bool:
    return False


def _named(names: list[str]) -> str:
    """Some names in a line."""
    more = ", ..." if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
