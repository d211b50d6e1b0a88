"""Which timbre slot each channel and layer plays. No engine, no time."""

import copy
from collections.abc import Iterable, Sequence
from typing import Final

from rtsynth.contents import NO_SLOT, Content
from rtsynth.messages import (
    CC_BANK,
    CC_NOTES_OFF,
    CC_RESET,
    CC_SOUND_OFF,
    CC_SUSTAIN,
    CHANNELS,
    CONTROL,
    DRUM_CHANNEL,
    NOTE_OFF,
    NOTE_ON,
    PRESSURE,
    PROGRAM,
    PROGRAMS,
    Message,
)
from rtsynth.metadata import DIRECTIONS, Metadata, Timbre
from rtsynth.placing import Filling, Part, Placing
from rtsynth.timbres import NEUTRAL, Turns
from rtsynth.turns import TURNS

DRUM_BANKS: Final = frozenset((120, 126, 127))  # of General MIDI 2 (120) and XG


class Slots(Placing):
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
            return self._regroup()
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
        """A layer plays another timbre from now on; what is held rings out. New layers begin so.

        A member of a zone does, as soon as it is none any more: so does all that is said of it.
        """
        part = self._parts.setdefault((channel, layer), Part(timbre, NO_SLOT))
        if part.base is not timbre:
            self._let_ring(channel, layer)
        part.base = timbre
        if layer == 0:
            self._drums[channel] = False
        return self._place(channel, part)

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
        turns = self._possible(turns)
        if turns != self._turns[channel]:
            self._let_ring(channel, None)
            self._turns[channel] = turns
        for layer, _ in self._of(channel):
            if layer >= len(timbres):
                self.drop(channel, layer)
        return [filling for layer, timbre in enumerate(timbres)
                for filling in self.choose(channel, timbre, layer)]  # fmt: skip

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
        part = self._parts[channel, layer]
        if part.base is timbre:
            return []
        part.base = timbre
        return self._alter(channel, layer, part)

    def transpose(self, channel: int, layer: int, semitones: int) -> None:
        """A layer's takes lie so many semitones above what is played."""
        self._parts[channel, layer].transpose = semitones

    def drop(self, channel: int, layer: int) -> None:
        """A layer above the first is no more."""
        self._let_ring(channel, layer)
        part = self._parts.pop((channel, layer), None)
        if part is not None:
            self._contents.leave(part.slot)
            self.version += 1

    def let_go(self) -> list[Filling]:
        """Nothing is turned, pressed or held any more."""
        self.hands.let_go()
        for channel in range(CHANNELS):
            self._give_back(channel)
        return [each for channel in range(CHANNELS) for each in self._set_turns(channel, NEUTRAL)]

    def forget_played(self) -> list[Filling]:
        """Nothing is turned, pressed or held any more, and no bank is selected.

        What was turned plays where it would if it had never been: in the slot of those beside it.
        """
        self._banks = [0] * CHANNELS
        self.hands.let_go()
        turned: list[tuple[int, Part]] = []
        for channel in range(CHANNELS):
            self._give_back(channel)
            parts = [part for _, part in self._of(channel)]
            if self._turns[channel] != NEUTRAL or any(part.alone for part in parts):
                self._let_ring(channel, None)
                self._turns[channel] = NEUTRAL
                turned += [(channel, part) for part in parts]
        return self._rejoin(turned)

    def reset(self) -> list[Filling]:
        """Every channel plays what it did at first, nothing is held, and there are no zones."""
        self.zones.reset()
        fillings = self._regroup()
        self.hands.let_go()
        self._banks = [0] * CHANNELS
        self._drums = [False] * CHANNELS
        for channel in range(CHANNELS):
            part, turns = self._parts[channel, 0], self._turns[channel]
            if part.base is not self._default or turns != NEUTRAL:
                self._turns[channel] = NEUTRAL
                fillings += self.choose(channel, self._default)
                others = [each for layer, each in self._of(channel) if layer]
                fillings += [each for other in others for each in self._place(channel, other)]
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

    def _regroup(self) -> list[Filling]:
        """Members play their manager's parts, and nothing of their own; others have all theirs."""
        self.version += 1
        for channel in range(CHANNELS):
            self._forget_lent(channel, None)
            if self.zones.is_member(channel):
                for _, part in self._of(channel):
                    part.awake = False
        return [filling for (channel, _), part in self._parts.items() if part.slot == NO_SLOT
                for filling in self._place(channel, part)]  # fmt: skip

    def _let_ring(self, channel: int, layer: int | None) -> None:
        """What a channel plays changes: a member's notes are its manager's."""
        if not self.zones.is_member(channel):
            self._forget_lent(channel, layer)
