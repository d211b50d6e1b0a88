"""What each channel plays, as the map shows it: a name, a place, the presets it lies between."""

from collections.abc import Sequence
from typing import Any, Final

from rtsynth.desk import Desk
from rtsynth.errors import RtsynthError
from rtsynth.messages import CHANNELS
from rtsynth.metadata import Metadata, Timbre
from rtsynth.timbres import choose, nearness
from rtsynth.ui.places import TimbreMap

SHOWN_SHARE: Final = 0.02


class Channels:
    """Timbres of channels and their places on the map. Thread: the server's."""

    def __init__(self, desk: Desk, metadata: Metadata, own: Sequence[Timbre]) -> None:
        """`metadata` of the instrument, and the user's own timbres."""
        self._desk = desk
        self.use(metadata, own)

    def use(self, metadata: Metadata, own: Sequence[Timbre]) -> None:
        """Show the timbres of an instrument."""
        self.map = TimbreMap((*metadata.timbres, *own))
        self._metadata = metadata
        self._own = own
        self._dropped: dict[int, tuple[str, float, float]] = {}  # a handle's place, by channel

    def drop(self, channel: int, x: float, y: float) -> None:
        """Play what lies at a point of the map (0..1), whose place is kept.

        Raises:
            RtsynthError: it cannot be made.
        """
        text = self.map.text(x, y)
        self._dropped[channel] = text, x, y
        self._desk.move_timbre(text, channel)

    def place(self, channel: int) -> tuple[float, float] | None:
        """Where a handle was dropped, if that is what the channel plays still."""
        text, x, y = self._dropped.get(channel, ("", 0.0, 0.0))
        return (x, y) if text and text == self._desk.timbre(channel) else None

    def recall(self, channel: int, place: tuple[float, float] | None) -> None:
        """What the channel plays by now is where a handle was dropped; None: it was chosen."""
        self._dropped.pop(channel, None)
        if place is not None:
            self._dropped[channel] = self._desk.timbre(channel), *place

    def every(self) -> dict[str, Any]:
        """What all channels play, by their numbers from 0."""
        return {str(channel): self.now(channel) for channel in range(CHANNELS)}

    def now(self, channel: int) -> dict[str, Any]:
        """What a channel plays: its text, words for people, its place, shares of presets."""
        text = self._desk.timbre(channel)
        dropped = self._dropped.get(channel)
        if dropped is not None and dropped[0] == text:
            x, y = dropped[1:]
            shares = self.map.mix(x, y)
        else:
            x, y, shares = self._found(text)
        return {"text": text, "label": label(text, shares), "x": x, "y": y, "shares": shares}

    def _found(self, text: str) -> tuple[float, float, dict[str, float]]:
        try:
            metadata, slot = choose(self._metadata, text, self._own)
        except RtsynthError:  # one of the user's own that was made or deleted meanwhile
            return 0.5, 0.5, {}
        latent = metadata.timbres[slot].latent
        x, y = self.map.place(latent)
        near = nearness(latent, self.map.latents)
        shares = {timbre.name: float(share)
                  for timbre, share in zip(self.map.timbres, near, strict=True)
                  if share >= SHOWN_SHARE}  # fmt: skip
        return x, y, shares


def label(text: str, shares: dict[str, float]) -> str:
    """What a timbre is called on the page."""
    if "+" not in text or not shares:
        return text
    whole = sum(shares.values())
    parts = sorted(shares.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {100.0 * share / whole:.0f} %" for name, share in parts)
