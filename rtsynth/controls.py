"""What MIDI means: bytes to messages, messages to events of the engine or a change of timbre."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from rtsynth._core import Engine
from rtsynth.metadata import Metadata, Timbre
from rtsynth.slots import (
    CHANNELS,
    CONTROL,
    DRUM_CHANNEL,
    NOTE_ON,
    PROGRAM,
    AnyMessage,
    Filling,
    Message,
    Slots,
    turns_timbre,
)
from rtsynth.sysex import END, MOST_BYTES, Action, MasterTuning, Reset, Setting, actions
from rtsynth.tuning.own import Tuning
from rtsynth.tuning.tuner import Tuner

NOTE_OFF: Final = 0x80
SYSEX: Final = 0xF0
REAL_TIME: Final = 0xF8  # and above: one byte, allowed inside other messages
CC_SUSTAIN: Final = 64

ASAP: Final = -1
NO_SLOT: Final = -1
ANY_CHANGE: Final = -1


class Parser:
    """MIDI bytes of one port to messages; what it does not understand, it skips.

    Knows running status and real-time bytes in the middle of anything. System exclusive that is
    cut by another message, or longer than any that means something here (`sysex.MOST_BYTES`), is
    skipped.
    """

    def __init__(self) -> None:
        self._status = 0  # running status, SYSEX: inside of system exclusive, 0: none
        self._data = bytearray()
        self.skipped = 0  # data bytes that belonged to nothing

    def feed(self, data: Iterable[int]) -> Iterator[AnyMessage]:
        """Messages that are complete with these bytes (0..255)."""
        for byte in data:
            if byte >= REAL_TIME:
                continue
            if byte >= NOTE_OFF:
                if byte == END and self._status == SYSEX and self._fits():
                    yield bytes((SYSEX, *self._data, END))
                self._status = byte if byte <= SYSEX else 0
                self._data.clear()
                continue
            if not self._status:
                self.skipped += 1
                continue
            if self._fits():
                self._data.append(byte)
            if self._status != SYSEX and len(self._data) == data_bytes(self._status):
                yield self._status, self._data[0], self._data[1] if len(self._data) > 1 else 0
                self._data.clear()

    def _fits(self) -> bool:
        """Whether a byte more, with both ends, is not too much."""
        return len(self._data) < MOST_BYTES - 2


def data_bytes(status: int) -> int:
    """How many data bytes follow a channel status byte."""
    return 1 if status & 0xF0 in (0xC0, 0xD0) else 2


class HeldNotes:
    """What one port holds down, so that nothing sticks when the port goes away."""

    def __init__(self) -> None:
        self._notes: set[tuple[int, int]] = set()  # channel, key
        self._pedals: set[int] = set()  # channels

    def note(self, message: Message) -> None:
        """Keep the account of a message that was played."""
        status, data1, data2 = message
        kind, channel = status & 0xF0, status & 0x0F
        if kind == NOTE_ON and data2:
            self._notes.add((channel, data1))
        elif kind in (NOTE_ON, NOTE_OFF):
            self._notes.discard((channel, data1))
        elif kind == CONTROL and data1 == CC_SUSTAIN:
            (self._pedals.add if data2 >= 64 else self._pedals.discard)(channel)

    def release(self, send: Callable[[Message], bool]) -> bool:
        """Send what lets go of all that is held; False: not all was taken, and that is held on."""
        off: list[Message] = [(CONTROL | channel, CC_SUSTAIN, 0) for channel in self._pedals]
        off += [(NOTE_OFF | channel, key, 0) for channel, key in sorted(self._notes)]
        for message in off:
            if send(message):
                self.note(message)
        return not (self._notes or self._pedals)


Fill = Callable[[Filling, Callable[[], None]], None]


class Controls:
    """The only way to the engine's event queue: any thread may call, one at a time gets in.

    Program changes choose a timbre by its General MIDI program; controllers of `TURNS` move a
    channel's timbre along the named directions; drums (channel 10, and channels that select a bank
    of drums) are not played; system exclusive is carried out; all else goes to the engine as it is.
    """

    def __init__(
        self,
        engine: Engine,
        metadata: Metadata,
        slot: int = 0,
        say: Callable[[str], None] | None = None,
        on_timbres: Callable[[tuple[int, ...]], None] | None = None,
        fill: Fill | None = None,
        turning: Iterable[int] = (),
    ) -> None:
        """Set every channel to a timbre slot.

        Args:
            engine: whose events these are.
            metadata: of the instrument, with the user's timbre.
            slot: what all channels play at first.
            say: hears one-line news.
            on_timbres: hears of slots in use, latest first.
            fill: makes takes for a slot's new timbre and calls back when notes may use it, from
                any thread. None: controllers do not turn timbres.
            turning: channels that are known to turn theirs.
        """
        self._engine = engine
        self._metadata = metadata
        known = metadata if fill is not None else replace(metadata, directions=None)
        self._slots = Slots(known, slot, turning)
        self._tuner = Tuner(engine.tune)
        self._say = say or (lambda line: None)
        self._on_timbres = on_timbres or (lambda slots: None)
        self._fill = fill
        self._lock = threading.Lock()
        self._said_drums = False
        self._in_use: tuple[int, ...] = ()
        self._sent = [slot] * CHANNELS  # slots, as the engine was told
        self._awaited: dict[int, int] = {}  # channels and the slots that are filled for them
        self._filling: dict[int, int] = {}  # slots, and how many fillings they wait for
        self._filled = 0  # fillings that came
        self._changes = [0] * CHANNELS  # numbers of program changes that a device carried out
        for channel in range(CHANNELS):
            self._engine.set_timbre(channel, slot)
        self._used(slot)

    @property
    def slots_in_use(self) -> tuple[int, ...]:
        """Timbre slots chosen so far: those that channels play now, then others, latest first."""
        return self._in_use

    def slot_of(self, channel: int) -> int:
        """Timbre slot that a channel plays."""
        return self._slots.slot_of(channel)

    def timbre_of(self, channel: int) -> Timbre:
        """What a channel plays, before any turns."""
        return self._metadata.timbres[self._slots.base_of(channel)]

    def live(self, message: Message, time_ns: int) -> bool:
        """Play a message that arrived at time_ns (time.monotonic_ns). False: it was refused."""
        return self._play(message, ASAP, time_ns)

    def at(self, message: Message, at_sample: int = ASAP) -> bool:
        """Play a message at a sample of the engine's clock. False: it was refused."""
        return self._play(message, at_sample, None)

    def play(self, message: AnyMessage, at_sample: int = ASAP) -> bool:
        """Play a message of any kind at a sample of the engine's clock. False: it was refused."""
        if isinstance(message, bytes):
            return self.sysex(message, at_sample)
        return self.at(message, at_sample)

    def sysex(self, data: bytes, at_sample: int = ASAP) -> bool:
        """Carry out system exclusive, from F0 to F7 (`sysex.py`); what is not known does nothing.

        False: the engine's queue was full before everything was said; send it again.
        """
        with self._lock:
            return all(self._carry_out(each, at_sample) for each in actions(data))

    @property
    def tuning(self) -> Tuning:
        """The player's own tuning: what holds where MIDI says nothing else."""
        return self._tuner.own

    def set_tuning(self, tuning: Tuning, at_sample: int = ASAP) -> bool:
        """Change it; notes that sound follow. False: not all was taken yet, and the rest follows
        with the next message.

        Raises:
            RtsynthError: its keyboard map contradicts itself; nothing has changed.
        """
        with self._lock:
            self._tuner.set_own(tuning)
            return self._tuner.bring(True, at_sample)

    def follow(self, message: Message, slot: int = NO_SLOT, change: int = ANY_CHANGE) -> None:
        """Keep up with a message that a device's callback has played already.

        Args:
            message: what was played.
            slot: of a program change: the slot that the channel plays by now, NO_SLOT: as before.
            change: of a program change: its number (`JackProcess.heard`).
        """
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        with self._lock:
            if channel == DRUM_CHANNEL:
                self._drums(kind)
                return
            if kind == PROGRAM:
                self._changes[channel] = change
                self._sent[channel] = slot  # NO_SLOT: what was sent had an older number
                if slot != NO_SLOT:
                    self._awaited.pop(channel, None)
            self._keep_up(message, ASAP)

    @property
    def version(self) -> int:
        """Changes with what program_slots() says."""
        return self._slots.version + self._filled

    def program_slots(self, channel: int) -> list[int]:
        """Slot that each program (0..127) brings at once on a channel; NO_SLOT: only later."""
        with self._lock:
            known = self._slots.known(channel)
            return [NO_SLOT if slot in self._filling else slot for slot in known]

    def set_gain_db(self, gain_db: float) -> None:
        """Output gain, as soon as possible."""
        with self._lock:
            self._engine.set_gain_db(gain_db)

    def panic(self) -> None:
        """Silence everything at once."""
        with self._lock:
            self._engine.panic()

    def _play(self, message: Message, at_sample: int, time_ns: int | None) -> bool:
        status, data1, data2 = message
        kind, channel = status & 0xF0, status & 0x0F
        with self._lock:
            if channel == DRUM_CHANNEL:
                return self._drums(kind)
            followed = self._keep_up(message, at_sample)
            if kind == PROGRAM or turns_timbre(message):
                return followed
            if time_ns is not None:
                return self._engine.midi_live(status, data1, data2, time_ns)
            return self._engine.midi(status, data1, data2, at_sample)

    def _keep_up(self, message: Message, at_sample: int) -> bool:
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        fillings = self._slots.follow(message)
        if kind == PROGRAM or fillings:
            self._used(self._slots.slot_of(channel))
        self._tuner.follow(*message)
        self._tuner.silence(channel, self._slots.plays_drums(channel))
        followed = self._follow(channel, fillings, at_sample)
        return followed and (not self._tuner.waits or self._tuner.bring(False, at_sample))

    def _carry_out(self, action: Action, at_sample: int) -> bool:
        if isinstance(action, Reset):
            return self._reset(at_sample)
        if isinstance(action, Setting):
            return self._engine.set_parameter(action.name, action.value, 0, at_sample)
        if isinstance(action, MasterTuning):
            self._tuner.set_master(action.cents, action.semitones)
            return self._tuner.bring(True, at_sample)
        self._tuner.change(action)
        return self._tuner.bring(action.live, at_sample)

    def _reset(self, at_sample: int) -> bool:
        """As at the start: controllers, timbres, tuning, volume. Notes end."""
        for channel, fillings in self._slots.reset():
            self._used(self._slots.slot_of(channel))
            if not self._follow(channel, fillings, at_sample):
                return False
        self._tuner.reset()
        return (
            self._tuner.bring(False, at_sample)
            and self._engine.set_parameter("volume", 1.0, 0, at_sample)
            and self._engine.reset(at_sample)
        )

    def _drums(self, kind: int) -> bool:
        if kind == NOTE_ON and not self._said_drums:
            self._said_drums = True
            self._say("channel 10 (drums) is silent: an instrument plays pitched notes only")
        return True

    def _follow(self, channel: int, fillings: list[Filling], at_sample: int) -> bool:
        """Bring the channel to its slot, as soon as that can be played."""
        slot = self._slots.slot_of(channel)
        for filling in fillings:
            moves = filling.slot == slot != self._sent[channel]
            if moves:
                self._awaited[channel] = slot
            if self._fill is not None:
                self._filling[filling.slot] = self._filling.get(filling.slot, 0) + 1
                self._fill(filling, partial(self._arrive, channel, filling.slot, moves, at_sample))
        if slot in (self._sent[channel], self._awaited.get(channel)):
            return True
        return self._send(channel, slot, at_sample)

    def _arrive(self, channel: int, slot: int, moves: bool, at_sample: int) -> None:
        """A slot was filled for a channel. Thread: any."""
        with self._lock:
            self._filled += 1
            self._filling[slot] -= 1
            if not self._filling[slot]:
                del self._filling[slot]
            if moves and self._awaited.get(channel) == slot == self._slots.slot_of(channel):
                self._send(channel, slot, at_sample)

    def _send(self, channel: int, slot: int, at_sample: int) -> bool:
        change = self._changes[channel] if at_sample == ASAP else ANY_CHANGE
        if not self._engine.set_timbre(channel, slot, at_sample, change):
            return False
        self._sent[channel] = slot
        self._awaited.pop(channel, None)
        return True

    def _used(self, slot: int) -> None:
        if slot in self._in_use[:1]:
            return
        order = dict.fromkeys((slot, *self._in_use))
        selected = self._slots.selected() | {slot}
        self._in_use = tuple(sorted(order, key=lambda each: each not in selected))
        self._on_timbres(self._in_use)
