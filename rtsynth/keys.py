"""Whose take each key plays, followed ahead of time: tuning, transposition and zones, no engine."""

from rtsynth import sysex
from rtsynth._core import Channels
from rtsynth.messages import AnyMessage
from rtsynth.slots import Slots
from rtsynth.tuning.tuner import Tuner


class Keys:
    """Keeps up with messages as Controls does, without playing them. Thread: any one."""

    def __init__(self, channels: Channels, tuner: Tuner) -> None:
        """Follow from where two copies stand, of which the tuner tunes the channels."""
        self._channels = channels
        self._tuner = tuner

    def follow(self, message: AnyMessage, slots: Slots) -> None:
        """Keep up with a message of any kind, which `slots` has followed."""
        if isinstance(message, bytes):
            for action in sysex.actions(message):
                self._carry_out(action)
            return
        self._channels.midi(*message)
        self._tuner.follow(message)
        channel = message[0] & 0x0F
        self._tuner.silence(channel, slots.plays_drums(channel))

    def take_key(self, channel: int, key: int) -> int | None:
        """The key (KEY_LOW..KEY_HIGH) whose take a key (0..127) plays now; None: it is silent."""
        if self._tuner.waits:
            self._tuner.bring(live=False, at_sample=0)
        return self._channels.take_key(channel, key)

    def _carry_out(self, action: sysex.Action) -> None:
        if isinstance(action, sysex.Reset):
            self._channels.reset()
            self._tuner.reset()
        elif isinstance(action, sysex.MasterTuning):
            self._tuner.set_master(action.cents, action.semitones)
        elif not isinstance(action, sysex.Setting):
            self._tuner.change(action)


def keys_at_start() -> Keys:
    """Of an instrument that nobody has touched."""
    channels = Channels()
    return Keys(channels, Tuner(channels.tune))
