"""What the server and one plugin say to each other, from its greeting to its end."""

import asyncio
from typing import Final

from rtsynth.errors import RtsynthError, one_line
from rtsynth.serve.instance import Instance
from rtsynth.serve.outbox import Outbox
from rtsynth.serve.protocol import NUMBER, Frame, Kind, pack
from rtsynth.serve.stream import Stream

STATES_EVERY_S: Final = 0.05


class Conversation:
    """Carries out what a plugin asks for, and tells it what it is to know. Thread: the server's."""

    def __init__(
        self, stream: Stream, instance: Instance, outbox: Outbox, dirty: asyncio.Event
    ) -> None:
        """Nothing is read yet.

        Args:
            stream: the plugin's.
            instance: whose memory it handed over.
            outbox: what the instance tells.
            dirty: is set when the plugin may not know the whole state.
        """
        self._stream = stream
        self._instance = instance
        self._outbox = outbox
        self._dirty = dirty

    async def run(self) -> None:
        """Until the plugin goes.

        Raises:
            RtsynthError: it says what no plugin says, or nothing can be played.
        """
        telling = [asyncio.create_task(self._send()), asyncio.create_task(self._tell_states())]
        try:
            while (frame := await self._stream.read()) is not None:
                await asyncio.to_thread(_carry_out, self._instance, frame)
        finally:
            for task in telling:
                task.cancel()
            await asyncio.gather(*telling, return_exceptions=True)

    async def _send(self) -> None:
        while True:
            await self._stream.write(await self._outbox.next())

    async def _tell_states(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            try:
                await asyncio.to_thread(self._instance.tell_state)
            except Exception as error:  # the next state is another matter
                self._instance.say(f"the state cannot be told ({one_line(error)})")
            await asyncio.sleep(STATES_EVERY_S)


async def refuse(stream: Stream, why: str) -> None:
    """Say in a line why a connection ends."""
    try:
        await asyncio.wait_for(stream.write(pack(Kind.REFUSED, why.encode())), 1.0)
    except (OSError, TimeoutError):
        return


def _carry_out(instance: Instance, frame: Frame) -> None:
    """What a plugin asks for; it may take long."""
    if instance.playing is None and frame.kind != Kind.STATE_IN:
        instance.load(b"")  # it has no state of its own
    if frame.kind == Kind.STATE_IN:
        instance.load(frame.payload)
    elif frame.kind == Kind.ASK_STATE and len(frame.payload) == NUMBER.size:
        instance.answer(NUMBER.unpack(frame.payload)[0])
    elif frame.kind == Kind.PRESET:
        instance.preset(frame.payload.decode("utf-8", "replace"))
    else:
        raise RtsynthError("a plugin said what none says")
