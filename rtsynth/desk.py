"""The mixing desk: every parameter in one place, for the page, OSC, learned knobs and presets.

The desk holds what is set and tells who listens; what carries a value out is the parameter's home.
What MIDI itself moves (a keyboard's controllers) comes to the desk by `follow`, on a thread of its
own: nothing that sounds waits for the desk.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from rtsynth.arrangement import Arrangement, How
from rtsynth.controllers import RESET
from rtsynth.controls import Controls, Programs
from rtsynth.desk_following import BY_MESSAGES, Following
from rtsynth.desk_state import MOMENTARY, State, read_state, timbres_of, turns_of, write_state
from rtsynth.desk_values import Change as Change
from rtsynth.desk_values import DeskValues, Heard, known_channel, place_of
from rtsynth.errors import RtsynthError
from rtsynth.layers import MOST_LAYERS as MOST_LAYERS
from rtsynth.layers import Layer as Layer
from rtsynth.layers import check_layers
from rtsynth.messages import CHANNELS, AnyMessage, Message
from rtsynth.metadata import Metadata, Timbre
from rtsynth.outlets import Outlets
from rtsynth.parameters import PARAMETERS, parameter
from rtsynth.stage.learn import Learned
from rtsynth.standing import Standing
from rtsynth.timbres import Turns
from rtsynth.tuning.own import Tuning, of_state
from rtsynth.tuning.scala import KeyboardMap, Scale


class Desk:
    """All parameters of one engine. Thread: any, one at a time gets in."""

    def __init__(
        self,
        controls: Controls,
        timbre: str | None = None,
        own: Callable[[], Sequence[Timbre]] = tuple,
        say: Callable[[str], None] | None = None,
        resumes: bool = False,
    ) -> None:
        """Hear what is played from now on; follow it from start() on.

        Args:
            controls: of the engine.
            timbre: what all channels play at first, as it was typed. None: its own name.
            own: reads the user's timbres.
            say: hears one-line news.
            resumes: the engine goes on with what another process set, until a state is loaded.
        """
        self._controls = controls
        self._outlets = Outlets(controls)
        self._lock = threading.RLock()
        self._arrangement = Arrangement(controls, self._outlets, timbre, own)
        self._values = DeskValues()
        self._standing = Standing()
        self._following = Following(
            controls, self._outlets, self._values, self._arrangement, self._standing, self._lock,
            say or (lambda line: None),
        )  # fmt: skip
        self.learn = Learned(self, self._following.ignore)
        self.learn.register("panic", self.panic)
        self.learn.changed = partial(self._values.tell, "learned", 0, 0.0)
        self._following.begin(self.learn, self.take_back)
        if not resumes:
            self.set("gain", self.get("gain"))  # 0 dB is the level that the instrument asks for

    def start(self) -> None:
        """[control] Follow what is played on a thread of its own."""
        self._following.start()

    def stop(self) -> None:
        """[control] Follow no more."""
        self._following.stop()

    # --- parameters -------------------------------------------------------------------------
    def get(self, name: str, channel: int = 0) -> float:
        """What a parameter is set to.

        Raises:
            RtsynthError: there is none of that name, or no such channel.
        """
        return self._values.get(name, channel)

    def set(self, name: str, value: float, channel: int = 0) -> float:
        """Move a parameter; returns what it is set to, which lies in its range.

        Raises:
            RtsynthError: there is none of that name, no such channel, the value is not a number,
                or the engine takes no events.
        """
        known = parameter(name)
        channel = place_of(known, channel)
        value = known.clamped(value)
        with self._lock:
            before = self._values.all[name, channel]
            self._values.all[name, channel] = value
            try:
                self._outlets.set(known, value, channel, self.get)
            except RtsynthError:
                self._values.all[name, channel] = before
                raise
            played = self._standing.is_played()
            if not played:
                self._values.standing[name, channel] = value
            self._values.tell(name, channel, value, played)
        return value

    def note(self, name: str, value: float, channel: int = 0) -> None:
        """Write down a value that was carried out elsewhere: by a host's automation.

        Raises:
            RtsynthError: there is none of that name, no such channel, or it is not a number.
        """
        known = parameter(name)
        with self._lock:
            self.stand(name, value, channel)
            self._values.keep(name, place_of(known, channel), known.clamped(value), played=False)

    def stand(self, name: str, value: float, channel: int = 0) -> None:
        """Write down what a host set by messages, which are followed by themselves.

        Raises:
            RtsynthError: as `note`.
        """
        known = parameter(name)
        with self._lock:
            self._values.standing[name, place_of(known, channel)] = known.clamped(value)

    # --- timbres and layers -----------------------------------------------------------------
    def timbre(self, channel: int = 0) -> str:
        """What a channel plays (its layer 0), as a user would type it."""
        return self.layers(channel)[0].timbre

    def set_timbre(self, text: str, channel: int = 0, layer: int = 0) -> None:
        """Let a channel play a preset, a morph or a draw (`timbres.choose`); held notes ring out.

        Raises:
            RtsynthError: it names nothing, or nothing that can be made.
        """
        self._change_timbre(text, channel, layer, self._controls.parts.choose)

    def move_timbre(self, text: str, channel: int = 0, layer: int = 0) -> None:
        """As set_timbre, but held notes change as well: what a morph pad does, again and again.

        Raises:
            RtsynthError: as there.
        """
        self._change_timbre(text, channel, layer, self._controls.parts.move)

    @property
    def plain(self) -> str:
        """What a channel plays that state() says nothing of."""
        return self._arrangement.plain[0].timbre

    def layers(self, channel: int = 0) -> tuple[Layer, ...]:
        """A channel's layers, one at least."""
        return self._arrangement[known_channel(channel)]

    def set_layers(self, layers: Sequence[Layer], channel: int = 0) -> None:
        """Split or layer a channel.

        Raises:
            RtsynthError: none or more than MOST_LAYERS, or one is wrong.
        """
        check_layers(layers)
        known_channel(channel)
        with self._lock:
            self._arrange(tuple(layers), channel, turns_of(self._values.all, channel))

    def tune(self, scale: Scale, keyboard: KeyboardMap) -> None:
        """Another scale and keyboard map; notes that sound follow.

        Raises:
            RtsynthError: the map contradicts itself; nothing has changed.
        """
        with self._lock:
            self._outlets.tune(replace(self._controls.tuning, scale=scale, keyboard=keyboard))
            self._values.tell("tuning", 0, 0.0)

    def adopt(self, metadata: Metadata) -> list[str]:
        """Play another instrument's timbres; held notes ring out with what they began with.

        What has no timbre of that name gets its first.

        Returns:
            The names that it lacks.
        """
        with self._lock:
            wanted, lacking = self._arrangement.adopt(metadata)
            for channel, layers in enumerate(wanted):
                self._arrange(layers, channel, turns_of(self._values.all, channel))
            return lacking

    # --- messages ---------------------------------------------------------------------------
    def play(self, message: Message) -> bool:
        """Play a channel message that arrives now, as from a keyboard. False: it was refused."""
        return self._controls.live(message, time.monotonic_ns())

    def follow(self, message: AnyMessage) -> None:
        """Keep up with a message that was played, wherever it came from: soon, not now."""
        self._following.follow(message)

    def catch_up(self) -> None:
        """Follow what was played so far, now."""
        self._following.catch_up()

    def panic(self) -> None:
        """Silence everything at once; no note is held afterwards."""
        with self._lock:
            self._outlets.sure(self._controls.panic)
            for channel in range(CHANNELS):
                for name in RESET:
                    self._values.standing[name, channel] = parameter(name).default
                    self._values.keep(name, channel, parameter(name).default, played=False)

    # --- bounces, and resets by a host --------------------------------------------------------
    def bounce(self, on: bool) -> None:
        """Whether what is followed from now on is played by a bounce, which leaves nothing."""
        with self._lock:
            if self._standing.bounces and not on:
                self._take_programs_back()
            self._standing.bounces = on

    @property
    def bounces(self) -> bool:
        """Whether what is followed is played by a bounce."""
        return self._standing.bounces

    def take_back(self) -> None:
        """A host ended what was played, and the engine forgot it: what was set holds again.

        Channel 1's controllers are the host's, who brings them back.

        Raises:
            RtsynthError: the engine takes no events.
        """
        with self._lock:
            self._following.forget_played()
            self._take_programs_back()
            for (name, channel), value in self._values.standing.items():
                known, now = PARAMETERS[name], self._values.all[name, channel]
                self._values.all[name, channel] = value
                by_message = known.home in BY_MESSAGES or name == "mono"
                lost = channel != 0 and value != known.default if by_message else value != now
                if lost:
                    self._outlets.set(known, value, channel, self.get)
                if value != now:
                    self._values.tell(name, channel, value, played=True)

    def _take_programs_back(self) -> None:
        programs, self._standing.programs = self._standing.programs, {}
        for channel, layers in programs.items():
            turns = turns_of(self._values.standing, channel)
            self._arrange(layers, channel, turns, played=True)

    # --- presets ----------------------------------------------------------------------------
    def state(self, played: bool = True) -> dict[str, Any]:
        """Everything that is not as at the start, as a preset keeps it: plain JSON values.

        Learned controllers belong to the keyboard, and are not in it (`learn.state`); a state that
        names them is loaded with them. Without `played` it is what was set, as a project keeps it.
        """
        with self._lock:
            layers, tuning = self._arrangement.changed(), self._controls.tuning.state()
            if not played:
                layers = self._standing.layers(layers, self._arrangement.plain)
            return write_state(State(self._values.changed(played), layers, tuning))

    def standing(self, name: str, channel: int = 0) -> float:
        """What a parameter was set to, whatever is played.

        Raises:
            RtsynthError: as `get`.
        """
        return self._values.standing[name, place_of(parameter(name), channel)]

    def load(self, state: dict[str, Any]) -> None:
        """Set everything as a state says; what it does not name is as at the start.

        Raises:
            RtsynthError: it is wrong, in words that name the field; nothing has changed.
        """
        wanted = read_state(state)
        self._following.settle()  # what was played before is known, and gives way
        with self._lock:
            for layers in wanted.layers.values():
                for layer in layers:
                    self._arrangement.make(layer.timbre)
            scale, keyboard = of_state(wanted.tuning or {})
            hz, stretch = (wanted.values.get((name, 0), PARAMETERS[name].default)
                           for name in ("reference", "stretch"))  # fmt: skip
            tuning = Tuning(scale, keyboard, hz, stretch)
            if wanted.learned is not None:
                self.learn.load(wanted.learned)
            own = self._controls.tuning
            if tuning != own:  # all in one: every key is told once
                self._outlets.tune(tuning)
            if (scale, keyboard) != (own.scale, own.keyboard):
                self._values.tell("tuning", 0, 0.0)
            for channel in range(CHANNELS):
                layers = wanted.layers.get(channel, self._arrangement.plain)
                turns = turns_of(wanted.values, channel)
                before = self._arrangement[channel], turns_of(self._values.all, channel)
                if (layers, turns) != before or self._controls.plays_drums(channel):
                    self._arrange(layers, channel, turns)
            for (name, channel), old in self._values.all.items():
                value = wanted.values.get((name, channel), PARAMETERS[name].default)
                if PARAMETERS[name].group in MOMENTARY:
                    continue
                self._values.standing[name, channel] = value
                if value != old:
                    self.set(name, value, channel)
            self._values.tell("preset", 0, 0.0)

    def prepare(self, states: Iterable[dict[str, Any]]) -> None:
        """Have takes made ahead of states that may be loaded next, in the place of those before.

        What of a state is wrong is passed over: load() will say it.
        """
        with self._lock:
            made = []
            for text, turns in dict.fromkeys(
                each for state in states for each in timbres_of(state)
            ):
                with contextlib.suppress(RtsynthError):
                    made.append((self._arrangement.make(text), turns))
            self._controls.parts.prepare(made)

    def claim_programs(self, claimant: Programs | None) -> None:
        """Let somebody take program changes from now on (`Controls.claim_programs`)."""
        self._controls.claim_programs(claimant)

    def listen(self, heard: Heard) -> Callable[[], None]:
        """Tell of every change from now on; returns what ends it.

        `heard` is called on any thread and must not wait, not even for a lock that is held by
        somebody who calls the desk.
        """
        return self._values.listen(heard)

    # --- behind the scenes ------------------------------------------------------------------
    def _change_timbre(self, text: str, channel: int, layer: int, how: How) -> None:
        known_channel(channel)
        with self._lock:
            self._arrangement.change(text, channel, layer, how)
            self._standing.programs.pop(channel, None)
            self._values.tell("timbre", channel, float(layer))

    def _arrange(
        self, layers: tuple[Layer, ...], channel: int, turns: Turns, played: bool = False
    ) -> None:
        self._arrangement.arrange(layers, channel, turns)
        self._standing.programs.pop(channel, None)
        self._values.tell("layers", channel, float(len(layers)), played)
        self._values.tell("timbre", channel, 0.0, played)
