"""An instrument that can be played: what makes its takes, what moves it, what loads presets."""

import threading
from collections.abc import Callable, Iterable
from functools import partial

from rtsynth import instrument as instruments
from rtsynth._core import Link
from rtsynth.controls import Controls
from rtsynth.desk import Desk
from rtsynth.generator import Find, Generator
from rtsynth.instrument import Instrument
from rtsynth.metadata import Timbre
from rtsynth.stage.changer import Changer
from rtsynth.timbres import choose
from rtsynth.user_timbres import load_all
from rtsynth.warm import WarmCache

Say = Callable[[str], None]
Load = Callable[[str], Instrument]


class Rig:
    """Everything of a player but its devices. Nothing runs by itself: the owner starts the parts.

    Attributes:
        engine: that sounds, in this process or another.
        generator, controls, desk, changer: of that engine.
        instrument: that was chosen last.
    """

    def __init__(
        self,
        engine: Link,
        instrument: Instrument,
        say: Say,
        timbre: str | None = None,
        seed: int = 0,
        warm: WarmCache | None = None,
        turning: Iterable[int] = (),
        load: Load = instruments.load,
        origin: bytes | None = None,
        resumes: bool = False,
        find: Find | None = None,
    ) -> None:
        """All channels play one timbre (`timbres.choose`); None: the instrument's first.

        Args:
            engine: whose queues nobody else fills.
            instrument: to begin with.
            say: hears one-line news.
            timbre: as a user would type it.
            seed: of the chance in takes.
            warm: keeps takes on disk.
            turning: channels that are known to turn their timbres.
            load: finds another instrument by its path or name.
            origin: what takes are made of, where another process may go on with them.
            resumes: the engine goes on with what another process told it; load a state, and then
                `controls.parts.begin()`.
            find: as `Generator`'s.

        Raises:
            RtsynthError: there is no such timbre.
        """
        self.engine = engine
        self.instrument = instrument
        self._say = say
        self._load = load
        self._changing = threading.Lock()
        own = load_all(instrument.metadata, say) if timbre is not None else ()
        metadata, slot = choose(instrument.metadata, timbre, own)
        self.generator = Generator(
            engine, instrument, seed, say, metadata.timbres, warm, origin, find
        )
        self.controls = Controls(
            engine, metadata, slot, say, self.generator.use, self.generator.fill, turning, resumes
        )
        self.desk = Desk(self.controls, timbre, self._own_timbres, say, resumes)
        self.changer = Changer(self.desk, say, self.change_instrument)
        self.desk.learn.register("next preset", partial(self.changer.step, 1))
        self.desk.learn.register("previous preset", partial(self.changer.step, -1))

    def change_instrument(self, name: str) -> None:
        """Play another instrument: a path or a name. Held notes ring out with the one before.

        Thread: any, one at a time; it takes as long as reading the file.

        Raises:
            RtsynthError: it cannot be played; nothing has changed.
        """
        with self._changing:
            found = self._load(name)
            metadata = self.generator.add(found)
            self.instrument = found
            lacking = self.desk.adopt(metadata)
            self.changer.prepare()
        self._say(f"{metadata.name}: {self.controls.timbre_of(0).name}")
        if lacking:
            first = metadata.timbres[0].name
            self._say(f"{metadata.name} has no {', '.join(lacking)}: {first} is played instead")

    def _own_timbres(self) -> tuple[Timbre, ...]:
        return load_all(self.instrument.metadata, self._say)
