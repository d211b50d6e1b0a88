"""What MIDI means: messages to events of the engine or a change of timbre."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from rtsynth._core import Link
from rtsynth.contents import NO_SLOT
from rtsynth.keyboard import Keyboard
from rtsynth.keys import Keys
from rtsynth.listeners import Listeners
from rtsynth.messages import (
    CC_RESET,
    CC_SOUND_OFF,
    CHANNELS,
    CONTROL,
    DRUM_CHANNEL,
    NOTE_ON,
    PROGRAM,
    PROGRAMS,
    SYSTEM_RESET,
    AnyMessage,
    Message,
)
from rtsynth.metadata import Metadata, Timbre
from rtsynth.parts import ANY_CHANGE, ASAP, LAYERS, Fill, Mixes, Parts
from rtsynth.slots import Slots
from rtsynth.sysex import Action, Reset, Setting, actions
from rtsynth.tuning.own import Tuning

Heard = Callable[[AnyMessage], None]
Kept = Callable[[AnyMessage, int, int | None], None]


class Programs(Protocol):
    """Who takes program changes that are to choose no timbre: a set list. It must not wait."""

    def takes(self, channel: int) -> bool:
        """Whether it takes those of a channel."""

    def program(self, channel: int, program: int) -> bool:
        """Take one; False: it does not."""


class Controls:
    """The only way to the engine's event queue: any thread may call, one at a time gets in.

    Program changes choose a timbre by its General MIDI program; controllers of `TURNS` move a
    channel's timbre along the named directions; drums (channel 10 where it is no member of an MPE
    zone, and channels that select a bank of drums) are not played; system exclusive is carried out;
    all else goes to the engine as it is. `parts` chooses and moves timbres.
    """

    def __init__(
        self,
        engine: Link,
        metadata: Metadata,
        slot: int = 0,
        say: Callable[[str], None] | None = None,
        on_timbres: Callable[[tuple[int, ...]], None] | None = None,
        fill: Fill | None = None,
        turning: Iterable[int] = (),
        resumes: bool = False,
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
            resumes: the engine goes on with what another process told it, until `parts.begin()`.
        """
        self._engine = engine
        self._say = say or (lambda line: None)
        self._lock = threading.RLock()
        self.parts = Parts(
            engine, metadata, slot, turning, fill, on_timbres or (lambda slots: None), self._lock,
            resumes,
        )  # fmt: skip
        self._keyboard = Keyboard(engine)
        self._heard = Listeners[[AnyMessage]]()
        self._kept = Listeners[[AnyMessage, int, int | None]]()
        self._learned: set[tuple[int, int]] = set()  # channels and controllers that mean nothing
        self._said_drums = False
        self._programs: Programs | None = None
        self._claims = 0

    @property
    def metadata(self) -> Metadata:
        """Of the instrument whose timbres may be chosen."""
        return self.parts.metadata

    @property
    def slots_in_use(self) -> tuple[int, ...]:
        """Timbre slots chosen so far: those that channels play now, then others, latest first."""
        return self.parts.in_use

    def slot_of(self, channel: int, layer: int = 0) -> int:
        """Timbre slot in which a channel's new notes begin, NO_SLOT: there is no such layer."""
        return self.parts.slots.slot_of(channel, layer)

    def slots_of(self, channel: int) -> list[int]:
        """Timbre slots in which the layers of a channel's new notes begin."""
        slots = (self.slot_of(channel, layer) for layer in range(LAYERS))
        return list(dict.fromkeys(slot for slot in slots if slot != NO_SLOT))

    def timbre_of(self, channel: int, layer: int = 0) -> Timbre:
        """What a channel plays, before any turns."""
        return self.parts.slots.timbre_of(channel, layer)

    def is_member(self, channel: int) -> bool:
        """Whether a channel belongs to an MPE zone that another leads."""
        return self.parts.slots.zones.is_member(channel)

    def listen(self, heard: Heard) -> None:
        """Tell of every message that was played, whoever played it. `heard` must not wait."""
        self._heard.add(heard)

    def ahead(self) -> tuple[Slots, Mixes, Keys]:
        """What may follow a song ahead of its time: slots, how layers are mixed, and keys."""
        with self._lock:
            return *self.parts.copy(), self._keyboard.copy()

    def take_key(self, channel: int, key: int) -> int | None:
        """The key whose take a key plays now; None: it is silent."""
        return self._keyboard.take_key(channel, key)

    def keep(self, kept: Kept) -> Callable[[], None]:
        """Tell a record of all that is played from now on, and when; returns what ends it.

        Beside what `listen` tells: controllers that a desk moves, and panics. `kept` gets the
        message, its sample of the engine's clock (ASAP: none) and when it arrived, in
        time.monotonic_ns() (None: now). It must not wait.
        """
        return self._kept.add(kept)

    # --- messages ---------------------------------------------------------------------------
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
            taken = all(self._carry_out(each, at_sample) for each in actions(data))
        if taken:
            self._tell(data, at_sample)
        return taken

    def follow(
        self,
        message: Message,
        slot: int = NO_SLOT,
        change: int = ANY_CHANGE,
        at_sample: int = ASAP,
        ahead: bool = False,
    ) -> None:
        """Keep up with a message that a device's callback has played already.

        Args:
            message: what was played.
            slot: of a program change: the slot that the channel plays by now, NO_SLOT: as before.
            change: of a program change: its number (`Link.heard`).
            at_sample: of the engine's clock, at which it was played.
            ahead: it was not yet; what follows from it is due at that sample.
        """
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        with self._lock:
            if self._is_silent(channel, kind):
                return
            if kind == PROGRAM:
                self.parts.played(channel, slot, change)
            if not self._is_learned(message):
                self._keep_up(message, at_sample if ahead else ASAP)
        self._tell(message, at_sample)

    def set(self, messages: Sequence[Message]) -> bool:
        """Carry out controllers as what they mean, though a player may have learned them otherwise.

        Nobody is told. False: one was refused.
        """
        with self._lock:
            return False not in [self._set(message) for message in messages]

    @property
    def version(self) -> int:
        """Changes with what program_slots() says."""
        return self.parts.version + self._claims

    def claim_programs(self, claimant: Programs | None) -> None:
        """Let somebody take program changes from now on; tell again when other channels are taken.

        None: they all choose timbres.
        """
        with self._lock:
            self._programs = claimant
            self._claims += 1

    def program_slots(self, channel: int) -> list[int]:
        """Slot that each program (0..127) brings at once on a channel; NO_SLOT: only later."""
        with self._lock:
            if self._programs is not None and self._programs.takes(channel):
                return [NO_SLOT] * PROGRAMS
            return self.parts.known(channel)

    # --- tuning, and all else ---------------------------------------------------------------
    @property
    def tuning(self) -> Tuning:
        """The player's own tuning: what holds where MIDI says nothing else."""
        return self._keyboard.own

    def set_tuning(self, tuning: Tuning, at_sample: int = ASAP) -> bool:
        """Change it; notes that sound follow. False: not all was taken yet, and the rest follows
        with the next message.

        Raises:
            RtsynthError: its keyboard map contradicts itself; nothing has changed.
        """
        with self._lock:
            return self._keyboard.set_own(tuning, at_sample)

    def unsilence(self, channel: int) -> bool:
        """Let the keys of a channel sound that has no bank of drums any more. False: not all was
        taken yet.
        """
        with self._lock:
            drums = self.parts.slots.plays_drums(channel)
            return self._keyboard.silence(channel, drums, ASAP)

    def plays_drums(self, channel: int) -> bool:
        """Whether a channel is silent because it selected a bank of drums."""
        return self.parts.slots.plays_drums(channel)

    def send(self, event: Callable[[Link], bool]) -> bool:
        """Send one of the engine's other events. False: it was refused."""
        with self._lock:
            return event(self._engine)

    def ignore(self, channel: int, controller: int, on: bool) -> bool:
        """Whether a controller means nothing on a channel, because it was learned as another."""
        with self._lock:
            (self._learned.add if on else self._learned.discard)((channel, controller))
            return self._engine.ignore(channel, controller, on)

    def set_gain_db(self, gain_db: float) -> bool:
        """Output gain, as soon as possible."""
        return self.send(lambda engine: engine.set_gain_db(gain_db))

    def panic(self) -> bool:
        """Silence everything at once."""
        with self._lock:
            self.parts.let_go()
            for status in range(CONTROL, CONTROL + CHANNELS):
                self._kept.tell((status, CC_SOUND_OFF, 0), ASAP, None)
                self._kept.tell((status, CC_RESET, 0), ASAP, None)
            return self._engine.panic()

    def forget_played(self) -> None:
        """Keep up with a host that ended what was played, and with the engine, which forgot it.

        What was turned, tuned or held by messages is not so any more; programs and zones stay.
        """
        with self._lock:
            self.parts.forget_played()
            self._keyboard.forget_played(
                [self.plays_drums(channel) for channel in range(CHANNELS)], ASAP
            )
        for status in range(CONTROL, CONTROL + CHANNELS):
            self._kept.tell((status, CC_SOUND_OFF, 0), ASAP, None)
        self._heard.tell(SYSTEM_RESET)

    def _play(self, message: Message, at_sample: int, time_ns: int | None) -> bool:
        status, data1, data2 = message
        kind, channel = status & 0xF0, status & 0x0F
        with self._lock:
            if self._is_silent(channel, kind):
                return True
            if self._is_learned(message):
                taken = True
            else:
                taken = self._keep_up(message, at_sample)
                if kind != PROGRAM and time_ns is not None:
                    taken = self._engine.midi_live(status, data1, data2, time_ns)
                elif kind != PROGRAM:
                    taken = self._engine.midi(status, data1, data2, at_sample)
        if taken:
            self._tell(message, at_sample, time_ns)
        return taken

    def _keep_up(self, message: Message, at_sample: int) -> bool:
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        claimant = self._programs if kind == PROGRAM else None
        if claimant is not None and claimant.program(channel, message[1]):
            return True
        followed = self.parts.follow(message, at_sample)
        drums = self.parts.slots.plays_drums(channel)
        return self._keyboard.follow(message, drums, at_sample) and followed

    def _carry_out(self, action: Action, at_sample: int) -> bool:
        if isinstance(action, Reset):
            return self._reset(at_sample)
        if isinstance(action, Setting):
            return self._engine.set_parameter(action.name, action.value, 0, at_sample)
        return self._keyboard.change(action, at_sample)

    def _reset(self, at_sample: int) -> bool:
        """As at the start: controllers, timbres, zones, tuning, volume, balance. Notes end."""
        return (
            self.parts.reset(at_sample)
            and self._keyboard.reset(at_sample)
            and self._engine.set_parameter("volume", 1.0, 0, at_sample)
            and self._engine.set_parameter("balance", 0.0, 0, at_sample)
            and self._engine.reset(at_sample)
        )

    def _set(self, message: Message) -> bool:
        status, data1, data2 = message
        channel, learned = status & 0x0F, self._is_learned(message)
        taken = not learned or self._engine.ignore(channel, data1, False)
        self._keep_up(message, ASAP)
        taken = self._engine.midi(status, data1, data2) and taken
        self._kept.tell(message, ASAP, None)
        return (not learned or self._engine.ignore(channel, data1, True)) and taken

    def _tell(self, message: AnyMessage, at_sample: int = ASAP, time_ns: int | None = None) -> None:
        self._kept.tell(message, at_sample, time_ns)
        self._heard.tell(message)

    def _is_learned(self, message: Message) -> bool:
        status, controller, _ = message
        return status & 0xF0 == CONTROL and (status & 0x0F, controller) in self._learned

    def _is_silent(self, channel: int, kind: int) -> bool:
        """Drums are, and it says so once."""
        if channel != DRUM_CHANNEL or self.is_member(channel):
            return False
        if kind == NOTE_ON and not self._said_drums:
            self._said_drums = True
            self._say("channel 10 (drums) is silent: an instrument plays pitched notes only")
        return True
