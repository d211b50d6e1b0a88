"""MPE zones: which channels are members, and for which channels a channel speaks. No engine."""

from typing import Final

from rtsynth.messages import Message
from rtsynth.registered import Registered

CONFIGURATION: Final = 6  # registered parameter: how many members a zone has (MPE 1.1, 2.1)
LOWER: Final = 0  # manager channels
UPPER: Final = 15
MOST_MEMBERS: Final = 15  # of one zone
MOST_OF_BOTH: Final = 14


class Zones:
    """Follows the configuration message on channels 1 and 16. Thread: any one."""

    def __init__(self) -> None:
        self.version = 0  # changes with the zones
        self.reset()

    def follow(self, message: Message) -> bool:
        """Whether the zones changed with a message."""
        data = self._registered.follow(message)
        if data is None or data.number != CONFIGURATION or data.channel not in self._members:
            return False
        known = data.coarse and data.msb <= MOST_MEMBERS  # others are reserved: the core, too
        return known and self._configure(data.channel, data.msb)

    def reset(self) -> None:
        """No zones."""
        self.version += 1
        self._registered = Registered()
        self._members = {LOWER: 0, UPPER: 0}

    def lead(self, channel: int) -> int:
        """The manager of a member channel; else the channel itself."""
        if 0 < channel <= self._members[LOWER]:
            return LOWER
        if UPPER - self._members[UPPER] <= channel < UPPER:
            return UPPER
        return channel

    def is_member(self, channel: int) -> bool:
        """Whether a channel's notes belong to a zone that another channel leads."""
        return self.lead(channel) != channel

    def reach(self, channel: int) -> tuple[int, ...]:
        """Channels for which a channel speaks, itself first."""
        if channel == LOWER:
            return tuple(range(self._members[LOWER] + 1))
        if channel == UPPER and not self.is_member(UPPER):
            return (UPPER, *range(UPPER - self._members[UPPER], UPPER))
        return (channel,)

    def _configure(self, manager: int, members: int) -> bool:
        """A zone that comes later takes what it needs from the one before."""
        before = dict(self._members)
        other = UPPER if manager == LOWER else LOWER
        self._members[manager] = members
        self._members[other] = min(self._members[other], max(0, MOST_OF_BOTH - members))
        self.version += self._members != before
        return self._members != before
