"""Parts of channels, and how each comes to a timbre slot: found, made, altered or lent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rtsynth.contents import NO_SLOT, Content, Contents
from rtsynth.hands import Hands
from rtsynth.messages import CHANNELS
from rtsynth.metadata import DIRECTIONS, Metadata, Timbre
from rtsynth.timbres import NEUTRAL, Turns, turned
from rtsynth.zones import Zones

BRIGHT: Final = DIRECTIONS.index("bright")


class Filling(NamedTuple):
    """A slot that holds another timbre from now on."""

    slot: int
    base: Timbre
    turns: Turns = NEUTRAL
    metadata: Metadata | None = None  # whose directions turn it; None: not turned
    channels: tuple[int, ...] = ()  # whose held notes go along
    source: int = NO_SLOT  # the slot in which those are
    keys: frozenset[int] = frozenset()  # of those notes, as takes have them
    onsets: bool = True  # new notes begin in this slot

    @property
    def timbre(self) -> Timbre:
        """What the slot holds, computed when it is wanted: knobs are quicker than networks."""
        return turned(self.metadata, self.base, self.turns) if self.metadata else self.base


@dataclass
class Part:
    """A layer of a channel. Members of an MPE zone play their manager's."""

    base: Timbre
    slot: int
    transpose: int = 0  # semitones from what is played to its takes
    alone: bool = False  # shares its slot with no other
    awake: bool = False  # played a note or changed something


class Placing:
    """What is known of parts and slots, and how one comes to the other. Thread: any one."""

    def __init__(self, metadata: Metadata, slot: int = 0, turning: Iterable[int] = ()) -> None:
        """Every channel plays the timbre in `slot`; those of `turning` never share theirs."""
        self._metadata = metadata
        self._programs = metadata.program_slots()
        self._default = metadata.timbres[slot]
        self._contents = Contents(metadata.timbres)
        self._parts = {(channel, 0): Part(self._default, slot) for channel in range(CHANNELS)}
        for channel in turning if metadata.directions else ():
            self._parts[channel, 0].alone = True
        self._turns: list[Turns] = [NEUTRAL] * CHANNELS
        self._banks = [0] * CHANNELS  # selected for the next program change
        self._drums = [False] * CHANNELS
        self._lent: dict[tuple[int, int], int] = {}  # slots of held notes, by channel and layer
        self.prepared: tuple[int, ...] = ()  # slots that something is made ahead in
        self.zones = Zones()
        self.hands = Hands(self.zones)
        self.version = 0  # of all that known() depends on

    def selected(self) -> set[int]:
        """Slots of the parts that did something."""
        return {part.slot for part in self._parts.values() if part.awake}

    def lent(self) -> set[int]:
        """Slots of held notes alone."""
        return set(self._lent.values())

    # --- slots of parts ---------------------------------------------------------------------
    def _of(self, lead: int) -> Iterator[tuple[int, Part]]:
        """Layers of a channel."""
        return ((layer, part) for (each, layer), part in list(self._parts.items()) if each == lead)

    def _of_program(self, program: int) -> Timbre:
        place = self._programs.get(program)
        return self._default if place is None else self._metadata.timbres[place]

    def _can_turn(self, direction: str) -> bool:
        directions = self._metadata.directions
        return directions is not None and direction in directions.names

    def _possible(self, turns: Turns) -> Turns:
        """Turns without those that the instrument knows no way for."""
        return tuple(amount if self._can_turn(name) else 0.0
                     for name, amount in zip(DIRECTIONS, turns, strict=True))  # fmt: skip

    def _set_turns(self, channel: int, turns: Turns) -> list[Filling]:
        if turns == self._turns[channel]:
            return []
        self._turns[channel] = turns
        return [filling for layer, part in self._of(channel)
                for filling in self._alter(channel, layer, part)]  # fmt: skip

    def _wake(self, channel: int) -> list[Filling]:
        """The slot of a part that never did anything may have been taken."""
        lead = self.zones.lead(channel)
        return [filling for _, part in self._of(lead) if not part.awake
                for filling in self._place(lead, part)]  # fmt: skip

    def _place(self, lead: int, part: Part) -> list[Filling]:
        """Find or make the slot that holds what a part plays; a member's plays nothing."""
        if self.zones.is_member(lead):
            return []
        part.awake = True
        self.version += 1
        fitting = [slot for slot in self._contents.holding(part.base, self._turns[lead])
                   if self._may_play(part, slot)]  # fmt: skip
        if not fitting:
            self._move(part, self._spare(part))
            return [self._fill(lead, part)]
        if part.slot not in fitting:
            self._move(part, fitting[0])
        return []

    def _rejoin(self, parts: Sequence[tuple[int, Part]]) -> list[Filling]:
        """Parts of channels, which were alone, go to slots of others that play the same."""
        for _, part in parts:
            part.alone = False
            self._move(part, NO_SLOT)
        fillings: list[Filling] = []
        for lead, part in parts:
            beside = {each.slot for each in self._parts.values()}
            for slot in self._contents.holding(part.base, self._turns[lead]):
                if slot in beside and part.slot == NO_SLOT and self._may_play(part, slot):
                    self._move(part, slot)
            fillings += self._place(lead, part)
        return fillings

    def _alter(self, lead: int, layer: int, part: Part) -> list[Filling]:
        """Change a part's slot in place; one that others play stays, and held notes leave it."""
        if self.zones.is_member(lead):
            return []
        part.alone = part.awake = True
        self.version += 1
        source = NO_SLOT
        if not self._may_play(part, part.slot):
            source = part.slot
            self._move(part, self._spare(part))
        channels = self.zones.reach(lead)
        held = {key + part.transpose for each in channels for key in self.hands.keys(each)}
        filling = self._fill(lead, part)._replace(
            channels=channels, source=source, keys=frozenset(held)
        )
        lent = [each for each in channels if (each, layer) in self._lent]
        return [filling, *(self._fill_lent(each, layer, part) for each in lent)]

    def _fill(self, lead: int, part: Part) -> Filling:
        turns = self._turns[lead]
        self._contents.put(part.slot, Content(part.base, turns, True))
        return Filling(part.slot, part.base, turns, self._metadata)

    def _may_play(self, part: Part, slot: int) -> bool:
        if slot == NO_SLOT:
            return False
        others = [each for each in self._parts.values()
                  if each is not part and each.awake and each.slot == slot]  # fmt: skip
        kept = others if part.alone else [each for each in others if each.alone]
        return not kept and slot not in self._lent.values()

    def _move(self, part: Part, slot: int) -> None:
        if part.slot != NO_SLOT:
            self._contents.leave(part.slot)
        part.slot = slot

    def _spare(self, part: Part) -> int:
        """A slot for a part, if need be one that is lent; its own where others play all else."""
        played, lent = self.selected(), {*self._lent.values(), *self.prepared}
        slot = self._contents.spare(played, lent)
        if slot in played:
            return part.slot
        self.prepared = tuple(each for each in self.prepared if each != slot)
        self._lent = {key: each for key, each in self._lent.items() if each != slot}
        return slot

    # --- slots of held notes ----------------------------------------------------------------
    def _press(self, channel: int) -> list[Filling]:
        """Take held notes to where a channel's hands press them."""
        if not self._can_turn("bright"):
            return []
        fillings = []
        for each in self.zones.reach(channel):
            pressed, keys = self.hands.bright(each) != 0.0, self.hands.keys(each)
            for layer, part in self._of(self.zones.lead(each)):
                if (each, layer) in self._lent:
                    fillings.append(self._fill_lent(each, layer, part))
                elif pressed and keys and self._lend(each, layer):
                    fillings.append(self._fill_lent(each, layer, part, keys))
        return fillings

    def _strike(self, channel: int, key: int) -> list[Filling]:
        """Take a note that begins to where the channel's hands press it already."""
        if self.hands.bright(channel) == 0.0 or not self._can_turn("bright"):
            return []
        return [self._fill_lent(channel, layer, part, frozenset((key,)))
                for layer, part in self._of(self.zones.lead(channel))
                if (channel, layer) in self._lent or self._lend(channel, layer)]  # fmt: skip

    def _lend(self, channel: int, layer: int) -> bool:
        """Whether a slot could be had that no part plays."""
        used = {*self.selected(), *self._lent.values()}
        slot = self._contents.spare(used, ())
        if slot in used:
            return False
        self._lent[channel, layer] = slot
        self.version += 1
        return True

    def _fill_lent(
        self, channel: int, layer: int, part: Part, going: frozenset[int] = frozenset()
    ) -> Filling:
        slot = self._lent[channel, layer]
        turns = list(self._turns[self.zones.lead(channel)])
        turns[BRIGHT] = min(max(turns[BRIGHT] + self.hands.bright(channel), -1.0), 1.0)
        self._contents.put(slot, Content(part.base, tuple(turns), False))
        keys = frozenset(key + part.transpose for key in going)
        source = part.slot if going else NO_SLOT
        return Filling(slot, part.base, tuple(turns), self._metadata, (channel,), source, keys,
                       onsets=False)  # fmt: skip

    def _give_back(self, channel: int) -> None:
        """Slots of channels on which nothing is held any more."""
        for each in self.zones.reach(channel):
            if not self.hands.keys(each):
                self._forget_lent(each, None)

    def _forget_lent(self, channel: int, layer: int | None) -> None:
        """Notes that are held ring out where they are; None: those of all layers."""
        for each in self.zones.reach(channel):
            for key in [key for key in self._lent if key[0] == each and layer in (None, key[1])]:
                self._contents.leave(self._lent.pop(key))
