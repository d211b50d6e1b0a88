"""Read a MIDI file into messages with their times in seconds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeGuard

from rtsynth import contract, sysex
from rtsynth.contents import NO_SLOT
from rtsynth.errors import RtsynthError, one_line
from rtsynth.keys import Keys, keys_at_start
from rtsynth.messages import DRUM_CHANNEL, AnyMessage, Message, is_note_on
from rtsynth.parts import FIELD_TRANSPOSE, LAYERS, WHOLE, Mixes
from rtsynth.placing import Filling
from rtsynth.slots import Slots
from rtsynth.takes import Take
from rtsynth.turns import turns_timbre

HIGHEST_KEY: Final = 127
TakeKey = Callable[[int, int], int | None]
MAX_HOURS: Final = 24.0  # a song that lasts longer is a broken file
FILM_RATES: Final = {24: 24.0, 25: 25.0, 29: 30.0 / 1.001, 30: 30.0}  # frames a second


class Event(NamedTuple):
    """A message and when it is due."""

    time_s: float  # from the beginning of the song
    message: AnyMessage


class TakeDue(NamedTuple):
    """A take that a song plays, and when it plays it first."""

    time_s: float
    take: tuple[int, int, int]  # timbre slot, key, layer
    after: int  # so many events come before its slot holds what it plays; 0: it does from the start


def read_song(path: Path) -> list[Event]:
    """Channel messages and system exclusive of a MIDI file (type 0 or 1), in order of time.

    Raises:
        RtsynthError: it cannot be read, is no MIDI file, is cut short, or has no notes to play.
    """
    import mido  # here, not above: it is needed only with a file

    try:
        file = mido.MidiFile(str(path), clip=True)
        if file.type == 2:
            raise RtsynthError(f"{path} is a MIDI file of type 2: save it as type 0 or 1")
        events = _events(file)
    except RtsynthError:
        raise
    except OSError as error:
        if error.errno is None:  # mido's word for "not a MIDI file"
            raise RtsynthError(_broken(path, error)) from error
        raise RtsynthError(f"cannot read {path}: {error.strerror}") from error
    except Exception as error:  # mido raises whatever its parser stumbled over
        raise RtsynthError(_broken(path, error)) from error
    if not any(_is_note(message) and message[0] & 0x0F != DRUM_CHANNEL for _, message in events):
        raise RtsynthError(f"{path} has no notes to play (drums on channel 10 are silent)")
    hours = events[-1].time_s / 3600.0
    if hours > MAX_HOURS:
        raise RtsynthError(f"{path} lasts {hours:.0f} hours, so it is broken: export it again")
    return events


def _events(file: Any) -> list[Event]:
    events: list[Event] = []
    now_s = 0.0
    for message, delta_s in _timed(file):
        now_s += delta_s
        if message.is_meta:
            continue
        data = message.bytes()
        if data[0] < sysex.START:
            events.append(Event(now_s, (data[0], data[1], data[2] if len(data) > 2 else 0)))
        elif data[0] == sysex.START and len(data) <= sysex.MOST_BYTES:
            events.append(Event(now_s, bytes(data)))
    return events


def _timed(file: Any) -> Iterator[tuple[Any, float]]:
    """Messages of all tracks of a mido.MidiFile and the seconds since the one before."""
    if file.ticks_per_beat > 0:
        yield from ((message, message.time) for message in file)
        return
    import mido

    frames, ticks = -(file.ticks_per_beat >> 8), file.ticks_per_beat & 0xFF  # a second, a frame
    tick_s = 1.0 / (FILM_RATES[frames] * ticks)
    yield from ((message, message.time * tick_s) for message in mido.merge_tracks(file.tracks))


def _is_note(message: AnyMessage) -> TypeGuard[Message]:
    return not isinstance(message, bytes) and is_note_on(message)


def _broken(path: Path, error: Exception) -> str:
    detail = one_line(error) if str(error) else "it ends too early"
    return f"{path} is not a MIDI file, or a broken one ({detail}): export it again"


def turning_channels(events: list[Event]) -> set[int]:
    """Channels whose timbres a song turns."""
    return {
        message[0] & 0x0F
        for _, message in events
        if not isinstance(message, bytes) and turns_timbre(message)
    }


def song_takes(
    events: list[Event], slots: Slots, mixes: Mixes | None = None, keys: Keys | None = None
) -> list[TakeDue]:
    """Which takes a song's notes play, in order of time.

    Each comes once, and again after its slot was filled with another timbre.

    Args:
        events: of the song.
        slots: what is played at first, which follow the song.
        mixes: of layers (`Parts.copy`).
        keys: how they are tuned at first, which follow the song as well.
    """
    keys = keys or keys_at_start()
    takes: list[TakeDue] = []
    found: set[tuple[int, int, int]] = set()
    after = [0] * contract.TIMBRE_SLOTS
    for i, (time_s, message) in enumerate(events):
        fillings = _fillings(slots, message)
        keys.follow(message, slots)
        for filling in fillings:
            if not filling.onsets:
                continue
            after[filling.slot] = i + 1
            found = {take for take in found if take[0] != filling.slot}
        if _is_note(message):
            for take in takes_of(message, slots, mixes or {}, keys.take_key):
                if take not in found:
                    found.add(take)
                    takes.append(TakeDue(time_s, take, after[take[0]]))
    return takes


def takes_of(message: Message, slots: Slots, mixes: Mixes, take_key: TakeKey) -> Iterator[Take]:
    """What a note plays on the layers that it lies in; `take_key` is that of `Keys`."""
    channel, key, velocity = message[0] & 0x0F, message[1], message[2]
    lead = slots.zones.lead(channel)
    for layer in range(LAYERS):
        slot = slots.slot_of(channel, layer)
        low, high, low_velocity, high_velocity, semitones = (
            mixes.get((lead, layer, field), WHOLE[field]) for field in range(1, FIELD_TRANSPOSE + 1)
        )
        played = low <= key <= high and low_velocity <= velocity <= high_velocity
        sounding = key + int(semitones)
        if slot == NO_SLOT or not played or not 0 <= sounding <= HIGHEST_KEY:
            continue
        its_key = take_key(channel, sounding)
        if its_key is not None:
            yield slot, its_key, contract.velocity_layer(velocity)


def _fillings(slots: Slots, message: AnyMessage) -> list[Filling]:
    """Slots that hold another timbre once a message was played."""
    if not isinstance(message, bytes):
        return slots.follow(message)
    resets = sysex.resets(message)
    return slots.reset() if resets else []
