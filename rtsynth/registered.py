"""Registered parameters of MIDI channels, followed message by message (RPN 101, 100, 6, 38)."""

from typing import Final, NamedTuple

from rtsynth.messages import (
    CC_DATA_ENTRY,
    CC_DATA_ENTRY_LOW,
    CC_NRPN_HIGH,
    CC_NRPN_LOW,
    CC_RESET,
    CC_RPN_HIGH,
    CC_RPN_LOW,
    CONTROL,
    Message,
)

NONE: Final = (127, 127)
STEPS: Final = frozenset((96, 97))  # data increment and decrement
# Controllers that mean something only in the order in which they come.
PARTS: Final = STEPS | {CC_DATA_ENTRY, CC_DATA_ENTRY_LOW, CC_NRPN_LOW, CC_NRPN_HIGH, CC_RPN_LOW,
                        CC_RPN_HIGH}  # fmt: skip


class Data(NamedTuple):
    """A registered parameter that was given data."""

    channel: int
    number: int  # of the parameter, 0..16383
    msb: int
    lsb: int
    coarse: bool  # the first data byte came now; else the second


class Registered:
    """Which parameter each channel's data entry means. Unregistered ones mean nothing."""

    def __init__(self) -> None:
        self._chosen: dict[int, tuple[int, int]] = {}  # high and low of the number, by channel
        self._msb: dict[tuple[int, int], int] = {}  # of the data, by channel and number

    def follow(self, message: Message) -> Data | None:
        """The parameter that a message gave data."""
        status, controller, value = message
        channel = status & 0x0F
        if status & 0xF0 != CONTROL:
            return None
        high, low = self._chosen.get(channel, NONE)
        if controller == CC_RPN_HIGH:
            self._chosen[channel] = value, low
        elif controller == CC_RPN_LOW:
            self._chosen[channel] = high, value
        elif controller in (CC_NRPN_HIGH, CC_NRPN_LOW, CC_RESET):
            self._chosen[channel] = NONE
        elif controller in (CC_DATA_ENTRY, CC_DATA_ENTRY_LOW) and (high, low) != NONE:
            return self._data(channel, high << 7 | low, controller == CC_DATA_ENTRY, value)
        return None

    def _data(self, channel: int, number: int, coarse: bool, value: int) -> Data:
        if coarse:
            self._msb[channel, number] = value
        msb = self._msb.get((channel, number), 0)
        return Data(channel, number, msb, 0 if coarse else value, coarse)


def setting(channel: int, number: int, msb: int, lsb: int) -> list[Message]:
    """Messages that set a registered parameter, and leave none chosen."""
    status = CONTROL | channel
    return [
        (status, CC_RPN_HIGH, number >> 7),
        (status, CC_RPN_LOW, number & 0x7F),
        (status, CC_DATA_ENTRY, msb),
        (status, CC_DATA_ENTRY_LOW, lsb),
        (status, CC_RPN_HIGH, NONE[0]),
        (status, CC_RPN_LOW, NONE[1]),
    ]
