"""What a page may ask for while it plays: notes, parameters, timbres, panic."""

from typing import Final

from rtsynth.messages import BEND, CHANNELS, KEY_PRESSURE, NOTE_OFF, NOTE_ON
from rtsynth.ui.fields import Order, number, whole, words
from rtsynth.ui.gear import Action, Gear
from rtsynth.ui.session import Session

BEND_MIDDLE: Final = 8192
BEND_SPAN: Final = 8191
RELEASE: Final = 64  # velocity of letting go, where nothing measures it


def channel_of(order: Order) -> int:
    """The channel that an order is for, 0..15."""
    return whole(order, "channel", 0, CHANNELS - 1)


def _note(gear: Gear, order: Order, session: Session) -> None:
    channel, key = channel_of(order), whole(order, "key", 0, 127)
    velocity = whole(order, "velocity", 0, 127)
    if velocity:
        session.play((NOTE_ON | channel, key, velocity))
    else:
        session.play((NOTE_OFF | channel, key, RELEASE))


def _pressure(gear: Gear, order: Order, session: Session) -> None:
    key, value = whole(order, "key", 0, 127), whole(order, "value", 0, 127)
    session.play((KEY_PRESSURE | channel_of(order), key, value))


def _bend(gear: Gear, order: Order, session: Session) -> None:
    part = min(max(number(order, "value"), -1.0), 1.0)
    value = BEND_MIDDLE + round(BEND_SPAN * part)
    session.play((BEND | channel_of(order), value & 0x7F, value >> 7))


def _set(gear: Gear, order: Order, session: Session) -> None:
    gear.desk.set(words(order, "name"), number(order, "value"), channel_of(order))


def _timbre(gear: Gear, order: Order, session: Session) -> None:
    gear.desk.set_timbre(words(order, "text"), channel_of(order))


def _morph(gear: Gear, order: Order, session: Session) -> None:
    channel = channel_of(order)
    x, y = (min(max(number(order, axis), 0.0), 1.0) for axis in ("x", "y"))
    gear.channels.drop(channel, x, y)


def _panic(gear: Gear, order: Order, session: Session) -> None:
    gear.desk.panic()


PLAYING: Final[dict[str, Action]] = {
    "note": _note,
    "pressure": _pressure,
    "bend": _bend,
    "set": _set,
    "timbre": _timbre,
    "morph": _morph,
    "panic": _panic,
}
