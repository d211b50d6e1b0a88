"""Which timbre slot each channel plays, and what timbre each slot holds. No engine, no time."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from rtsynth import contract
from rtsynth.metadata import DIRECTIONS, Metadata, Timbre
from rtsynth.timbres import NEUTRAL, Turns, turned

CHANNELS: Final = 16
PROGRAMS: Final = 128
DRUM_CHANNEL: Final = 9  # channel 10 to a musician
NOTE_ON: Final = 0x90
CONTROL: Final = 0xB0
PROGRAM: Final = 0xC0
CC_BANK: Final = 0
CC_RESET: Final = 121
DRUM_BANKS: Final = frozenset((120, 126, 127))  # of General MIDI 2 (120) and XG


def _centred(value: int) -> float:
    """64 is neutral, both ends are whole turns."""
    return max(-1.0, (value - 64) / 63.0)


# Which controller turns which named direction, and what its value 0..127 means: General MIDI 2's
# sound controllers, breath, and the general-purpose controllers for keyboards with free knobs.
TURNS: Final[dict[int, tuple[str, Callable[[int], float]]]] = {
    74: ("bright", _centred),
    73: ("hard", lambda value: -_centred(value)),  # attack time: a longer one is softer
    2: ("breathy", lambda value: value / 127.0),  # breath: 0 is neutral
    72: ("long", _centred),  # release time
    16: ("bright", _centred),
    17: ("hard", _centred),
    18: ("breathy", _centred),
    19: ("long", _centred),
}

Message = tuple[int, int, int]  # status, data1, data2 (0 where the message has one data byte)
AnyMessage = Message | bytes  # bytes: system exclusive, from F0 to F7


def turns_timbre(message: Message) -> bool:
    """Whether a message is a controller that moves a timbre along a named direction."""
    return message[0] & 0xF0 == CONTROL and message[1] in TURNS


class Filling(NamedTuple):
    """A slot that holds another timbre from now on."""

    slot: int
    timbre: Timbre


class _Content(NamedTuple):
    base: int  # place among the metadata's timbres
    turns: Turns


class Slots:
    """Program changes and turned knobs of all channels, followed one by one. Thread: any one.

    Timbres begin in the slots of their numbers. A channel whose knobs turn has a slot of its own
    from then on, which is changed in place, so that held notes change too; if it shared its slot
    when the first knob turned, notes held then keep what they have.

    A slot that no channel plays is free for another timbre: empty ones are taken first, then those
    of turned timbres, then presets, each the one that was left longest ago; a preset that lost its
    slot gets another when it is wanted. Channels that never did anything count as none.
    """

    def __init__(self, metadata: Metadata, slot: int = 0, turning: Iterable[int] = ()) -> None:
        """Every channel plays the timbre in `slot`; those of `turning` never share theirs."""
        self._metadata = metadata
        self._programs = metadata.program_slots()
        self._default = slot
        self._contents: list[_Content | None] = [None] * contract.TIMBRE_SLOTS
        for i in range(len(metadata.timbres)):
            self._contents[i] = _Content(i, NEUTRAL)
        self._slots = [slot] * CHANNELS
        self._bases = [slot] * CHANNELS
        self._turns: list[Turns] = [NEUTRAL] * CHANNELS
        self._alone = set(turning if metadata.directions else ())  # channels that share no slot
        self._awake = [False] * CHANNELS  # played a note or changed something
        self._banks = [0] * CHANNELS  # selected for the next program change
        self._drums = [False] * CHANNELS
        self._left = [0] * contract.TIMBRE_SLOTS  # when a channel left it last
        self._time = 0
        self.version = 0  # of all that known() depends on

    def slot_of(self, channel: int) -> int:
        """Slot that a channel plays."""
        return self._slots[channel]

    def base_of(self, channel: int) -> int:
        """Place among the metadata's timbres of what a channel plays, turned or not."""
        return self._bases[channel]

    def known(self, channel: int) -> list[int]:
        """Slot that each program (0..127) would bring; -1: one that has to be filled first."""
        found: dict[int, int] = {}  # of bases
        for slot, content in enumerate(self._contents):
            fits = content is not None and content.turns == self._turns[channel]
            if content is None or not fits or not self._may_play(channel, slot):
                continue
            if content.base not in found or slot == self._slots[channel]:
                found[content.base] = slot
        bases = [self._programs.get(program, self._default) for program in range(PROGRAMS)]
        return [found.get(base, -1) for base in bases]

    def selected(self) -> set[int]:
        """Slots of the channels that did something."""
        return {slot for slot, awake in zip(self._slots, self._awake, strict=True) if awake}

    def follow(self, message: Message) -> list[Filling]:
        """Slots that hold another timbre once a channel message was played."""
        status, data1, data2 = message
        kind, channel = status & 0xF0, status & 0x0F
        if channel == DRUM_CHANNEL:
            return []
        if kind == CONTROL and data1 == CC_BANK:
            self._banks[channel] = data2
            return []
        if kind == PROGRAM:
            self._drums[channel] = self._banks[channel] in DRUM_BANKS
        if (
            kind == PROGRAM and not self._drums[channel]
        ):  # what no timbre claims plays what was there at first
            self._bases[channel] = self._programs.get(data1, self._default)
            return self._place(channel)
        if kind == NOTE_ON and not self._awake[channel]:
            return self._place(channel)  # its slot may have been taken
        if kind == CONTROL and data1 == CC_RESET:
            return self._set_turns(channel, NEUTRAL)
        if turns_timbre(message):
            return self._turn(channel, *TURNS[data1], data2)
        return []

    def plays_drums(self, channel: int) -> bool:
        """Whether a channel's last program change chose a drum kit: it is silent then."""
        return self._drums[channel]

    def reset(self) -> list[tuple[int, list[Filling]]]:
        """Every channel plays what it did at first; those that change, and what that fills."""
        changed = [
            channel for channel in range(CHANNELS)
            if (self._bases[channel], self._turns[channel]) != (self._default, NEUTRAL)
        ]  # fmt: skip
        self._bases = [self._default] * CHANNELS
        self._turns = [NEUTRAL] * CHANNELS
        self._banks = [0] * CHANNELS
        self._drums = [False] * CHANNELS
        return [(channel, self._place(channel)) for channel in changed]

    def _turn(
        self, channel: int, direction: str, amount: Callable[[int], float], value: int
    ) -> list[Filling]:
        known = self._metadata.directions
        if known is None or direction not in known.names:
            return []
        turns = list(self._turns[channel])
        turns[DIRECTIONS.index(direction)] = amount(value)
        return self._set_turns(channel, tuple(turns))

    def _set_turns(self, channel: int, turns: Turns) -> list[Filling]:
        if turns == self._turns[channel]:
            return []
        self._alone.add(channel)
        fillings = self._place(channel)
        self._turns[channel] = turns
        return fillings + self._fill(self._slots[channel], self._wanted(channel))

    def _place(self, channel: int) -> list[Filling]:
        """Find or make the slot that holds what a channel plays."""
        self._awake[channel] = True
        self.version += 1
        wanted = self._wanted(channel)
        fitting = [slot for slot in range(contract.TIMBRE_SLOTS)
                   if self._contents[slot] == wanted and self._may_play(channel, slot)]  # fmt: skip
        if not fitting:
            self._move(channel, min(range(contract.TIMBRE_SLOTS), key=self._worth))
            return self._fill(self._slots[channel], wanted)
        if self._slots[channel] not in fitting:
            self._move(channel, fitting[0])
        return []

    def _wanted(self, channel: int) -> _Content:
        return _Content(self._bases[channel], self._turns[channel])

    def _may_play(self, channel: int, slot: int) -> bool:
        others = {i for i in range(CHANNELS)
                  if i != channel and self._awake[i] and self._slots[i] == slot}  # fmt: skip
        return not (others if channel in self._alone else others & self._alone)

    def _fill(self, slot: int, wanted: _Content) -> list[Filling]:
        self._contents[slot] = wanted
        self.version += 1
        timbre = self._metadata.timbres[wanted.base]
        return [Filling(slot, turned(self._metadata, timbre, wanted.turns))]

    def _move(self, channel: int, slot: int) -> None:
        self._time += 1
        self._left[self._slots[channel]] = self._time
        self._slots[channel] = slot

    def _worth(self, slot: int) -> tuple[int, int]:
        """How much a slot would be missed: the least is taken for another timbre."""
        content = self._contents[slot]
        if slot in self.selected():
            return 3, 0
        if content is None:
            return 0, 0
        return (2 if content == _Content(slot, NEUTRAL) else 1), self._left[slot]
