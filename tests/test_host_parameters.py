"""What hosts can automate: numbers that projects keep, names that people read."""

from collections import Counter

from rtsynth import _core
from rtsynth.parameters import PARAMETERS
from rtsynth.serve import parameter_table
from rtsynth.serve.host_parameters import HOST_PARAMETERS, IDS, PLACES
from rtsynth.turns import TURNS

# What projects of the first version know: no later one may give a number to another parameter.
FIRST = ("gain timbre_x timbre_y program bright hard breathy long volume expression pan width "
         "reverb_send chorus_send modulation vibrato_rate vibrato_depth vibrato_delay sustain "
         "sostenuto soft glide glide_time legato mono bend_range fine_tune transpose "
         "pressure_turn pressure_tilt pressure_gain pressure_vibrato bright_tilt master_volume "
         "balance reference stretch touch fixed_velocity reverb_time reverb_size reverb_damping "
         "reverb_delay reverb_level chorus_rate chorus_depth chorus_level")  # fmt: skip


def test_every_parameter_of_the_desk_can_be_automated() -> None:
    assert set(PARAMETERS) | {"timbre_x", "timbre_y", "program"} == set(PLACES)


def test_numbers_stay_those_of_the_first_version() -> None:
    assert IDS[: len(FIRST.split())] == tuple(FIRST.split())
    assert not [name for name, count in Counter(IDS).items() if count > 1]
    assert {each.id: each.known.name for each in HOST_PARAMETERS}.items() <= dict(
        enumerate(IDS, 1)
    ).items()


def test_labels_stand_alone() -> None:
    labels = [each.known.label for each in HOST_PARAMETERS]
    assert len(set(labels)) == len(labels)


def test_numbers_of_the_core_and_of_controllers() -> None:
    for each in HOST_PARAMETERS:
        if each.known.home == "core":
            name, low, high, preset, of_channel = _core.PARAMETERS[each.number]
            assert (low, high, preset) == (each.known.low, each.known.high, each.known.default)
            assert of_channel is each.known.of_channel
            assert name == each.known.name or each.known.name == "master_volume"
        elif each.known.home == "turn":
            assert TURNS[each.number][0] == each.known.name


def test_the_plugins_table_is_as_it_would_be_made_now() -> None:
    assert parameter_table.PATH.read_text(encoding="utf-8") == parameter_table.text()
