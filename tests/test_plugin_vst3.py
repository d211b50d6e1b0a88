"""The VST3 plugin as a host looks at it: its classes, interfaces, parameters, units and notes."""

import ctypes
import json
import re

import pytest

from rtsynth import chart
from rtsynth.serve.host_parameters import HOST_PARAMETERS
from tests import vst3_abi as abi
from tests.plugin_builds import plugin
from tests.vst3_host import Module, Plugin
from tests.vst3_objects import Host
from tests.vst3_structures import (
    BusInfo,
    ClassInfo2,
    ClassInfoW,
    ExpressionInfo,
    FactoryInfo,
    ParameterInfo,
    ProgramListInfo,
    Setup,
    UnitInfo,
)

FACES = ["IComponent", "IAudioProcessor", "IEditController", "IMidiMapping", "IUnitInfo",
         "IProcessContextRequirements", "INoteExpressionController"]  # fmt: skip


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """Without a server, and without a way to start one."""
    monkeypatch.setenv("RTSYNTH_SERVER", "/nowhere")
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(tmp_path))


@pytest.fixture(scope="module")
def bundle():
    return plugin("rtsynth.vst3", "rtsynth_vst3")


@pytest.fixture(scope="module")
def module(bundle):
    found = Module(bundle)
    yield found
    found.close()


@pytest.fixture
def opened(module):
    with module.opened() as found:
        yield found


# --- the module ----------------------------------------------------------------------------------


def test_one_class_says_what_it_is_in_every_version(module, bundle):
    factory = module.factory
    assert factory.classes() == 1
    said, wide, maker = ClassInfo2(), ClassInfoW(), FactoryInfo()
    assert factory.class_info_2(0, ctypes.byref(said)) == abi.OK
    assert factory.class_info_w(0, ctypes.byref(wide)) == abi.OK
    assert factory.factory_info(ctypes.byref(maker)) == abi.OK
    assert (said.category, said.name) == (b"Audio Module Class", b"rtsynth")
    assert said.sub_categories == wide.sub_categories == b"Instrument|Synth"
    assert (abi.words(wide.name), abi.words(wide.vendor)) == ("rtsynth", "rtsynth")
    assert bytes(said.cid) == bytes(wide.cid) == module.class_id
    assert abi.words(wide.version) == said.version.decode()
    for place in (-1, 1):
        assert factory.class_info_2(place, ctypes.byref(said)) == abi.INVALID


def test_the_list_of_classes_beside_it_says_the_same(module, bundle):
    listed = json.loads((bundle / "Contents" / "Resources" / "moduleinfo.json").read_text())
    said = ClassInfo2()
    module.factory.class_info_2(0, ctypes.byref(said))
    (row,) = listed["Classes"]
    assert row["CID"] == module.class_id.hex().upper()
    assert row["Version"] == listed["Version"] == said.version.decode()
    assert (row["Name"], row["Category"]) == (said.name.decode(), said.category.decode())
    assert "|".join(row["Sub Categories"]) == said.sub_categories.decode()
    assert row["SDKVersion"] == said.sdk.decode()
    assert row["Cardinality"] == said.cardinality


def test_another_class_or_interface_is_refused(module):
    found = ctypes.c_void_p(1)
    create = module.factory.create
    assert create(bytes(16), abi.IID["IComponent"], ctypes.byref(found)) == abi.INVALID
    assert not found.value
    found.value = 1
    assert create(module.class_id, bytes(16), ctypes.byref(found)) == abi.NO_INTERFACE
    assert not found.value
    assert module.factory.find("IComponent") is None


def test_the_factory_outlives_whoever_lets_go_too_often(module):
    held = module.factory.ref()
    for _ in range(held + 3):
        module.factory.unref()
    assert module.factory.classes() == 1
    module.factory.ref()
    with module.opened():
        pass


# --- the object ----------------------------------------------------------------------------------


def test_every_interface_leads_to_every_other(opened):
    faces = {**opened.faces, "IComponent": opened.component}
    for face in faces.values():
        for name in FACES:
            found = face.find(name)
            assert found.address == faces[name].address
            found.unref()
        itself = face.find("FUnknown")
        assert itself.address == opened.component.address
        itself.unref()
    assert opened.component.find("IPluginFactory") is None
    assert opened.component.query(abi.IID["IComponent"], None) == abi.INVALID


def test_an_object_that_was_never_initialised_refuses_and_is_let_go(module):
    found = ctypes.c_void_p()
    module.factory.create(module.class_id, abi.IID["IComponent"], ctypes.byref(found))
    component = abi.Interface(found.value, "IComponent")
    processor = component.find("IAudioProcessor")
    assert component.set_active(1) == abi.NOT_INITIALIZED
    assert component.get_state(None) == abi.NOT_INITIALIZED
    assert component.set_state(None) == abi.NOT_INITIALIZED
    assert processor.set_processing(1) == abi.NOT_INITIALIZED
    assert processor.process(None) == abi.INVALID
    assert processor.tail() == 0
    assert component.terminate() == abi.OK
    processor.unref()
    assert component.unref() == 0


def test_initialised_twice_and_ended_twice(opened):
    assert opened.component.initialize(None) == abi.FALSE
    assert opened.component.terminate() == abi.OK
    assert opened.component.terminate() == abi.OK
    assert opened.component.initialize(None) == abi.OK
    opened.play_at()
    assert opened.block(64).result == abi.OK


def test_let_go_while_it_plays(module):
    host = Host()
    found = module.open(host)
    found.play_at()
    found.block(64)
    for face in found.faces.values():
        face.unref()
    assert found.component.unref() == 0
    assert all(part.references == 1 for part in host.parts)


def test_it_asks_for_no_more_of_the_song_than_it_reads(opened):
    assert opened.faces["IProcessContextRequirements"].needs() == 1 << 10


def test_there_is_no_window(opened):
    assert opened.controller.view(b"editor") is None


# --- buses ---------------------------------------------------------------------------------------


def test_buses_are_notes_in_and_stereo_out(opened):
    component = opened.component
    counts = [component.bus_count(m, d) for m in (0, 1) for d in (0, 1)]
    assert counts == [0, 1, 1, 0]
    info = BusInfo()
    assert component.bus_info(abi.AUDIO, abi.OUTPUT, 0, ctypes.byref(info)) == abi.OK
    assert (info.channels, info.flags, abi.words(info.name)) == (2, 1, "Output")
    assert component.bus_info(abi.EVENT, abi.INPUT, 0, ctypes.byref(info)) == abi.OK
    assert (info.channels, info.flags) == (16, 1)
    for media, direction, bus in [(0, 0, 0), (0, 1, 1), (0, 1, -1), (1, 1, 0), (7, 1, 0)]:
        assert component.bus_info(media, direction, bus, ctypes.byref(info)) == abi.INVALID
        assert component.activate_bus(media, direction, bus, 1) == abi.INVALID


def test_stereo_is_the_only_arrangement(opened):
    stereo, mono = ctypes.c_uint64(3), ctypes.c_uint64(1 << 19)
    arrange = opened.processor.set_arrangements
    assert arrange(None, 0, ctypes.byref(stereo), 1) == abi.OK
    assert arrange(None, 0, ctypes.byref(mono), 1) == abi.FALSE
    assert arrange(ctypes.byref(stereo), 1, ctypes.byref(stereo), 1) == abi.FALSE
    assert arrange(None, 0, None, 0) == abi.FALSE
    held = ctypes.c_uint64()
    assert opened.processor.arrangement(abi.OUTPUT, 0, ctypes.byref(held)) == abi.OK
    assert held.value == 3
    assert opened.processor.arrangement(abi.INPUT, 0, ctypes.byref(held)) == abi.INVALID


def test_processing_that_it_cannot_do_is_refused(opened):
    assert opened.processor.can_process(0) == abi.OK
    assert opened.processor.can_process(1) == abi.FALSE
    for wrong in (Setup(0, 1, 64, 48000.0), Setup(0, 0, 0, 48000.0), Setup(0, 0, 64, 0.0),
                  Setup(0, 0, 64, float("nan"))):  # fmt: skip
        assert opened.processor.setup(ctypes.byref(wrong)) in (abi.FALSE, abi.INVALID)
    opened.play_at()
    assert opened.processor.setup(ctypes.byref(Setup(0, 0, 64, 96000.0))) == abi.FALSE


def test_there_is_no_latency_and_a_tail(opened):
    opened.play_at()
    assert opened.processor.latency() == 0
    assert 48000 < opened.processor.tail() < 48000 * 60


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
    assert not hidden
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
    (presets,) = [each for each in opened.parameters()
                  if each.unit == 0 and each.flags & abi.PROGRAM_CHANGE]  # fmt: skip
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
