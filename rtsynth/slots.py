"""Which timbre slot each channel and layer plays. No engine, no time."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rtsynth.contents import NO_SLOT, Content, Contents
from rtsynth.hands import Hands
from rtsynth.messages import CC_BANK, CC_RESET, CC_SOUND_OFF, CC_SUSTAIN, NOTE_OFF, PRESSURE
from rtsynth.messages import CC_NOTES_OFF as CC_NOTES_OFF
from rtsynth.messages import CHANNELS as CHANNELS
from rtsynth.messages import CONTROL as CONTROL
from rtsynth.messages import DRUM_CHANNEL as DRUM_CHANNEL
from rtsynth.messages import NOTE_ON as NOTE_ON
from rtsynth.messages import PROGRAM as PROGRAM
from rtsynth.messages import PROGRAMS as PROGRAMS
from rtsynth.messages import AnyMessage as AnyMessage
from rtsynth.messages import Message as Message
from rtsynth.metadata import DIRECTIONS, Metadata, Timbre
from rtsynth.timbres import NEUTRAL, Turns, turned
from rtsynth.turns import TURNS as TURNS
from rtsynth.turns import turns_timbre as turns_timbre
from rtsynth.zones import Zones

DRUM_BANKS: Final = frozenset((120, 126, 127))  # of General MIDI 2 (120) and XG
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
class _Part:
    """A layer of a channel. Members of an MPE zone play their manager's."""

    base: Timbre
    slot: int
    transpose: int = 0  # semitones from what is played to its takes
    alone: bool = False  # shares its slot with no other
    awake: bool = False  # played a note or changed something


class Slots:
    """Timbres chosen, moved, turned and pressed, message by message. Thread: any one.

    Where another timbre is chosen the part goes to another slot, and held notes ring out. A part
    whose timbre is moved or turned has a slot of its own from then on, which is changed in place;
    where it shared its slot before, held notes go along. What pressure or an MPE member's slide
    adds goes to a slot for held notes alone, lent while keys are held: new notes begin as the part
    is.

    A slot that no part plays is free for another timbre: empty ones are taken first, then those
    of timbres that are no preset, then presets, each the one that was left longest ago; a preset
    that lost its slot gets another when it is wanted. Parts that never did anything count as none.
    """

    def __init__(self, metadata: Metadata, slot: int = 0, turning: Iterable[int] = ()) -> None:
        """Every channel plays the timbre in `slot`; those of `turning` never share theirs."""
        self._metadata = metadata
        self._programs = metadata.program_slots()
        self._default = metadata.timbres[slot]
        self._contents = Contents(metadata.timbres)
        self._parts = {(channel, 0): _Part(self._default, slot) for channel in range(CHANNELS)}
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

    def copy(self) -> "Slots":
        """Slots that go their own way from here; timbres are the same ones."""
        timbres = [*self._metadata.timbres, *(part.base for part in self._parts.values())]
        timbres += self._contents.timbres()
        same = {id(each): each for each in (self._metadata, *timbres)}
        return copy.deepcopy(self, same)

    def slot_of(self, channel: int, layer: int = 0) -> int:
        """Slot in which a channel's new notes begin, NO_SLOT: there is no such layer."""
        part = self._parts.get((self.zones.lead(channel), layer))
        return part.slot if part is not None else NO_SLOT

    def timbre_of(self, channel: int, layer: int = 0) -> Timbre:
        """What a channel plays, before any turns."""
        return self._parts[self.zones.lead(channel), layer].base

    def known(self, channel: int) -> list[int]:
        """Slot that each program (0..127) would bring; NO_SLOT: one that has to be filled first."""
        lead = self.zones.lead(channel)
        part = self._parts[lead, 0]
        if lead != channel:  # programs are the manager's business
            return [part.slot] * PROGRAMS
        found: dict[int, int] = {}  # of bases
        for slot, base in self._contents.with_turns(self._turns[lead]):
            if self._may_play(part, slot) and (id(base) not in found or slot == part.slot):
                found[id(base)] = slot
        return [found.get(id(self._of_program(program)), NO_SLOT) for program in range(PROGRAMS)]

    def selected(self) -> set[int]:
        """Slots of the parts that did something."""
        return {part.slot for part in self._parts.values() if part.awake}

    def lent(self) -> set[int]:
        """Slots of held notes alone."""
        return set(self._lent.values())

    def takes_along(self, filling: Filling) -> bool:
        """Whether held notes may still go to the slot that was filled for them."""
        content = self._contents[filling.slot]
        if filling.source == NO_SLOT or content is None or content.base is not filling.base:
            return False
        lent = {slot for (each, _), slot in self._lent.items() if each in filling.channels}
        lead = self.zones.lead(filling.channels[0])
        return filling.slot in lent | {part.slot for _, part in self._of(lead)}

    # --- what is played ---------------------------------------------------------------------
    def follow(self, message: Message) -> list[Filling]:
        """Slots that hold another timbre once a channel message was played."""
        status, data1, data2 = message
        kind, channel = status & 0xF0, status & 0x0F
        if self.zones.follow(message):
            self._regroup()
        member = self.zones.is_member(channel)
        if channel == DRUM_CHANNEL and not member:
            return []
        self.hands.follow(message)
        if kind == NOTE_ON and data2:
            return self._wake(channel) + self._strike(channel, data1)
        if kind in (NOTE_ON, NOTE_OFF):
            self._give_back(channel)
        elif kind == PRESSURE:
            return self._press(channel)
        elif kind == PROGRAM and not member:
            return self._program(channel, data1)
        elif kind == CONTROL:
            return self._control(channel, member, data1, data2)
        return []

    def choose(self, channel: int, timbre: Timbre, layer: int = 0) -> list[Filling]:
        """A layer plays another timbre from now on; what is held rings out. New layers begin so."""
        lead = self.zones.lead(channel)
        part = self._parts.setdefault((lead, layer), _Part(timbre, NO_SLOT))
        if part.base is not timbre:
            self._forget_lent(lead, layer)
        part.base = timbre
        return self._place(lead, part)

    def adopt(self, metadata: Metadata) -> None:
        """Another instrument's timbres may be chosen from now on; parts keep theirs until then."""
        self._metadata = metadata
        self._programs = metadata.program_slots()
        self._default = metadata.timbres[0]
        self._contents.adopt(metadata.timbres)
        self.prepared = ()
        self.version += 1

    def is_former(self, slot: int) -> bool:
        """Whether a slot holds a timbre of another instrument than is played now."""
        content = self._contents[slot]
        return content is not None and content.base.origin != self._metadata.origin

    def arrange(self, channel: int, timbres: Sequence[Timbre], turns: Turns) -> list[Filling]:
        """A channel's layers are these from now on, turned so; what is held rings out."""
        lead, turns = self.zones.lead(channel), self._possible(turns)
        if turns != self._turns[lead]:
            self._forget_lent(lead, None)
            self._turns[lead] = turns
        for layer, _ in self._of(lead):
            if layer >= len(timbres):
                self.drop(lead, layer)
        return [filling for layer, timbre in enumerate(timbres)
                for filling in self.choose(lead, timbre, layer)]  # fmt: skip

    def prepare(self, wanted: Iterable[tuple[Timbre, Turns]]) -> list[Filling]:
        """Have slots for timbres that may be chosen next, in the place of those before."""
        self.prepared, fillings = (), []
        alone = {part.slot for part in self._parts.values() if part.awake and part.alone}
        for base, wished in wanted:
            turns = self._possible(wished)
            there = [slot for slot in self._contents.holding(base, turns) if slot not in alone]
            kept = {*self.selected(), *self.prepared, *self._lent.values()}
            slot = there[0] if there else self._contents.spare(kept, ())
            if not there and slot in kept:
                break  # there is no room
            self.prepared = (*self.prepared, slot)
            if not there:
                self.version += 1
                self._contents.put(slot, Content(base, turns, True))
                fillings.append(Filling(slot, base, turns, self._metadata))
        return fillings

    def move(self, channel: int, timbre: Timbre, layer: int = 0) -> list[Filling]:
        """What a layer plays becomes another timbre, and held notes with it."""
        lead = self.zones.lead(channel)
        part = self._parts[lead, layer]
        if part.base is timbre:
            return []
        part.base = timbre
        return self._alter(lead, layer, part)

    def transpose(self, channel: int, layer: int, semitones: int) -> None:
        """A layer's takes lie so many semitones above what is played."""
        self._parts[self.zones.lead(channel), layer].transpose = semitones

    def drop(self, channel: int, layer: int) -> None:
        """A layer above the first is no more."""
        lead = self.zones.lead(channel)
        self._forget_lent(lead, layer)
        part = self._parts.pop((lead, layer), None)
        if part is not None:
            self._contents.leave(part.slot)
            self.version += 1

    def let_go(self) -> list[Filling]:
        """Nothing is turned, pressed or held any more."""
        self.hands.let_go()
        for channel in range(CHANNELS):
            self._give_back(channel)
        return [each for channel in range(CHANNELS) for each in self._set_turns(channel, NEUTRAL)]

    def reset(self) -> list[Filling]:
        """Every channel plays what it did at first, nothing is held, and there are no zones."""
        self.zones.reset()
        self._regroup()
        self.hands.let_go()
        self._banks = [0] * CHANNELS
        self._drums = [False] * CHANNELS
        fillings = []
        for channel in range(CHANNELS):
            part, turns = self._parts[channel, 0], self._turns[channel]
            if part.base is not self._default or turns != NEUTRAL:
                self._turns[channel] = NEUTRAL
                fillings += self.choose(channel, self._default)
        return fillings

    def plays_drums(self, channel: int) -> bool:
        """Whether a channel's last program change chose a drum kit: it is silent then."""
        return self._drums[channel]

    def _program(self, channel: int, program: int) -> list[Filling]:
        """What no timbre claims plays what was there at first; a bank of drums changes nothing."""
        self._drums[channel] = self._banks[channel] in DRUM_BANKS
        return [] if self._drums[channel] else self.choose(channel, self._of_program(program))

    def _control(self, channel: int, member: bool, controller: int, value: int) -> list[Filling]:
        if controller in (CC_SUSTAIN, CC_SOUND_OFF) or controller >= CC_NOTES_OFF:
            self._give_back(channel)
        elif controller == CC_BANK:
            self._banks[channel] = value
        elif controller == CC_RESET:
            turns = [] if member else self._set_turns(channel, NEUTRAL)
            return turns + self._press(channel)
        elif controller in TURNS and member:
            return self._press(channel)
        elif controller in TURNS:
            name, amount = TURNS[controller]
            if self._can_turn(name):
                turned_to = list(self._turns[channel])
                turned_to[DIRECTIONS.index(name)] = amount(value)
                return self._set_turns(channel, tuple(turned_to))
        return []

    def _regroup(self) -> None:
        """Members play their manager's parts, and nothing of their own."""
        self.version += 1
        for channel in range(CHANNELS):
            self._forget_lent(channel, None)
            if self.zones.is_member(channel):
                for _, part in self._of(channel):
                    part.awake = False

    # --- slots of parts ---------------------------------------------------------------------
    def _of(self, lead: int) -> Iterator[tuple[int, _Part]]:
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

    def _place(self, lead: int, part: _Part) -> list[Filling]:
        """Find or make the slot that holds what a part plays."""
        part.awake = True
        self.version += 1
        fitting = [slot for slot in self._contents.holding(part.base, self._turns[lead])
                   if self._may_play(part, slot)]  # fmt: skip
        if not fitting:
            self._move(part, self._spare())
            return [self._fill(lead, part)]
        if part.slot not in fitting:
            self._move(part, fitting[0])
        return []

    def _alter(self, lead: int, layer: int, part: _Part) -> list[Filling]:
        """Change a part's slot in place; one that others play stays, and held notes leave it."""
        part.alone = part.awake = True
        self.version += 1
        source = NO_SLOT
        if not self._may_play(part, part.slot):
            source = part.slot
            self._move(part, self._spare())
        channels = self.zones.reach(lead)
        held = {key + part.transpose for each in channels for key in self.hands.keys(each)}
        filling = self._fill(lead, part)._replace(
            channels=channels, source=source, keys=frozenset(held)
        )
        lent = [each for each in channels if (each, layer) in self._lent]
        return [filling, *(self._fill_lent(each, layer, part) for each in lent)]

    def _fill(self, lead: int, part: _Part) -> Filling:
        turns = self._turns[lead]
        self._contents.put(part.slot, Content(part.base, turns, True))
        return Filling(part.slot, part.base, turns, self._metadata)

    def _may_play(self, part: _Part, slot: int) -> bool:
        others = [each for each in self._parts.values()
                  if each is not part and each.awake and each.slot == slot]  # fmt: skip
        kept = others if part.alone else [each for each in others if each.alone]
        return not kept and slot not in self._lent.values()

    def _move(self, part: _Part, slot: int) -> None:
        if part.slot != NO_SLOT:
            self._contents.leave(part.slot)
        part.slot = slot

    def _spare(self) -> int:
        """A slot for a part, if need be one that is lent."""
        lent = {*self._lent.values(), *self.prepared}
        slot = self._contents.spare(self.selected(), lent)
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
        self, channel: int, layer: int, part: _Part, going: frozenset[int] = frozenset()
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
