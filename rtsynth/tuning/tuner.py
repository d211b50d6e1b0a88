"""What every key of every channel is tuned to, and what of that the engine has been told.

A key's pitch is the tuning program's that its channel has selected (MIDI Tuning Standard), where
that names the key, else the player's own. Scale/octave offsets and master tuning are added to both,
concert pitch to both as well, stretch to the player's own only.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtsynth.messages import CHANNELS, Message
from rtsynth.registered import Registered
from rtsynth.tuning.mts import KEYS, STEPS, Change, KeyTuning, OctaveProgram, Program
from rtsynth.tuning.own import Tuning

NOT_PLAYED: Final = -128.0  # what the core takes for a key that is left unmapped
MOST_SEMITONES: Final = 127.0  # to either side; what is tuned further away stays there
DECIMALS: Final = 9  # of a semitone: what is left of logarithms is no change
RPN_PROGRAM, RPN_BANK = 3, 4  # registered parameters

# Channel, key, semitones, whether sounding notes follow, sample; False: it was refused.
Send = Callable[[int, int, float, bool, int], bool]


class Tuner:
    """Tunings of all channels. Thread: any one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._own = Tuning()
        self._keys = self._own.pitches()
        self._sent = np.zeros((CHANNELS, KEYS))
        self._silent: set[int] = set()
        self.reset()
        self._waits = False  # the engine knows the equal temperament that all begins with

    def copy(self, send: Send) -> "Tuner":
        """One that goes its own way from here, and knows what was said already."""
        twin = Tuner(send)
        twin.__dict__.update(deepcopy({k: v for k, v in vars(self).items() if k != "_send"}))
        return twin

    @property
    def own(self) -> Tuning:
        """The player's own tuning."""
        return self._own

    @property
    def waits(self) -> bool:
        """Whether the engine has not been told everything."""
        return self._waits

    def set_own(self, tuning: Tuning) -> None:
        """Change the player's own tuning.

        Raises:
            RtsynthError: its keyboard map contradicts itself; nothing has changed.
        """
        self._keys = tuning.pitches()
        self._own = tuning
        self._waits = True

    def set_master(self, cents: float | None = None, semitones: float | None = None) -> None:
        """Universal master fine and coarse tuning; None: as it is."""
        if cents is not None:
            self._fine_cents = cents
        if semitones is not None:
            self._coarse = semitones
        self._waits = True

    def change(self, change: Change) -> None:
        """Take in a message of the MIDI Tuning Standard."""
        self._waits = True
        if isinstance(change, KeyTuning):
            self._programs.setdefault(change.program, {}).update(change.pitches)
        elif isinstance(change, OctaveProgram):
            self._octaves[change.program] = change.cents
        else:
            for channel in change.channels:
                self._offsets[channel] = change.cents

    def silence(self, channel: int, on: bool) -> None:
        """Let a channel play no key at all (drums)."""
        if on != (channel in self._silent):
            (self._silent.add if on else self._silent.discard)(channel)
            self._waits = True

    def follow(self, message: Message) -> None:
        """Keep up with a channel message: parameters 3 and 4 select the tuning program and bank."""
        data = self._registered.follow(message)
        if data is None or not data.coarse or data.number not in (RPN_PROGRAM, RPN_BANK):
            return
        bank, program = before = self._selected[data.channel]
        chosen = (bank, data.msb) if data.number == RPN_PROGRAM else (data.msb, program)
        self._selected[data.channel] = chosen
        self._waits = self._waits or chosen != before

    def reset(self) -> None:
        """Forget what MIDI has set; the player's own tuning stays."""
        self._programs: dict[Program, dict[int, float]] = {}
        self._octaves: dict[Program, tuple[float, ...]] = {}
        self._offsets = np.zeros((CHANNELS, STEPS))  # cents
        self._selected: list[Program] = [(0, 0)] * CHANNELS
        self._registered = Registered()
        self._fine_cents, self._coarse = 0.0, 0.0
        self._silent.clear()
        self._waits = True

    def bring(self, live: bool, at_sample: int) -> bool:
        """Tell the engine what has changed; False: its queue was full, do it again later.

        `live`: notes that sound follow.
        """
        wanted = self._wanted()
        for channel, key in np.argwhere(wanted != self._sent).tolist():
            semitones = float(wanted[channel, key])
            follows = live and semitones != NOT_PLAYED
            if not self._send(channel, key, semitones, follows, at_sample):
                return False
            self._sent[channel, key] = semitones
        self._waits = False
        return True

    def _wanted(self) -> NDArray[np.float64]:
        """Semitones above equal temperament, (channels, keys)."""
        own = np.array([np.nan if pitch is None else pitch for pitch in self._keys])
        pitches = np.tile(own, (CHANNELS, 1))
        for channel, program in enumerate(self._selected):
            for key, pitch in self._programs.get(program, {}).items():
                pitches[channel, key] = pitch + self._own.shift
            steps = self._offsets[channel] + np.array(self._octaves.get(program, (0.0,) * STEPS))
            pitches[channel] += np.resize(steps, KEYS) / 100.0
        above = pitches - np.arange(KEYS) + self._coarse + self._fine_cents / 100.0
        above = np.clip(above.round(DECIMALS), -MOST_SEMITONES, MOST_SEMITONES)
        above[list(self._silent)] = np.nan
        return np.where(np.isnan(above), NOT_PLAYED, above)
