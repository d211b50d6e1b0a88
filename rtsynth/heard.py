"""Python keeps up with what a callback played: timbres, held notes, system exclusive."""

from typing import Final, Protocol

from rtsynth.controls import Controls
from rtsynth.messages import CHANNELS, NOTE_OFF, SYSEX, SYSTEM_RESET, is_note_on
from rtsynth.parser import Exclusives, HeldNotes, Parser

MESSAGES: Final = 512  # at a time


class Source(Protocol):
    """What tells what a callback played: a `Link`."""

    def heard(self, limit: int, wait_ms: float) -> list[tuple[bytes, int, int, int]]:
        """Rows of message, sample, slot and change."""

    @property
    def unheard(self) -> int:
        """Messages that were played and will not be told of."""

    def set_slots(self, channel: int, slots: list[int]) -> None:
        """What each of 128 programs brings on a channel."""


class HeardFollower:
    """Follows one callback. Any one thread; nothing that sounds waits for it."""

    def __init__(self, source: Source, controls: Controls) -> None:
        self._source = source
        self._controls = controls
        self._held = HeldNotes()
        self._exclusives = Exclusives()
        self._parser = Parser()  # of system exclusive, which comes in pieces
        self._version = -1  # of the slots that the callback knows
        self._unheard = 0
        self._struck = False

    def follow(self, wait_ms: float = 0.0, ahead: bool = False) -> int:
        """Keep up with what was played since the last call; returns how many messages.

        With `ahead`, the callback waits for that, and plays them afterwards.
        """
        rows = self._source.heard(MESSAGES, wait_ms)
        self._exclusives.send(self._controls.sysex)  # what was refused before
        for data, sample, slot, change in rows:
            if data[0] == SYSTEM_RESET[0]:
                self._held = HeldNotes()
                self._controls.forget_played()
                continue
            if not NOTE_OFF <= data[0] < SYSEX:
                self._exclusive(data)
                continue
            message = data[0], data[1], data[2] if len(data) > 2 else 0
            self._struck = self._struck or is_note_on(message)
            self._controls.follow(message, slot, change, sample, ahead)
            self._held.note(message)
        unheard = self._source.unheard
        if unheard != self._unheard:  # a note off, perhaps
            self._unheard = unheard
            self.let_go()
        return len(rows)

    def strikes(self) -> bool:
        """Whether a note began among what was followed since the last call."""
        struck, self._struck = self._struck, False
        return struck

    def let_go(self) -> None:
        """Release what is held down."""
        self._held.release(self._controls.at)

    def tell_slots(self) -> None:
        """Say which slots program changes bring, so that the callback need not wait for us."""
        version = self._controls.version
        if version == self._version:
            return
        self._version = version
        for channel in range(CHANNELS):
            self._source.set_slots(channel, self._controls.program_slots(channel))

    def _exclusive(self, piece: bytes) -> None:
        for whole in self._parser.feed(piece):
            if isinstance(whole, bytes):
                self._exclusives.add(whole)
        self._exclusives.send(self._controls.sysex)
