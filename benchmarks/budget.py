"""The latency budget: what each stage may cost, and why.

Times are milliseconds at a block of `block` samples. A stage that is exact by construction is
judged by its maximum; one that depends on the machine's scheduler by its 99th percentile.
"""

from typing import Final

from benchmarks.tables import Budget

RATE_HZ: Final = 48000
BLOCKS: Final = (32, 64, 128, 256)

ARRIVAL: Final = Budget(2.0, "p99")  # a poll interval of 1 ms, and a scheduler that is late
VOICE_START: Final = Budget(0.0, "max")  # the event's own sample
SUBSTITUTE: Final = Budget(0.0, "max")  # a missing take never delays a note
COLD_FRAMES: Final = Budget(10.0, "p99")  # until a note without a take plays its own frames
LOOK_AHEAD: Final = Budget(0.0, "max")  # the vocoder has no window
RING: Final = Budget(0.0, "max")  # how the host cuts its blocks changes nothing

VOICES_SHARE: Final = 0.10  # of the deadline, median, with 64 held voices
VOICES_BLOCK: Final = 64
PITCH_CENTS: Final = 2.0
STARTUP_S: Final = 2.0


def block_ms(block: int, rate_hz: float = RATE_HZ) -> float:
    """Length of a block in ms."""
    return 1e3 * block / rate_hz


def queue(block: int) -> Budget:
    """Events keep their offset in the block that follows: one block, and the clock's jitter."""
    return Budget(block_ms(block) + 1.0, "p99")


def device(block: int) -> Budget:
    """The block itself, and one more that a server may hold."""
    return Budget(2 * block_ms(block), "max")


def whole_way(block: int) -> Budget:
    """Note-on on JACK to the first sample on JACK: arrival, queue, and a block of grid."""
    assert ARRIVAL.limit_ms is not None
    return Budget(ARRIVAL.limit_ms + 2 * block_ms(block), "p99")
