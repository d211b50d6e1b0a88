"""What is played, as the desk keeps up with it: keyboards' controllers, programs, dumps."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from rtsynth.arrangement import Arrangement
from rtsynth.controllers import Followed, messages_of, parameter_of
from rtsynth.controls import Controls
from rtsynth.desk_values import DeskValues
from rtsynth.mailbox import Mailbox
from rtsynth.messages import CHANNELS, CONTROL, PROGRAM, SYSTEM_RESET, AnyMessage
from rtsynth.outlets import Outlets
from rtsynth.parameters import CORE_NAMES, PARAMETERS
from rtsynth.stage.learn import Learned
from rtsynth.standing import Standing
from rtsynth.sysex import Action, Reset, Setting, actions

BY_MESSAGES: Final = ("cc", "rpn", "turn")  # homes of what messages set
BY_SYSEX: Final = ("mono", "master_volume", "balance")  # set by messages as well


class Following:
    """Between what is played and what the desk shows. Thread: as said."""

    def __init__(
        self,
        controls: Controls,
        outlets: Outlets,
        values: DeskValues,
        arrangement: Arrangement,
        standing: Standing,
        lock: "threading.RLock",
        say: Callable[[str], None],
    ) -> None:
        """The parts are the desk's, and so is `lock`; `say` hears what failed."""
        self._controls = controls
        self._outlets = outlets
        self._values = values
        self._arrangement = arrangement
        self._standing = standing
        self._lock = lock
        self._followed = Followed()
        self._learn: Learned | None = None
        self._take_back: Callable[[], None] = lambda: None
        self._messages = Mailbox("desk", self._keep_up, say)

    def begin(self, learn: Learned, take_back: Callable[[], None]) -> None:
        """[control] Hear from now on.

        What was learned goes to `learn`; `take_back` is called when a host ended what was played.
        """
        self._learn = learn
        self._take_back = take_back
        self._controls.listen(self.follow)

    def start(self) -> None:
        """[control] Keep up on a thread of its own."""
        self._messages.start()

    def stop(self) -> None:
        """[control] Keep up no more."""
        self._messages.stop()

    def follow(self, message: AnyMessage) -> None:
        """[any] Keep up with a message that was played, wherever it came from: soon, not now.

        A host's reset is followed at once: what comes after it is not to be taken back.
        """
        if message == SYSTEM_RESET:
            self.catch_up()
            self._take_back()
        elif isinstance(message, bytes) or message[0] & 0xF0 in (CONTROL, PROGRAM):
            self._messages.put(message)

    def catch_up(self) -> None:
        """[any] Follow what was played so far, now."""
        self._messages.empty()

    def settle(self) -> None:
        """[any] Wait for what was played so far, for a moment at most (`Mailbox.settle`)."""
        self._messages.settle()

    def forget_played(self) -> None:
        """[any] No registered parameter is selected any more."""
        self._followed = Followed()

    def ignore(self, source: int, controller: int, on: bool) -> None:
        """[any] A controller was learned, or is itself again; what it moved first is taken back."""
        self._outlets.sure(partial(self._controls.ignore, source, controller, on))
        known = parameter_of(controller)
        if on and known is not None:
            messages = messages_of(known, self._values.get(known.name, source), source)
            self._outlets.sure(lambda: self._controls.set(messages))

    def _keep_up(self, message: AnyMessage) -> None:
        """Not under the lock as a whole: what was learned may do anything."""
        if isinstance(message, bytes):
            with self._lock:
                for action in actions(message):
                    self._keep_up_with(action)
            return
        channel = message[0] & 0x0F
        if self._controls.is_member(channel):
            return  # its controllers are its notes' own
        if self._learn is not None and self._standing.follow(self._learn.heard, message):
            return
        with self._lock:
            if message[0] & 0xF0 == PROGRAM:
                self._show_timbre(channel)
            for name, value in self._followed.follow(message):
                self._values.keep(name, channel, value)

    def _keep_up_with(self, action: Action) -> None:
        """System exclusive: a setting of the whole instrument, or everything as at the start."""
        if isinstance(action, Setting):
            self._values.keep(CORE_NAMES.get(action.name, action.name), 0, action.value)
        elif isinstance(action, Reset):
            for name, channel in self._values.all:
                if PARAMETERS[name].home in BY_MESSAGES or name in BY_SYSEX:
                    self._values.keep(name, channel, PARAMETERS[name].default)
            for channel in range(CHANNELS):
                self._show_timbre(channel)

    def _show_timbre(self, channel: int) -> None:
        before = self._arrangement[channel]
        is_other = self._arrangement.keep_up(channel)
        if self._standing.bounces and (is_other or self._controls.plays_drums(channel)):
            self._standing.programs.setdefault(channel, before)
        if is_other:
            self._values.tell("timbre", channel, 0.0, played=True)
