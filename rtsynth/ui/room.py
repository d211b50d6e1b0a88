"""The player as pages see it: what they have to know when they come, and who does what they ask."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from rtsynth.desk import Change
from rtsynth.errors import RtsynthError
from rtsynth.messages import CHANNELS, Message
from rtsynth.parameters import PARAMETERS
from rtsynth.player import Player
from rtsynth.player_config import PlayerStats
from rtsynth.serve.client import Rows, Watch
from rtsynth.tap import Block
from rtsynth.ui.channels import Channels
from rtsynth.ui.describe import figures, parameter_row, timbre_rows, values
from rtsynth.ui.fields import Order
from rtsynth.ui.gear import Action, Gear, Playable
from rtsynth.ui.hub import Hub, Looks
from rtsynth.ui.keeping import KEEPING, kept_figures, kept_names
from rtsynth.ui.learning import LEARNING, learned_row, learning_figures
from rtsynth.ui.lit import Lit
from rtsynth.ui.meters import BANDS, HIGH_HZ, LOW_HZ, Meters
from rtsynth.ui.playing import PLAYING
from rtsynth.ui.session import Session
from rtsynth.ui.setting import SETTING, layer_rows, tuning_row
from rtsynth.ui.wiring import WIRING, wired_figures
from rtsynth.user_timbres import load_all

MOST_LATE_S: Final = 0.2  # sound that the page did not look at in time is passed over
ACTIONS: Final[dict[str, Action]] = {**PLAYING, **SETTING, **KEEPING, **WIRING, **LEARNING}


class Room:
    """What pages play on. Threads: the server's; what listens, any."""

    def __init__(self, player: Playable, channels: Channels, meters: Looks) -> None:
        """The player need not have begun yet."""
        self.player = player
        self.desk = player.desk
        self._instrument = player.instrument
        self.channels = channels
        self.lit = Lit()
        self.hub = Hub(meters, self.lit, player.stats, self._figures)
        self._gear = Gear(player, player.desk, self.channels, self.hub)
        self._endings: list[Callable[[], None]] = [
            player.desk.listen(self._changed),
            player.controls.keep(lambda message, *_: self.lit.hear(message)),
        ]

    def plugins(self) -> dict[str, Any]:
        """Instances of the plugin that a page may go to, and the one that it is at (0: none)."""
        return {"plugins": [], "plugin": 0}

    def close(self) -> None:
        """Listen to nothing any more."""
        for end in self._endings:
            end()

    def carry_out(self, order: Order, session: Session) -> Any:
        """Do what a page asks for; gives an awaitable where that takes long.

        Raises:
            RtsynthError: it cannot be done; the text says why.
        """
        action = ACTIONS.get(order["do"])
        if action is None:
            raise RtsynthError(f"there is nothing called '{order['do'][:40]}' to do")
        return action(self._gear, order, session)

    def play(self, message: Message) -> bool:
        """Play a channel message now. False: it was refused."""
        return self.desk.play(message)

    def hello(self) -> dict[str, Any]:
        """All that a new page has to know, as JSON values."""
        return {
            "parameters": [parameter_row(each) for each in PARAMETERS.values()],
            "values": values(self.desk),
            "timbres": timbre_rows(self.channels.map),
            "now": self.channels.every(),
            "layers": {str(each): layer_rows(self.desk, each) for each in range(CHANNELS)},
            "tuning": tuning_row(self.player.controls.tuning),
            "learned": {"all": learned_row(self.desk)},
            "presets": kept_names(),
            "devices": {"outputs": []},
            "figures": self._figures(self.player.stats()),
            "spectrum": {"low_hz": LOW_HZ, "high_hz": HIGH_HZ, "bands": BANDS},
        }

    def _tuning(self, key: str) -> str:
        return tuning_row(self.player.controls.tuning)[key]

    def _figures(self, stats: PlayerStats) -> dict[str, Any]:
        if self.player.instrument is not self._instrument:
            self._instrument = self.player.instrument
            about = self._instrument.metadata
            self.channels.use(about, load_all(about))
            self.hub.begin_anew()
        player = self.player
        return {
            **figures(player, stats), **kept_figures(player), **wired_figures(player, stats),
            **learning_figures(self.desk), **self.plugins(),
        }  # fmt: skip

    def _changed(self, change: Change) -> None:
        """Thread: any; must not wait."""
        if change.name in PARAMETERS:
            self.hub.changed("values", f"{change.name} {change.channel}", change.value)
        elif change.name in ("timbre", "layers"):
            channel = change.channel
            self.hub.changed("now", str(channel), lambda: self.channels.now(channel))
            self.hub.changed("layers", str(channel), lambda: layer_rows(self.desk, channel))
        elif change.name in ("tuning", "preset"):
            for key in ("scale", "map"):
                self.hub.changed("tuning", key, partial(self._tuning, key))
        elif change.name == "learned":
            self.hub.changed("learned", "all", partial(learned_row, self.desk))


class PlayerRoom(Room):
    """A player that pages play on, and the way to the instances of the plugin."""

    def __init__(self, player: Player) -> None:
        """The player need not have begun yet."""
        about = player.instrument.metadata
        self.meters = Meters(player.engine.rate_hz)
        self._engine = player.engine
        self._watch = Watch()
        super().__init__(player, Channels(player.desk, about, load_all(about)), self.meters)
        self._endings.append(player.tap.listen(self._hear, MOST_LATE_S))

    def plugins(self) -> dict[str, Any]:
        """As in a room of any kind."""
        return {"plugins": page_rows(self._watch()), "plugin": 0}

    def _hear(self, sound: Block, _: int) -> None:
        if self._engine.rate_hz != self.meters.rate_hz:
            self.meters.set_rate(self._engine.rate_hz)
        self.meters.hear(sound)


def page_rows(rows: Rows) -> Rows:
    """What a page has to know of instances: what does not change with every note."""
    return [{name: each[name] for name in ("number", "title", "timbre")} for each in rows]
