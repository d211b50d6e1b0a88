"""Brings channels and their layers to timbre slots, as soon as those can be played."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from rtsynth._core import Link
from rtsynth.contents import NO_SLOT
from rtsynth.messages import CHANNELS, Message
from rtsynth.metadata import Metadata, Timbre
from rtsynth.placing import Filling
from rtsynth.slots import Slots
from rtsynth.timbres import Turns

ASAP: Final = -1
ANY_CHANGE: Final = -1
LAYERS: Final = 4  # of a channel; layer 0 plays the channel's own timbre
FIELD_SLOT: Final = 0  # of Engine.set_layer
FIELD_TRANSPOSE: Final = 5
WHOLE: Final = {1: 0.0, 2: 127.0, 3: 1.0, 4: 127.0, 5: 0.0, 6: 1.0, 7: 0.0}  # a layer, untouched

Fill = Callable[[Filling, Callable[[], None]], None]
Place = tuple[int, int]  # channel and layer
Mixes = dict[tuple[int, int, int], float]  # by channel, layer, field (Engine.set_layer)


class Parts:
    """Which slot the engine was told of each channel and layer. False: its queue was full.

    Thread: any, for what chooses, moves and mixes; Controls calls the rest under the lock.

    A slot that is being filled is waited for: what played before goes on until then.
    """

    def __init__(
        self,
        engine: Link,
        metadata: Metadata,
        slot: int,
        turning: Iterable[int],
        fill: Fill | None,
        on_timbres: Callable[[tuple[int, ...]], None],
        lock: threading.RLock,
        resumes: bool = False,
    ) -> None:
        """Arguments as those of Controls; `lock` is taken when a slot was filled."""
        self._engine = engine
        self._fill = fill
        self._on_timbres = on_timbres
        self._lock = lock
        known = metadata if fill is not None else replace(metadata, directions=None)
        self.metadata = metadata  # of the instrument whose timbres may be chosen
        self.slots = Slots(known, slot, turning)
        self.in_use: tuple[int, ...] = ()  # slots: those that are played now, then the latest left
        self.filled = 0  # fillings that came
        self._sent: dict[Place, int] = {}  # slots, as the engine was told
        self._awaited: dict[Place, tuple[int, int]] = {}  # slots that are filled, and when to go
        self._filling: dict[int, int] = {}  # slots, and how many fillings they wait for
        self._changes = [ANY_CHANGE] * CHANNELS  # program changes that a device carried out
        self.mixes: Mixes = {}
        if not resumes:
            self.begin()
        self._used([slot])

    def begin(self) -> bool:
        """Tell the engine what channels play that it was not told of yet."""
        with self._lock:
            places = [(channel, 0) for channel in range(CHANNELS)]
            return False not in [self._bring_one(place, ASAP) for place in places
                                 if place not in self._sent]  # fmt: skip

    def follow(self, message: Message, at_sample: int = ASAP) -> bool:
        """Keep up with a channel message. False: the engine refused what it brings."""
        zones = self.slots.zones.version
        fillings = self.slots.follow(message)
        channel = message[0] & 0x0F
        if self.slots.zones.version != zones:
            taken = [self._mix_again(each) for each in range(CHANNELS)]
            return self._bring(range(CHANNELS), fillings, at_sample) and False not in taken
        if not fillings and not self._is_moved(channel):
            return True
        return self._bring(self._with_members(channel), fillings, at_sample)

    def played(self, channel: int, slot: int, change: int) -> None:
        """A program change that a device carried out; NO_SLOT: it did not know the slot."""
        self._changes[channel] = change
        self._sent[channel, 0] = slot  # NO_SLOT: what was sent had an older number
        if slot != NO_SLOT:
            self._awaited.pop((channel, 0), None)

    def choose(self, channel: int, timbre: Timbre, layer: int = 0) -> bool:
        """Another timbre for a layer; what is held rings out."""
        with self._lock:
            fillings = self.slots.choose(channel, timbre, layer)
            return self._bring(self._with_members(channel), fillings, ASAP)

    def adopt(self, metadata: Metadata) -> None:
        """Another instrument's timbres may be chosen from now on; parts keep theirs until then."""
        known = metadata if self._fill is not None else replace(metadata, directions=None)
        with self._lock:
            self.metadata = metadata
            self.slots.adopt(known)

    def arrange(self, channel: int, timbres: Sequence[Timbre], turns: Turns) -> bool:
        """A channel's layers are these, turned so; what is held rings out."""
        with self._lock:
            fillings = self.slots.arrange(channel, timbres, turns)
            return self._bring(self._with_members(channel), fillings, ASAP)

    def prepare(self, wanted: Iterable[tuple[Timbre, Turns]]) -> None:
        """Have takes made ahead of timbres that may come next, in the place of those before."""
        with self._lock:
            self._begin(self.slots.prepare(wanted), ASAP)
            self._used([])

    def move(self, channel: int, timbre: Timbre, layer: int = 0) -> bool:
        """What a layer plays becomes another timbre, and held notes with it."""
        with self._lock:
            fillings = self.slots.move(channel, timbre, layer)
            return self._bring(self._with_members(channel), fillings, ASAP)

    def mix(self, channel: int, layer: int, field: int, value: float) -> bool:
        """A layer's field 1..7 (`Engine.set_layer`). Choose its timbre first."""
        with self._lock:
            if field == FIELD_TRANSPOSE:
                self.slots.transpose(channel, layer, int(value))
            self.mixes[channel, layer, field] = value
            if self.slots.zones.is_member(channel):
                return True
            return False not in [self._engine.set_layer(each, layer, field, value)
                                 for each in self._with_members(channel)]  # fmt: skip

    def set_pressure_turn(self, channel: int, amount: float) -> None:
        """How far full pressure turns a channel's held notes towards bright, -1..1."""
        with self._lock:
            self.slots.hands.pressure_turn[channel] = amount

    def let_go(self) -> bool:
        """Nothing is turned, pressed or held any more."""
        return self._bring(range(CHANNELS), self.slots.let_go(), ASAP)

    def forget_played(self) -> bool:
        """Nothing is turned, pressed or held any more, and no bank is selected."""
        return self._bring(range(CHANNELS), self.slots.forget_played(), ASAP)

    def reset(self, at_sample: int) -> bool:
        """Every channel plays what it did at first, nothing is held, and there are no zones."""
        return self._bring(range(CHANNELS), self.slots.reset(), at_sample)

    def copy(self) -> tuple[Slots, Mixes]:
        """What may be followed ahead: slots that go their own way, and how layers are mixed."""
        return self.slots.copy(), dict(self.mixes)

    @property
    def version(self) -> int:
        """Changes with what known() says."""
        return self.slots.version + self.filled

    def known(self, channel: int) -> list[int]:
        """Slot that each program brings at once on a channel; NO_SLOT: only later."""
        return [NO_SLOT if slot in self._filling else slot for slot in self.slots.known(channel)]

    # --- to the engine ----------------------------------------------------------------------
    def _with_members(self, channel: int) -> tuple[int, ...]:
        zones = self.slots.zones
        return zones.reach(zones.lead(channel))

    def _is_moved(self, channel: int) -> bool:
        """Whether the engine knows less of a channel than there is."""
        return any(self._sent.get((channel, layer), NO_SLOT) != self.slots.slot_of(channel, layer)
                   for layer in range(LAYERS))  # fmt: skip

    def _bring(self, channels: Iterable[int], fillings: list[Filling], at_sample: int) -> bool:
        """Bring channels to their slots, as soon as those can be played."""
        self._begin(fillings, at_sample)
        before = dict(self._sent)
        places = [(channel, layer) for channel in channels for layer in range(LAYERS)]
        taken = [self._bring_one(place, at_sample) for place in places]
        slots = {place: self.slots.slot_of(*place) for place in places}
        self._used([*(slot for place, slot in slots.items() if before.get(place, NO_SLOT) != slot),
                    *(filling.slot for filling in fillings if filling.onsets)])  # fmt: skip
        return False not in taken

    def _begin(self, fillings: Iterable[Filling], at_sample: int) -> None:
        for filling in fillings:
            if self._fill is not None:
                self._filling[filling.slot] = self._filling.get(filling.slot, 0) + 1
                self._fill(filling, partial(self._arrive, filling, at_sample))

    def _bring_one(self, place: Place, at_sample: int) -> bool:
        slot = self.slots.slot_of(*place)
        if slot == self._sent.get(place, NO_SLOT):
            self._awaited.pop(place, None)
        elif slot in self._filling:
            if self._awaited.get(place, (NO_SLOT, ASAP))[0] != slot:
                self._awaited[place] = slot, at_sample
        else:
            return self._send(place, slot, at_sample)
        return True

    def _arrive(self, filling: Filling, at_sample: int) -> None:
        """A slot was filled. Thread: any."""
        with self._lock:
            self.filled += 1
            self._filling[filling.slot] -= 1
            if not self._filling[filling.slot]:
                del self._filling[filling.slot]
            for place, (slot, at) in list(self._awaited.items()):
                if slot == filling.slot == self.slots.slot_of(*place):
                    self._send(place, slot, at)
            self._used([])
            if self.slots.takes_along(filling):
                for channel in filling.channels:
                    self._engine.carry(channel, filling.source, filling.slot, at_sample)

    def _send(self, place: Place, slot: int, at_sample: int) -> bool:
        channel, layer = place
        if layer:
            taken = self._engine.set_layer(channel, layer, FIELD_SLOT, slot, at_sample)
        else:
            change = self._changes[channel] if at_sample == ASAP else ANY_CHANGE
            taken = self._engine.set_timbre(channel, slot, at_sample, change)
        if taken:
            self._sent[place] = slot
            self._awaited.pop(place, None)
        return taken

    def _mix_again(self, channel: int) -> bool:
        """Tell the engine how a channel's layers are mixed, after it went to another zone."""
        lead = self.slots.zones.lead(channel)
        mixed = {place[1:] for place in self.mixes}  # by any channel
        return False not in [
            self._engine.set_layer(channel, layer, field,
                                   self.mixes.get((lead, layer, field), WHOLE[field]))
            for layer, field in sorted(mixed)
        ]  # fmt: skip

    def _used(self, latest: list[int]) -> None:
        """Say which slots are in use: played now, prepared, then others, latest first."""
        selected, prepared = self.slots.selected() | set(latest), self.slots.prepared
        lent = self.slots.lent()
        known = (*(slot for slot in latest if slot != NO_SLOT), *prepared, *self.in_use)
        needed = set(self._sent.values())  # while another is filled, new notes begin in these
        left = {slot for slot in known if slot not in needed and self.slots.is_former(slot)}
        kept = [slot for slot in dict.fromkeys(known) if slot not in lent | left]
        in_use = tuple(sorted(kept, key=lambda each: (each not in selected, each not in prepared)))
        if in_use != self.in_use:
            self.in_use = in_use
            self._on_timbres(in_use)
