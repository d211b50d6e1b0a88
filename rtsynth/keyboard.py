"""What the engine was told of keys: tunings of all channels, and where each key sounds."""

from collections.abc import Sequence

from rtsynth._core import Channels, Link
from rtsynth.keys import Keys
from rtsynth.messages import Message
from rtsynth.sysex import MasterTuning
from rtsynth.tuning.mts import Change
from rtsynth.tuning.own import Tuning
from rtsynth.tuning.tuner import Tuner


class Keyboard:
    """Tunes the engine's keys. Thread: any one. False: the engine's queue was full."""

    def __init__(self, engine: Link) -> None:
        """All keys are in equal temperament, as the engine begins."""
        self._engine = engine
        self._channels = Channels()  # as the engine has them, for copy()
        self._tuner = Tuner(self._tune)

    @property
    def own(self) -> Tuning:
        """The player's own tuning: what holds where MIDI says nothing else."""
        return self._tuner.own

    def take_key(self, channel: int, key: int) -> int | None:
        """As `Keys.take_key`, by all that the engine was told."""
        return self._channels.take_key(channel, key)

    def copy(self) -> Keys:
        """Keys that go their own way from here."""
        channels = self._channels.copy()
        return Keys(channels, self._tuner.copy(channels.tune))

    def set_own(self, tuning: Tuning, at_sample: int) -> bool:
        """Change the player's own tuning; what was not told follows with the next message.

        Raises:
            RtsynthError: its keyboard map contradicts itself; nothing has changed.
        """
        self._tuner.set_own(tuning)
        return self._tuner.bring(True, at_sample)

    def follow(self, message: Message, drums: bool, at_sample: int) -> bool:
        """Keep up with a channel message; `drums`: the channel plays no key at all by now."""
        self._channels.midi(*message)
        self._tuner.follow(message)
        return self.silence(message[0] & 0x0F, drums, at_sample)

    def silence(self, channel: int, drums: bool, at_sample: int) -> bool:
        """Whether a channel plays no key at all."""
        self._tuner.silence(channel, drums)
        return not self._tuner.waits or self._tuner.bring(False, at_sample)

    def change(self, change: MasterTuning | Change, at_sample: int) -> bool:
        """Carry out a tuning that came by system exclusive."""
        if isinstance(change, MasterTuning):
            self._tuner.set_master(change.cents, change.semitones)
            return self._tuner.bring(True, at_sample)
        self._tuner.change(change)
        return self._tuner.bring(change.live, at_sample)

    def reset(self, at_sample: int) -> bool:
        """Forget what MIDI has set; the player's own tuning stays."""
        self._tuner.reset()
        self._channels.reset()
        return self._tuner.bring(False, at_sample)

    def forget_played(self, drums: Sequence[bool], at_sample: int) -> bool:
        """As `reset`, but MPE's zones stay; `drums`: which channels play no key at all."""
        self._tuner.reset()
        self._channels.reset_in_zones()
        for channel, plays_none in enumerate(drums):
            self._tuner.silence(channel, plays_none)
        return self._tuner.bring(False, at_sample)

    def _tune(self, channel: int, key: int, semitones: float, live: bool, at_sample: int) -> bool:
        self._channels.tune(channel, key, semitones)
        return self._engine.tune(channel, key, semitones, live, at_sample)
