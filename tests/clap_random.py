"""Random events of CLAP, as clap-validator makes them: sound ones, and ones that are not."""

import random
from collections.abc import Sequence
from typing import Any

from tests import clap_abi as abi
from tests import clap_events as event

EXPRESSIONS = {
    abi.VOLUME: (0.0, 4.0), abi.PAN: (0.0, 1.0), abi.TUNING: (-12.0, 12.0), abi.VIBRATO: (0.0, 1.0),
    abi.EXPRESSION: (0.0, 1.0), abi.BRIGHTNESS: (0.0, 1.0), abi.PRESSURE: (0.0, 1.0),
}  # fmt: skip


class Notes:
    """Notes and what is said of them: each ends, and only those that were begun are spoken of."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.held: dict[tuple[int, int], int] = {}
        self.numbers = 0

    def block(self, samples: int, most: int = 12) -> list[Any]:
        """Events of a block, by their samples."""
        places = sorted(self.random.randrange(samples) for _ in range(self.random.randrange(most)))
        return [self.one(place) for place in places]

    def one(self, sample: int) -> Any:
        pick = self.random.random()
        if not self.held or pick < 0.4:
            key, channel = self.random.randrange(128), self.random.randrange(16)
            if (channel, key) not in self.held:
                return self.begin(key, channel, sample)
        (channel, key), number = self.random.choice(list(self.held.items()))
        address = {"channel": channel, "note_id": number}
        if pick < 0.6:
            kind, (low, high) = self.random.choice(list(EXPRESSIONS.items()))
            value = self.random.uniform(low, high)
            return event.expression(kind, value, key, sample, **address)
        if pick < 0.7:
            return self.message(sample)
        del self.held[channel, key]
        make = event.choke if pick > 0.95 else event.note_off
        return make(key, sample, **address)

    def begin(self, key: int, channel: int, sample: int) -> Any:
        self.numbers += 1
        self.held[channel, key] = number = self.numbers
        velocity = self.random.random()
        return event.note_on(key, sample, velocity, channel=channel, note_id=number)

    def message(self, sample: int) -> Any:
        """A bend, pressure, or a controller of the channel."""
        status = self.random.choice((0xB0, 0xD0, 0xE0)) | self.random.randrange(16)
        first = self.random.randrange(1, 120)
        return event.midi(status, first, self.random.randrange(128), sample=sample)

    def end(self, sample: int = 0) -> list[Any]:
        """All that are held are let go."""
        held, self.held = self.held, {}
        return [
            event.note_off(key, sample, channel=channel, note_id=number)
            for (channel, key), number in held.items()
        ]


class Rubbish:
    """Events whose every field may be anything; a few are as they should be."""

    def __init__(self, seed: int, parameters: Sequence[int]) -> None:
        self.random = random.Random(seed)
        self.parameters = parameters

    def block(self, samples: int, most: int = 40) -> list[Any]:
        """Not even in the order of their samples."""
        return [self.one(samples) for _ in range(self.random.randrange(most))]

    def one(self, samples: int) -> Any:
        r = self.random
        sample = r.choice((r.randrange(samples), r.randrange(2**32)))
        channel, key = self.number(16, 16), self.number(128, 16)
        note_id, port = self.number(2**31, 31), self.number(4, 16)
        wild = r.choice((r.random(), r.uniform(-1e9, 1e9), float("inf"), float("nan"), -0.0))
        made = r.choice(
            (
                lambda: event.note(r.randrange(5), key, sample, wild, channel, note_id, port),
                lambda: event.expression(
                    r.randrange(-3, 9), wild, key, sample, channel, note_id, port
                ),
                lambda: event.parameter(
                    r.choice((*self.parameters, r.randrange(2**32))), wild, sample, key=key
                ),
                lambda: event.midi(*r.randbytes(3), sample=sample, port=r.randrange(3)),
                lambda: event.sysex(r.randbytes(r.randrange(40)), sample),
                lambda: event.transport(r.random()),
            )
        )()
        if r.random() < 0.1:
            made.header.size = r.choice((0, 16, 20, made.header.size))
        if r.random() < 0.1:
            made.header.space = r.randrange(2**16)
        return made

    def number(self, usual: int, bits: int) -> int:
        """One that is meant, one that means any, or any at all."""
        r = self.random
        half = 2 ** (bits - 1)
        return r.choice((r.randrange(usual) % half, -1, r.randrange(-half, half)))
