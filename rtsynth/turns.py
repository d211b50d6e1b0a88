"""Which controllers turn a channel's timbre, along which named direction."""

from collections.abc import Callable
from typing import Final

from rtsynth.messages import CONTROL, Message, centred

# Controller, direction, and what a value 0..127 means: General MIDI 2's sound controllers, breath,
# and the general-purpose controllers for keyboards with free knobs.
TURNS: Final[dict[int, tuple[str, Callable[[int], float]]]] = {
    74: ("bright", centred),
    73: ("hard", lambda value: -centred(value)),  # attack time: a longer one is softer
    2: ("breathy", lambda value: value / 127.0),  # breath: 0 is neutral
    71: ("breathy", lambda value: -centred(value)),  # harmonic intensity: more tone, less breath
    72: ("long", centred),  # release time
    16: ("bright", centred),
    17: ("hard", centred),
    18: ("breathy", centred),
    19: ("long", centred),
}


def turns_timbre(message: Message) -> bool:
    """Whether a message is a controller that moves a timbre along a named direction."""
    return message[0] & 0xF0 == CONTROL and message[1] in TURNS
