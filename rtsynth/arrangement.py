"""Which layers each channel has, as they were typed, and the timbres that those words mean."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError
from rtsynth.layers import Layer
from rtsynth.messages import CHANNELS
from rtsynth.metadata import Metadata, Timbre
from rtsynth.outlets import Outlets
from rtsynth.timbres import Turns, make

KEPT_TIMBRES: Final = 64  # that were typed

How = Callable[[int, Timbre, int], bool]  # Parts.choose or Parts.move


class Arrangement:
    """Layers of all channels. Thread: any one."""

    def __init__(
        self,
        controls: Controls,
        outlets: Outlets,
        timbre: str | None,
        own: Callable[[], Sequence[Timbre]],
    ) -> None:
        """All channels play one timbre, typed so (None: its own name); `own` reads the user's."""
        self._controls = controls
        self._outlets = outlets
        self._own = own
        self._first = timbre or controls.timbre_of(0).name, controls.timbre_of(0)
        self._layers: list[tuple[Layer, ...]] = [self.plain] * CHANNELS
        self._meant = [self._first[1]] * CHANNELS  # by the words of each channel's first layer
        self._made: dict[str, Timbre] = {}

    @property
    def plain(self) -> tuple[Layer, ...]:
        """A channel's layers at the start."""
        return (Layer(self._first[0]),)

    def __getitem__(self, channel: int) -> tuple[Layer, ...]:
        return self._layers[channel]

    def changed(self) -> dict[int, tuple[Layer, ...]]:
        """Layers of channels that are not as at the start."""
        return {channel: layers for channel, layers in enumerate(self._layers)
                if layers != self.plain}  # fmt: skip

    def make(self, text: str) -> Timbre:
        """The timbre that a text means; the same text is the same timbre, and the same slot.

        Raises:
            RtsynthError: it names nothing, or nothing that can be made.
        """
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

    def change(self, text: str, channel: int, layer: int, how: How) -> None:
        """Another timbre for one layer.

        Raises:
            RtsynthError: there is no such layer or timbre, or the engine takes no events.
        """
        layers = list(self._layers[channel])
        if not 0 <= layer < len(layers):
            raise RtsynthError(f"channel {channel + 1} has no layer {layer + 1}")
        made = self.make(text)
        self._outlets.sure(partial(how, channel, made, layer))
        self._sound(channel, made if layer == 0 else self._meant[channel])
        layers[layer] = replace(layers[layer], timbre=text)
        self._layers[channel] = tuple(layers)

    def arrange(self, layers: tuple[Layer, ...], channel: int, turns: Turns) -> None:
        """Choose the timbres of a channel's layers, and send what is mixed differently by now.

        Raises:
            RtsynthError: there is no such timbre, and nothing has changed; or the engine takes no
                events.
        """
        made = [self.make(layer.timbre) for layer in layers]
        self._outlets.sure(partial(self._controls.parts.arrange, channel, made, turns))
        self._sound(channel, made[0])
        before = [layer.mix() for layer in self._layers[channel]]
        for i, layer in enumerate(layers):
            mixed = before[i] if i < len(before) else (None,) * len(layer.mix())
            for field, (old, new) in enumerate(zip(mixed, layer.mix(), strict=True), 1):
                if new != old:
                    self._outlets.sure(partial(self._controls.parts.mix, channel, i, field, new))
        self._layers[channel] = layers

    def keep_up(self, channel: int) -> bool:
        """Write down what a channel plays, if MIDI chose another timbre."""
        text, timbre = self._first
        played = self._controls.timbre_of(channel)
        if played is self._meant[channel]:
            return False  # a morph's words are not its name
        self._meant[channel] = played
        name = text if played is timbre else played.name
        first, *others = self._layers[channel]
        self._layers[channel] = (replace(first, timbre=name), *others)
        return name != first.timbre

    def _sound(self, channel: int, timbre: Timbre) -> None:
        """What was chosen is to be heard, though the channel had a bank of drums."""
        self._meant[channel] = timbre
        self._outlets.sure(partial(self._controls.unsilence, channel))

    def adopt(self, metadata: Metadata) -> tuple[list[tuple[Layer, ...]], list[str]]:
        """Play another instrument's timbres from now on; what it lacks is its first.

        Returns:
            Layers that channels are to be arranged in, and the names that it lacks.
        """
        self._controls.parts.adopt(metadata)
        self._made.clear()
        self._first = metadata.timbres[0].name, metadata.timbres[0]
        lacking: dict[str, None] = {}

        def known(text: str) -> str:
            try:
                self.make(text)
            except RtsynthError:
                lacking[text] = None
                return self._first[0]
            return text

        wanted = [tuple(replace(layer, timbre=known(layer.timbre)) for layer in layers)
                  for layers in self._layers]  # fmt: skip
        return wanted, list(lacking)
