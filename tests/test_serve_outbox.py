"""What goes to a plugin: in order, only the newest where older ones are of no use, and bounded."""

import asyncio
import threading

from rtsynth.serve.outbox import MOST_FRAMES, Outbox
from rtsynth.serve.protocol import Frame, Kind, Reader


async def all_of(outbox: Outbox, count: int) -> list[Frame]:
    reader = Reader()
    found: list[Frame] = []
    while len(found) < count:
        found += reader.feed(await asyncio.wait_for(outbox.next(), 30.0))
    return found


def test_frames_come_in_order_and_of_states_the_newest() -> None:
    async def run() -> list[Frame]:
        outbox = Outbox(asyncio.get_running_loop())
        outbox.put(Kind.STATE, b"1")
        outbox.put(Kind.LOG, b"a")
        outbox.put(Kind.STATE, b"2")
        outbox.put(Kind.LOG, b"b")
        await asyncio.sleep(0)  # they are put by the loop
        return await all_of(outbox, 3)

    assert asyncio.run(run()) == [(Kind.LOG, b"a"), (Kind.STATE, b"2"), (Kind.LOG, b"b")]


def test_a_plugin_that_does_not_read_misses_the_oldest() -> None:
    async def run() -> list[Frame]:
        outbox = Outbox(asyncio.get_running_loop())
        for i in range(2 * MOST_FRAMES):
            outbox.put(Kind.LOG, b"%d" % i)
        await asyncio.sleep(0)
        return await all_of(outbox, MOST_FRAMES)

    found = asyncio.run(run())
    assert [frame.payload for frame in found] == [b"%d" % i for i in range(64, 128)]


def test_what_another_thread_puts_in_wakes_who_waits() -> None:
    async def run() -> list[Frame]:
        outbox = Outbox(asyncio.get_running_loop())
        waiting = asyncio.create_task(all_of(outbox, 1))
        await asyncio.sleep(0)
        threading.Thread(target=outbox.put, args=(Kind.LOG, b"x")).start()
        return await waiting

    assert asyncio.run(run()) == [(Kind.LOG, b"x")]
