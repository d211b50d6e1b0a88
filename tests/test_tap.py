"""One reader of the tap: everyone hears everything, and nobody waits for anybody."""

import threading
import time
from collections.abc import Callable

import numpy as np

from rtsynth._core import Engine
from rtsynth.tap import POLL_S, Block, TapReader

WAIT_S = 30.0
RATE_HZ = 48_000


def play(engine: Engine, frames: int) -> None:
    engine.render(np.zeros((frames, 2), np.float32))


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.005)
    return found


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.blocks: list[tuple[int, int]] = []  # first sample, frames

    def __call__(self, block: Block, sample: int) -> None:
        assert block.dtype == np.float32
        assert block.shape[1] == 2
        assert not block.flags.writeable
        self.blocks.append((sample, len(block)))

    @property
    def frames(self) -> int:
        return sum(frames for _, frames in self.blocks)

    def follows(self, begin: int) -> bool:
        """Whether the blocks follow one another from a sample on."""
        for sample, frames in self.blocks:
            if sample != begin:
                return False
            begin += frames
        return True


def test_everyone_hears_all_that_is_played_while_it_listens() -> None:
    engine = Engine(RATE_HZ)
    reader = TapReader(engine)
    first, second = Ear(), Ear()
    play(engine, 1000)
    end_first = reader.listen(first)
    play(engine, 20_000)
    end_second = reader.listen(second)
    play(engine, 5_000)
    end_first()
    play(engine, 300)
    end_second()
    end_second()  # twice does no harm
    play(engine, 100)
    assert (first.frames, second.frames) == (25_000, 5_300)
    assert first.follows(1000)
    assert second.follows(21_000)
    assert reader.lost == 0


def test_the_sound_itself_arrives() -> None:
    engine = Engine(RATE_HZ)
    heard: list[Block] = []
    end = TapReader(engine).listen(lambda block, _: heard.append(block))
    out = np.zeros((4800, 2), np.float32)
    engine.midi(0x90, 60, 100)  # without any take it is silent, and so is the tap
    engine.render(out)
    end()
    np.testing.assert_array_equal(np.concatenate(heard), out)


def test_it_can_be_listened_to_again_and_nothing_is_read_meanwhile() -> None:
    engine = Engine(RATE_HZ)
    reader = TapReader(engine)
    reader.listen(Ear())()
    assert until(lambda: reader._thread is None)
    play(engine, 10 * RATE_HZ)  # more than the tap holds
    assert engine.stats().tap_dropped == 0
    ear = Ear()
    end = reader.listen(ear)
    play(engine, 10)
    end()
    assert ear.blocks == [(10 * RATE_HZ, 10)]


def test_one_who_is_slow_loses_blocks_and_the_others_do_not() -> None:
    engine = Engine(RATE_HZ)
    reader = TapReader(engine)
    hold, entered = threading.Event(), threading.Event()
    slow, quick = Ear(), Ear()

    def wait(block: Block, sample: int) -> None:
        entered.set()
        hold.wait()
        slow(block, sample)

    end_slow = reader.listen(wait, most_s=2 * POLL_S)
    end_quick = reader.listen(quick)
    for i in range(1, 11):
        play(engine, 1000)
        assert until(lambda: quick.frames == 1000 * i)  # noqa: B023
        assert entered.wait(WAIT_S)
    hold.set()
    end_slow()
    end_quick()
    assert quick.follows(0)
    assert len(slow.blocks) == 3  # the one it held, and two that waited
    assert slow.frames + reader.lost == 10_000


def test_one_who_fails_is_told_of_once_and_the_others_hear_on() -> None:
    engine = Engine(RATE_HZ)
    lines: list[str] = []
    reader = TapReader(engine, lines.append)
    ear = Ear()

    def fail(block: Block, sample: int) -> None:
        raise ValueError("no room")

    ends = [reader.listen(fail), reader.listen(ear)]
    for _ in range(3):
        play(engine, 100)
        before = ear.frames
        assert until(lambda: ear.frames > before)  # noqa: B023
    for end in ends:
        end()
    assert lines == ["what listens to the sound failed (no room)"]
    assert ear.frames == 300


def test_one_may_end_itself() -> None:
    engine = Engine(RATE_HZ)
    reader = TapReader(engine)
    ends: list[Callable[[], None]] = []
    done = threading.Event()

    def once(block: Block, sample: int) -> None:
        ends[0]()
        done.set()

    ends.append(reader.listen(once))
    play(engine, 100)
    assert done.wait(WAIT_S)
    play(engine, 100)
