"""Changes of preset while it plays: by name, by set list, by pedal, by program change."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final, Literal

from rtsynth.desk import Desk
from rtsynth.errors import RtsynthError, one_line
from rtsynth.stage import presets
from rtsynth.stage.presets import Preset
from rtsynth.stage.set_list import SetList

Say = Callable[[str], None]
Kind = Literal["preset", "instrument"]
NOWHERE: Final = -1


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is to be played soon."""

    kind: Kind
    name: str


class Changer:
    """Loads presets into a desk on a thread of its own, and has the next ones prepared.

    Held notes ring out with the timbre they began with; new ones begin on takes that are there.
    """

    def __init__(
        self, desk: Desk, say: Say | None = None, instrument: Callable[[str], None] | None = None
    ) -> None:
        """Nothing is loaded yet.

        Args:
            desk: into which presets are loaded.
            say: hears one-line news: what plays now, what could not be loaded.
            instrument: plays another instrument, of that name. None: there is no other.
        """
        self._desk = desk
        self._say = say or (lambda line: None)
        self._lock = threading.RLock()  # of what is current
        self._current: Preset | None = None
        self._set_list: SetList | None = None
        self._place = NOWHERE  # in the set list, of what was asked for last
        self._instrument = instrument
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._latest: dict[Kind, _Asked] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """[control] Carry out what is asked for from now on."""
        self._thread = threading.Thread(target=self._run, name="presets", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """[control] End the thread; what was asked for and not begun is left out."""
        if self._thread is not None:
            self._latest.clear()
            self._asked.put(None)
            self._thread.join()
            self._thread = None

    @property
    def current(self) -> str:
        """Name of the preset that was loaded last; "": none."""
        preset = self._current
        return preset.name if preset is not None else ""

    @property
    def set_list(self) -> SetList | None:
        """The set list that is stepped through."""
        return self._set_list

    @property
    def place(self) -> int:
        """Where in the set list the player is, from 0; -1: not begun."""
        return self._place

    def load(self, name: str, whole: bool = False) -> None:
        """Load a preset now; a part of its name is enough, but for `whole`.

        Raises:
            RtsynthError: there is none, or it cannot be loaded; nothing has changed.
        """
        with self._lock:
            preset = presets.read(name, whole)
            presets.load(self._desk, preset)
            self._current = preset
            self.prepare()

    def load_and_say(self, name: str) -> None:
        """As `load`, but what cannot be loaded is news."""
        self._carry_out(_Asked("preset", name))

    def use(self, found: SetList | None, begin: bool = False) -> None:
        """Step through a set list from now on; its first preset is loaded if it is to `begin`.

        Raises:
            RtsynthError: that cannot be loaded.
        """
        with self._lock:
            self._set_list, self._place = found, NOWHERE
            self._desk.claim_programs(self if found is not None else None)
            if found is not None and begin:
                self.load(found.presets[0], whole=True)
                self._place = 0
            self.prepare()

    def prepare(self) -> None:
        """Have the takes of what may come next made ahead, anew after a change of instrument."""
        found = self._set_list
        names = () if found is None else found.presets
        near = [at for at in (self._place + 1, self._place - 1) if 0 <= at < len(names)]
        states = []
        for at in near:
            try:
                states.append(presets.read(names[at], whole=True).state)
            except RtsynthError:  # it is said when it is wanted
                continue
        self._desk.prepare(states)

    # --- asked for while it plays, by any thread: returns at once -----------------------------
    def ask(self, name: str) -> None:
        """Load a preset soon."""
        self._ask("preset", name)

    def ask_instrument(self, name: str) -> None:
        """Play another instrument soon."""
        self._ask("instrument", name)

    def step(self, by: int) -> None:
        """Go so many presets on (or back) in the set list; it ends at either end."""
        found = self._set_list
        if found is not None:
            place = min(max(self._place + by, 0), len(found.presets) - 1)
            if place != self._place:
                self.go(place)

    def go(self, place: int) -> None:
        """Go to a place of the set list, from 0; one that it does not have is passed over."""
        found = self._set_list
        if found is not None and 0 <= place < len(found.presets):
            self._place = place
            self._ask("preset", found.presets[place])

    def program(self, channel: int, program: int) -> bool:
        """A program change arrived: True where it is the set list's, and no timbre's."""
        if not self.takes(channel):
            return False
        self.go(program)
        return True

    def takes(self, channel: int) -> bool:
        """Whether a channel's program changes choose among the set list."""
        found = self._set_list
        return found is not None and found.channel in (None, channel)

    def _ask(self, kind: Kind, name: str) -> None:
        self._latest[kind] = asked = _Asked(kind, name)
        self._asked.put(asked)

    # --- the thread ---------------------------------------------------------------------------
    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            if asked is self._latest.get(asked.kind):  # pressed twice: the second is meant
                self._carry_out(asked)

    def _carry_out(self, asked: "_Asked") -> None:
        try:
            if asked.kind == "instrument" and self._instrument is not None:
                self._instrument(asked.name)
            elif asked.kind == "preset":
                self.load(asked.name)
                self._say(f"preset {self.current}")
        except RtsynthError as error:
            self._say(str(error))
        except Exception as error:  # it plays on, whatever a file holds
            self._say(f"{asked.kind} {asked.name} cannot be played ({one_line(error)})")
