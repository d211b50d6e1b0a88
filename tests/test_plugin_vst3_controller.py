"""The VST3 plugin's parameters, units, programs and note expressions, as a host is told of them."""

import ctypes
import re

import pytest

from rtsynth import chart
from rtsynth.serve.host_parameters import HOST_PARAMETERS
from tests import vst3_abi as abi
from tests.vst3_fixtures import alone, bundle, module, opened
from tests.vst3_host import Plugin
from tests.vst3_structures import (
    ExpressionInfo,
    ParameterInfo,
    ProgramListInfo,
    UnitInfo,
)

__all__ = ["alone", "bundle", "module", "opened"]  # fixtures


# --- parameters ----------------------------------------------------------------------------------


def text_of(opened: Plugin, number: int, normalised: float) -> str:
    field = (ctypes.c_int16 * 128)()
    assert opened.controller.text(number, normalised, field) == abi.OK
    return abi.words(field)


def value_of(opened: Plugin, number: int, text: str) -> float | None:
    found = ctypes.c_double()
    result = opened.controller.value(number, abi.written(text), ctypes.byref(found))
    return found.value if result == abi.OK else None


def test_parameters_are_those_of_the_desk_then_presets_then_hidden_ones(opened):
    found = opened.parameters()
    assert len({each.id for each in found}) == len(found)
    assert all(each.id < 1 << 31 for each in found)
    ours = found[: len(HOST_PARAMETERS)]
    assert [each.id for each in ours] == [each.id for each in HOST_PARAMETERS]
    labels = [each.known.label for each in HOST_PARAMETERS]
    assert [abi.words(each.title) for each in ours] == labels
    assert all(each.flags == abi.CAN_AUTOMATE for each in ours)
    presets, *hidden = found[len(HOST_PARAMETERS) :]
    assert abi.words(presets.title) == "Preset"
    assert presets.unit == hidden[-1].unit == 0  # hosts take the first or the last one for the list
    assert presets.flags & hidden[-1].flags & abi.PROGRAM_CHANGE
    assert all(each.flags & abi.HIDDEN for each in hidden)
    assert all(abi.words(each.title).startswith("MIDI CC ") for each in hidden)


def test_values_keep_what_they_mean(opened):
    controller = opened.controller
    for row, info in zip(HOST_PARAMETERS, opened.parameters(), strict=False):
        each = row.known
        assert controller.plain(info.id, info.default) == pytest.approx(each.default)
        assert controller.get(info.id) == pytest.approx(info.default)
        for plain in (each.low, each.high):
            normalised = controller.normalised(info.id, plain)
            assert controller.plain(info.id, normalised) == pytest.approx(plain)
        if each.whole or each.switch:
            assert info.steps == round(each.high - each.low)
            for step in range(info.steps + 1):
                plain = controller.plain(info.id, step / info.steps)
                assert plain == each.low + step
        text = text_of(opened, info.id, info.default)
        assert value_of(opened, info.id, text) == pytest.approx(info.default, abs=0.01)
    assert controller.plain(HOST_PARAMETERS[0].id, float("nan")) == HOST_PARAMETERS[0].known.low


def test_what_is_set_is_what_is_read(opened):
    for info in opened.parameters():
        for value in (0.0, 0.25, 1.0):
            assert opened.controller.set(info.id, value) == abi.OK
            assert opened.controller.get(info.id) == value
        text_of(opened, info.id, 0.3)
    assert opened.controller.set(info.id, float("nan")) == abi.INVALID
    assert opened.controller.set(0xFFFFFFFF, 0.5) == abi.INVALID
    assert opened.controller.get(0xFFFFFFFF) == 0.0
    assert opened.controller.text(0xFFFFFFFF, 0.5, (ctypes.c_int16 * 128)()) == abi.INVALID
    assert opened.controller.info(-1, ctypes.byref(ParameterInfo())) == abi.INVALID


def test_what_is_no_value_is_no_text_of_one(opened):
    gain = HOST_PARAMETERS[0].id
    assert value_of(opened, gain, "loud") is None
    assert value_of(opened, gain, "") is None
    assert value_of(opened, gain, "\U0001f3b9") is None
    assert value_of(opened, gain, "minus six" * 60) is None  # no end within 128 places


# --- controllers, units, programs, presets -------------------------------------------------------


def test_controllers_of_the_chart_and_no_others_have_a_parameter(opened):
    known = {int(row.name.removeprefix("cc ")) for row in chart.rows()
             if re.fullmatch(r"cc \d+", row.name)}  # fmt: skip
    mapping = opened.faces["IMidiMapping"]
    hidden = {each.id for each in opened.parameters() if each.flags & abi.HIDDEN}
    number = ctypes.c_uint32()
    for channel in range(16):
        for controller in range(131):
            found = mapping.assignment(0, channel, controller, ctypes.byref(number)) == abi.OK
            assert found == (controller in known or controller >= 128), controller
            if found:
                hidden.remove(number.value)
    assert len(hidden) == 1  # the list of presets, once more
    for bus, channel, controller in [(1, 0, 7), (0, 16, 7), (0, -1, 7), (0, 0, -1), (0, 0, 131)]:
        assert mapping.assignment(bus, channel, controller, ctypes.byref(number)) == abi.FALSE


def test_units_hold_every_parameter_and_every_channel_its_programs(opened):
    units = opened.faces["IUnitInfo"]
    found = {}
    for place in range(units.count()):
        info = UnitInfo()
        assert units.info(place, ctypes.byref(info)) == abi.OK
        found[info.id] = info
    assert found[0].parent == -1
    assert {info.parent for number, info in found.items() if number} == {0}
    names = {abi.words(info.name) for info in found.values()}
    assert {each.known.group.capitalize() for each in HOST_PARAMETERS} <= names
    parameters = opened.parameters()
    assert {each.unit for each in parameters} <= set(found)
    for channel in range(16):
        unit = ctypes.c_int32()
        assert units.by_bus(abi.EVENT, abi.INPUT, 0, channel, ctypes.byref(unit)) == abi.OK
        (program,) = [each for each in parameters
                      if each.unit == unit.value and each.flags & abi.PROGRAM_CHANGE]  # fmt: skip
        assert program.steps == 127
        assert found[unit.value].list == found[1000].list
    assert units.by_bus(abi.EVENT, abi.INPUT, 0, 16, ctypes.byref(unit)) == abi.FALSE


def test_programs_have_names(opened):
    units = opened.faces["IUnitInfo"]
    field = (ctypes.c_int16 * 128)()
    for place in range(units.lists()):
        info = ProgramListInfo()
        assert units.list_info(place, ctypes.byref(info)) == abi.OK
        assert info.count > 0
        names = set()
        for program in range(info.count):
            assert units.program_name(info.id, program, field) == abi.OK
            names.add(abi.words(field))
        assert len(names) == info.count
        assert units.program_name(info.id, info.count, field) == abi.INVALID
        assert units.program_name(info.id, -1, field) == abi.INVALID
    assert units.list_info(units.lists(), ctypes.byref(info)) == abi.INVALID


def test_presets_are_a_list_that_begins_with_the_project(opened):
    presets, last = [each for each in opened.parameters()
                     if each.unit == 0 and each.flags & abi.PROGRAM_CHANGE]  # fmt: skip
    assert presets.steps == last.steps
    names = [text_of(opened, presets.id, step / max(presets.steps, 1))
             for step in range(presets.steps + 1)]  # fmt: skip
    assert names[0] == "As in the project"
    assert len(set(names)) == len(names)
    for step, name in enumerate(names):
        assert value_of(opened, presets.id, name) == pytest.approx(step / max(presets.steps, 1))


# --- what is said of single notes ----------------------------------------------------------------


def test_note_expressions_have_names_and_texts(opened):
    notes = opened.faces["INoteExpressionController"]
    kinds = {}
    for place in range(notes.count(0, 3)):
        info = ExpressionInfo()
        assert notes.info(0, 3, place, ctypes.byref(info)) == abi.OK
        kinds[abi.words(info.title)] = info
    assert list(kinds) == ["Volume", "Pan", "Tuning", "Vibrato", "Expression", "Brightness"]
    field, value = (ctypes.c_int16 * 128)(), ctypes.c_double()
    for info in kinds.values():
        assert notes.text(0, 3, info.type, info.default, field) == abi.OK
        assert notes.value(0, 3, info.type, field, ctypes.byref(value)) == abi.OK
        assert value.value == pytest.approx(info.default, abs=1e-3)
    notes.text(0, 3, kinds["Tuning"].type, 0.5 + 1 / 240, field)
    assert abi.words(field) == "1.0"
    assert notes.count(1, 0) == notes.count(0, 16) == 0
    assert notes.text(0, 0, 99, 0.5, field) == abi.INVALID
    assert notes.value(0, 0, 0, abi.written("far"), ctypes.byref(value)) == abi.FALSE
