"""What each timbre slot of a link holds, written down there: the next server goes on with it."""

import hashlib
from collections.abc import Mapping
from typing import Final

from rtsynth import contract
from rtsynth._core import Link
from rtsynth.metadata import Timbre

KEY_BYTES: Final = 8
NOTHING: Final = 0


class SlotKeys:
    """Thread: generator, but for the beginning."""

    def __init__(self, link: Link, origin: bytes, held: Mapping[int, Timbre]) -> None:
        """Keep the takes of slots that hold what they should; throw all others away.

        Args:
            link: whose takes they are; another process may have made them.
            origin: a digest (32 bytes) of all that takes depend on beside timbres.
            held: the timbres that slots are to hold.
        """
        self._link = link
        ours = link.instrument == origin
        for slot in range(contract.TIMBRE_SLOTS):
            key = key_of(held[slot]) if slot in held else NOTHING
            if not ours or key == NOTHING or link.slot_key(slot) != key:
                link.drop_timbre(slot)
            link.set_slot_key(slot, key)
        link.instrument = origin

    def change(self, slot: int) -> None:
        """A slot holds takes of more than one timbre, or none, from now on."""
        self._link.set_slot_key(slot, NOTHING)

    def hold(self, slot: int, timbre: Timbre) -> None:
        """All of a slot's takes are of one timbre again."""
        self._link.set_slot_key(slot, key_of(timbre) if timbre.origin == 0 else NOTHING)


def key_of(timbre: Timbre) -> int:
    """A number for what a timbre's takes are made of; not NOTHING."""
    digest = hashlib.blake2b(timbre.latent.tobytes(), digest_size=KEY_BYTES)
    digest.update(bytes([timbre.low, timbre.high, timbre.sustained]))
    if timbre.correction is not None:
        digest.update(timbre.correction.tobytes())
    return int.from_bytes(digest.digest(), "little") or 1
