"""The VST3 plugin as a host looks at it: its classes, interfaces and buses."""

import ctypes
import json

from tests import vst3_abi as abi
from tests.vst3_fixtures import alone, bundle, module, opened
from tests.vst3_objects import Host
from tests.vst3_structures import (
    BusInfo,
    ClassInfo2,
    ClassInfoW,
    FactoryInfo,
    Setup,
)

__all__ = ["alone", "bundle", "module", "opened"]  # fixtures

FACES = ["IComponent", "IAudioProcessor", "IEditController", "IMidiMapping", "IUnitInfo",
         "IProcessContextRequirements", "INoteExpressionController"]  # fmt: skip


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
