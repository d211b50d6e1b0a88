"""The mixing desk: every parameter in one place, for the page, OSC, learned knobs and presets.

The desk holds what is set and tells who listens; what carries a value out is the parameter's home.
What MIDI itself moves (a keyboard's controllers) comes to the desk by `follow`, on a thread of its
own: nothing that sounds waits for the desk.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from rtsynth.controllers import RESET, Followed, messages_of, parameter_of
from rtsynth.controls import Controls, Programs
from rtsynth.desk_state import MOMENTARY, State, read_state, turns_of, write_state
from rtsynth.errors import RtsynthError
from rtsynth.layers import MOST_LAYERS as MOST_LAYERS
from rtsynth.layers import Layer as Layer
from rtsynth.layers import check_layers
from rtsynth.mailbox import Mailbox
from rtsynth.messages import CHANNELS, CONTROL, PROGRAM, AnyMessage, Message
from rtsynth.metadata import Metadata, Timbre
from rtsynth.outlets import Outlets
from rtsynth.parameters import CORE_NAMES, PARAMETERS, Parameter, parameter
from rtsynth.stage.learn import Learned
from rtsynth.sysex import Action, Reset, Setting, actions
from rtsynth.timbres import Turns, make
from rtsynth.tuning.own import of_state
from rtsynth.tuning.scala import KeyboardMap, Scale

MIDI_S: Final = ("cc", "rpn", "turn")  # homes of what messages set
KEPT_TIMBRES: Final = 64  # that were typed: the same text is the same timbre, and the same slot


@dataclass(frozen=True)
class Change:
    """A value that moved.

    "timbre", "layers", "tuning", "preset" and "learned" say: ask the desk what it is now.
    """

    name: str
    channel: int
    value: float


Heard = Callable[[Change], None]


class Desk:
    """All parameters of one engine. Thread: any, one at a time gets in."""

    def __init__(
        self,
        controls: Controls,
        timbre: str | None = None,
        own: Callable[[], Sequence[Timbre]] = tuple,
        say: Callable[[str], None] | None = None,
    ) -> None:
        """Hear what is played from now on; follow it from start() on.

        Args:
            controls: of the engine.
            timbre: what all channels play at first, as it was typed. None: its own name.
            own: reads the user's timbres.
            say: hears one-line news.
        """
        self._controls = controls
        self._outlets = Outlets(controls)
        self._own = own
        self._lock = threading.RLock()
        self._first = timbre or controls.timbre_of(0).name, controls.timbre_of(0)
        self._plain = (Layer(self._first[0]),)  # a channel's layers at the start
        self._layers: list[tuple[Layer, ...]] = [self._plain] * CHANNELS
        self._values = {
            (name, channel): p.default
            for name, p in PARAMETERS.items()
            for channel in (range(CHANNELS) if p.of_channel else (0,))
        }
        self._made: dict[str, Timbre] = {}
        self._followed = Followed()
        self._heard: list[Heard] = []
        self._messages = Mailbox("desk", self._keep_up, say or (lambda line: None))
        self.learn = Learned(self, self._ignore)
        self.learn.register("panic", self.panic)
        self.learn.changed = partial(self._tell, "learned", 0, 0.0)
        controls.listen(self.follow)
        self.set("gain", self.get("gain"))  # 0 dB is the level that the instrument asks for

    def start(self) -> None:
        """[control] Follow what is played on a thread of its own."""
        self._messages.start()

    def stop(self) -> None:
        """[control] Follow no more."""
        self._messages.stop()

    # --- parameters -------------------------------------------------------------------------
    def get(self, name: str, channel: int = 0) -> float:
        """What a parameter is set to.

        Raises:
            RtsynthError: there is none of that name, or no such channel.
        """
        return self._values[name, _channel_of(parameter(name), channel)]

    def set(self, name: str, value: float, channel: int = 0) -> float:
        """Move a parameter; returns what it is set to, which lies in its range.

        Raises:
            RtsynthError: there is none of that name, no such channel, the value is not a number,
                or the engine takes no events.
        """
        known = parameter(name)
        channel = _channel_of(known, channel)
        value = known.clamped(value)
        with self._lock:
            before = self._values[name, channel]
            self._values[name, channel] = value
            try:
                self._outlets.set(known, value, channel, self.get)
            except RtsynthError:
                self._values[name, channel] = before
                raise
            self._tell(name, channel, value)
        return value

    # --- timbres and layers -----------------------------------------------------------------
    def timbre(self, channel: int = 0) -> str:
        """What a channel plays (its layer 0), as a user would type it."""
        return self.layers(channel)[0].timbre

    def set_timbre(self, text: str, channel: int = 0, layer: int = 0) -> None:
        """Let a channel play a preset, a morph or a draw (`timbres.choose`); held notes ring out.

        Raises:
            RtsynthError: it names nothing, or nothing that can be made.
        """
        self._change_timbre(text, channel, layer, self._controls.choose)

    def move_timbre(self, text: str, channel: int = 0, layer: int = 0) -> None:
        """As set_timbre, but held notes change as well: what a morph pad does, again and again.

        Raises:
            RtsynthError: as there.
        """
        self._change_timbre(text, channel, layer, self._controls.move)

    def layers(self, channel: int = 0) -> tuple[Layer, ...]:
        """A channel's layers, one at least."""
        return self._layers[_known_channel(channel)]

    def set_layers(self, layers: Sequence[Layer], channel: int = 0) -> None:
        """Split or layer a channel.

        Raises:
            RtsynthError: none or more than MOST_LAYERS, or one is wrong.
        """
        check_layers(layers)
        _known_channel(channel)
        with self._lock:
            self._arrange(tuple(layers), channel, turns_of(self._values, channel))

    def tune(self, scale: Scale, keyboard: KeyboardMap) -> None:
        """Another scale and keyboard map; notes that sound follow.

        Raises:
            RtsynthError: the map contradicts itself; nothing has changed.
        """
        with self._lock:
            self._outlets.tune(replace(self._controls.tuning, scale=scale, keyboard=keyboard))
            self._tell("tuning", 0, 0.0)

    def adopt(self, metadata: Metadata) -> list[str]:
        """Play another instrument's timbres; held notes ring out with what they began with.

        What has no timbre of that name gets its first.

        Returns:
            The names that it lacks.
        """
        with self._lock:
            self._controls.adopt(metadata)
            self._made.clear()
            self._first = metadata.timbres[0].name, metadata.timbres[0]
            lacking: dict[str, None] = {}

            def known(text: str) -> str:
                try:
                    self._make(text)
                except RtsynthError:
                    lacking[text] = None
                    return self._first[0]
                return text

            for channel, before in enumerate(self._layers):
                layers = tuple(replace(layer, timbre=known(layer.timbre)) for layer in before)
                self._arrange(layers, channel, turns_of(self._values, channel))
            self._plain = (Layer(self._first[0]),)
            return list(lacking)

    # --- messages ---------------------------------------------------------------------------
    def play(self, message: Message) -> bool:
        """Play a channel message that arrives now, as from a keyboard. False: it was refused."""
        return self._controls.live(message, time.monotonic_ns())

    def follow(self, message: AnyMessage) -> None:
        """Keep up with a message that was played, wherever it came from: soon, not now."""
        if isinstance(message, bytes) or message[0] & 0xF0 in (CONTROL, PROGRAM):
            self._messages.put(message)

    def catch_up(self) -> None:
        """Follow what was played so far, now."""
        self._messages.empty()

    def panic(self) -> None:
        """Silence everything at once; no note is held afterwards."""
        with self._lock:
            self._outlets.sure(self._controls.panic)
            for channel in range(CHANNELS):
                for name in RESET:
                    self._keep(name, channel, parameter(name).default)

    # --- presets ----------------------------------------------------------------------------
    def state(self) -> dict[str, Any]:
        """Everything that is not as at the start, as a preset keeps it: plain JSON values.

        Learned controllers belong to the keyboard, and are not in it (`learn.state`); a state that
        names them is loaded with them.
        """
        with self._lock:
            values = {key: value for key, value in self._values.items()
                      if PARAMETERS[key[0]].group not in MOMENTARY
                      and value != PARAMETERS[key[0]].default}  # fmt: skip
            layers = {channel: layers for channel, layers in enumerate(self._layers)
                      if layers != self._plain}  # fmt: skip
            return write_state(State(values, layers, self._controls.tuning.state()))

    def load(self, state: dict[str, Any]) -> None:
        """Set everything as a state says; what it does not name is as at the start.

        Raises:
            RtsynthError: it is wrong, in words that name the field; nothing has changed.
        """
        wanted = read_state(state)
        with self._lock:
            for layers in wanted.layers.values():
                for layer in layers:
                    self._make(layer.timbre)
            scale, keyboard = of_state(wanted.tuning or {})
            if wanted.learned is not None:
                self.learn.load(wanted.learned)
            own = self._controls.tuning
            if (scale, keyboard) != (own.scale, own.keyboard):
                self.tune(scale, keyboard)
            for channel in range(CHANNELS):
                layers = wanted.layers.get(channel, self._plain)
                turns = turns_of(wanted.values, channel)
                if (layers, turns) != (self._layers[channel], turns_of(self._values, channel)):
                    self._arrange(layers, channel, turns)
            for (name, channel), before in self._values.items():
                value = wanted.values.get((name, channel), PARAMETERS[name].default)
                if value != before and PARAMETERS[name].group not in MOMENTARY:
                    self.set(name, value, channel)
            self._tell("preset", 0, 0.0)

    def prepare(self, states: Iterable[dict[str, Any]]) -> None:
        """Have takes made ahead of states that may be loaded next, in the place of those before.

        What of a state is wrong is passed over: load() will say it.
        """
        with self._lock:
            wanted: dict[tuple[str, Turns], None] = {}
            for state in states:
                with contextlib.suppress(RtsynthError):
                    found = read_state(state)
                    for channel, layers in found.layers.items():
                        turns = turns_of(found.values, channel)
                        wanted.update(dict.fromkeys((layer.timbre, turns) for layer in layers))
            made = []
            for text, turns in wanted:
                with contextlib.suppress(RtsynthError):
                    made.append((self._make(text), turns))
            self._controls.prepare(made)

    def claim_programs(self, claimant: Programs | None) -> None:
        """Let somebody take program changes from now on (`Controls.claim_programs`)."""
        self._controls.claim_programs(claimant)

    def listen(self, heard: Heard) -> Callable[[], None]:
        """Tell of every change from now on; returns what ends it.

        `heard` is called on any thread and must not wait, not even for a lock that is held by
        somebody who calls the desk.
        """
        with self._lock:
            self._heard.append(heard)
        return lambda: self._heard.remove(heard)

    # --- behind the scenes ------------------------------------------------------------------
    def _change_timbre(
        self, text: str, channel: int, layer: int, how: Callable[[int, Timbre, int], bool]
    ) -> None:
        with self._lock:
            layers = list(self.layers(channel))
            if not 0 <= layer < len(layers):
                raise RtsynthError(f"channel {channel + 1} has no layer {layer + 1}")
            made = self._make(text)
            self._outlets.sure(partial(how, channel, made, layer))
            layers[layer] = replace(layers[layer], timbre=text)
            self._layers[channel] = tuple(layers)
            self._tell("timbre", channel, float(layer))

    def _arrange(self, layers: tuple[Layer, ...], channel: int, turns: Turns) -> None:
        """Choose the timbres of a channel's layers, and send what is mixed differently by now."""
        made = [self._make(layer.timbre) for layer in layers]
        self._outlets.sure(partial(self._controls.arrange, channel, made, turns))
        before = [layer.mix() for layer in self._layers[channel]]
        for i, layer in enumerate(layers):
            mixed = before[i] if i < len(before) else (None,) * len(layer.mix())
            for field, (old, new) in enumerate(zip(mixed, layer.mix(), strict=True), 1):
                if new != old:
                    self._outlets.sure(partial(self._controls.mix_layer, channel, i, field, new))
        self._layers[channel] = layers
        self._tell("layers", channel, float(len(layers)))
        self._tell("timbre", channel, 0.0)

    def _make(self, text: str) -> Timbre:
        """The timbre that a text means; the same text is the same timbre, and the same slot."""
        if text == self._first[0]:
            return self._first[1]
        if text not in self._made:
            try:
                made = make(self._controls.metadata, text)
            except RtsynthError:
                made = make(self._controls.metadata, text, self._own())
            while len(self._made) >= KEPT_TIMBRES:
                self._made.pop(next(iter(self._made)))
            self._made[text] = made
        return self._made[text]

    def _keep_up(self, message: AnyMessage) -> None:
        """Not under the lock as a whole: what was learned may do anything."""
        if isinstance(message, bytes):
            with self._lock:
                for action in actions(message):
                    self._keep_up_with(action)
            return
        channel = message[0] & 0x0F
        if self._controls.is_member(channel):
            return  # its controllers are its notes' own
        if self.learn.heard(message):
            return
        with self._lock:
            if message[0] & 0xF0 == PROGRAM:
                self._show_timbre(channel)
            for name, value in self._followed.follow(message):
                self._keep(name, channel, value)

    def _ignore(self, source: int, controller: int, on: bool) -> None:
        """A controller was learned, or is itself again; what it moved first is taken back."""
        self._outlets.sure(partial(self._controls.ignore, source, controller, on))
        known = parameter_of(controller)
        if on and known is not None:
            messages = messages_of(known, self.get(known.name, source), source)
            self._outlets.sure(lambda: self._controls.set(messages))

    def _keep_up_with(self, action: Action) -> None:
        """System exclusive: the volume of everything, or everything as at the start."""
        if isinstance(action, Setting):
            self._keep(CORE_NAMES.get(action.name, action.name), 0, action.value)
        elif isinstance(action, Reset):
            for name, channel in self._values:
                if PARAMETERS[name].home in MIDI_S or name in ("mono", "master_volume"):
                    self._keep(name, channel, PARAMETERS[name].default)
            for channel in range(CHANNELS):
                self._show_timbre(channel)

    def _show_timbre(self, channel: int) -> None:
        """A channel plays another by now."""
        text = self._name_of(channel)
        if text != self.timbre(channel):
            self._layers[channel] = (replace(self._layers[channel][0], timbre=text),
                                     *self._layers[channel][1:])  # fmt: skip
            self._tell("timbre", channel, 0.0)

    def _name_of(self, channel: int) -> str:
        text, timbre = self._first
        played = self._controls.timbre_of(channel)
        return text if played is timbre else played.name

    def _keep(self, name: str, channel: int, value: float) -> None:
        if self._values[name, channel] != value:
            self._values[name, channel] = value
            self._tell(name, channel, value)

    def _tell(self, name: str, channel: int, value: float) -> None:
        for heard in list(self._heard):
            heard(Change(name, channel, value))


def _known_channel(channel: int) -> int:
    if not 0 <= channel < CHANNELS:
        raise RtsynthError(f"there is no channel {channel + 1}: 1 to {CHANNELS}")
    return channel


def _channel_of(known: Parameter, channel: int) -> int:
    """Where a parameter's value is kept."""
    return _known_channel(channel) if known.of_channel else 0
