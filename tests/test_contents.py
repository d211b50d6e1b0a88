"""Which slot gives way: empty, made, preset, lent, and what is played last of all."""

from pathlib import Path

import pytest

from rtsynth import contract, instrument
from rtsynth.contents import Content, Contents
from rtsynth.metadata import Metadata
from rtsynth.timbres import NEUTRAL


@pytest.fixture
def metadata(tiny: Path) -> Metadata:
    return instrument.load(tiny).metadata


def test_the_order_in_which_slots_give_way(metadata: Metadata) -> None:
    organ, bell = metadata.timbres
    contents = Contents(metadata.timbres)
    assert contents.spare((), ()) == 2  # the first that is empty
    for slot in range(2, contract.TIMBRE_SLOTS):
        contents.put(slot, Content(bell, (0.5, 0.0, 0.0, 0.0), True))
    contents.leave(2)
    assert contents.spare((), ()) == 3  # what was left last is kept longest
    assert contents.spare(range(3, contract.TIMBRE_SLOTS), ()) == 2
    made = range(2, contract.TIMBRE_SLOTS)
    assert contents.spare(made, ()) == 0  # a preset
    assert contents.spare((*made, 0), (1,)) == 1  # lent
    assert contents.holding(organ, NEUTRAL) == [0]


def test_a_slot_of_held_notes_holds_nothing_for_new_ones(metadata: Metadata) -> None:
    organ = metadata.timbres[0]
    contents = Contents(metadata.timbres)
    contents.put(5, Content(organ, NEUTRAL, False))
    assert contents.holding(organ, NEUTRAL) == [0]
    contents.put(5, Content(organ, NEUTRAL, True))
    assert contents.holding(organ, NEUTRAL) == [0, 5]
