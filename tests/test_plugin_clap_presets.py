"""Presets in the browser of a CLAP host: the factory that finds them, and how they are loaded."""

import ctypes
from pathlib import Path

import pytest

from tests import clap_abi as abi
from tests.clap_host import ID

pytest_plugins = ["tests.clap_fixtures"]
pytestmark = pytest.mark.usefixtures("no_server")

PRESETS = Path(__file__).parents[1] / "rtsynth" / "presets"
NAMES = sorted(path.stem for path in PRESETS.glob("*.toml"))

ProviderDescriptor = abi.structure(
    "ProviderDescriptor", version=abi.Version, id=ctypes.c_char_p, name=ctypes.c_char_p,
    vendor=ctypes.c_char_p,
)  # fmt: skip
Provider = abi.structure(
    "Provider", desc=ctypes.POINTER(ProviderDescriptor), data=ctypes.c_void_p,
    init=abi.function(ctypes.c_bool, ctypes.c_void_p),
    destroy=abi.function(None, ctypes.c_void_p),
    get_metadata=abi.function(
        ctypes.c_bool, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_void_p
    ),
    get_extension=abi.function(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p),
)  # fmt: skip
Factory = abi.structure(
    "Factory", count=abi.function(ctypes.c_uint32, ctypes.c_void_p),
    get_descriptor=abi.function(
        ctypes.POINTER(ProviderDescriptor), ctypes.c_void_p, ctypes.c_uint32
    ),
    create=abi.function(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p),
)  # fmt: skip
FileType = abi.structure(
    "FileType", name=ctypes.c_char_p, description=ctypes.c_char_p, extension=ctypes.c_char_p
)
Location = abi.structure(
    "Location", flags=ctypes.c_uint32, name=ctypes.c_char_p, kind=ctypes.c_uint32,
    place=ctypes.c_char_p,
)  # fmt: skip
PluginId = abi.structure("PluginId", abi=ctypes.c_char_p, id=ctypes.c_char_p)
SAYS = abi.function(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)
Indexer = abi.structure(
    "Indexer", version=abi.Version, name=ctypes.c_char_p, vendor=ctypes.c_char_p,
    url=ctypes.c_char_p, indexer_version=ctypes.c_char_p, data=ctypes.c_void_p,
    filetype=abi.function(ctypes.c_bool, ctypes.c_void_p, ctypes.POINTER(FileType)),
    location=abi.function(ctypes.c_bool, ctypes.c_void_p, ctypes.POINTER(Location)),
    soundpack=SAYS, get_extension=abi.function(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p),
)  # fmt: skip
TEXT = abi.function(None, ctypes.c_void_p, ctypes.c_char_p)
Receiver = abi.structure(
    "Receiver", data=ctypes.c_void_p,
    on_error=abi.function(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p),
    begin_preset=abi.function(ctypes.c_bool, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p),
    add_plugin_id=abi.function(None, ctypes.c_void_p, ctypes.POINTER(PluginId)),
    set_soundpack_id=TEXT, set_flags=abi.function(None, ctypes.c_void_p, ctypes.c_uint32),
    add_creator=TEXT, set_description=TEXT,
    set_timestamps=abi.function(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64),
    add_feature=TEXT, add_extra_info=abi.function(None, ctypes.c_void_p, ctypes.c_char_p,
                                                  ctypes.c_char_p),
)  # fmt: skip


class Browser:
    """An indexer and a receiver of metadata, which keep what they hear."""

    def __init__(self, library, most=1000):
        self.types, self.places, self.presets, self.errors = [], [], [], []
        self.plugins, self.about = set(), []
        self.most = most
        self.indexer = abi.filled(
            Indexer, abi.VERSION, b"test browser", b"", b"", b"1", None,
            lambda _, kind: self.types.append(kind.contents.extension) is None,
            lambda _, place: self.places.append(
                (place.contents.kind, place.contents.place, place.contents.flags)
            ) is None,
            lambda *_: True, lambda *_: None,
        )  # fmt: skip
        self.receiver = abi.filled(
            Receiver, None, lambda _, code, line: self.errors.append(line), self.begin,
            lambda _, each: self.plugins.add((each.contents.abi, each.contents.id)),
            lambda *_: None, lambda *_: None, lambda *_: None,
            lambda _, text: self.about.append(text.decode()),
            lambda *_: None, lambda *_: None, lambda *_: None,
        )  # fmt: skip
        address = library.find(b"clap.preset-discovery-factory/2")
        factory = abi.at(address, Factory)
        assert factory.count(address) == 1
        said = factory.get_descriptor(address, 0).contents
        assert not factory.get_descriptor(address, 1)
        indexer = ctypes.addressof(self.indexer)
        assert factory.create(address, indexer, b"another") is None
        self.address = factory.create(address, indexer, said.id)
        self.provider = abi.at(self.address, Provider)
        assert self.provider.desc.contents.id == said.id
        assert self.provider.init(self.address)

    def begin(self, _, name, key):
        self.presets.append((name.decode(), None if key is None else key.decode()))
        return len(self.presets) < self.most

    def crawl(self, kind, place=None):
        receiver = ctypes.addressof(self.receiver)
        return self.provider.get_metadata(self.address, kind, place, receiver)

    def close(self):
        self.provider.destroy(self.address)


@pytest.fixture
def users(monkeypatch, tmp_path):
    """The user's own folder of presets, with one in it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "data" / "rtsynth" / "presets"
    folder.mkdir(parents=True)
    (folder / "my own (1).toml").write_bytes((PRESETS / "vibes.toml").read_bytes())
    return folder


def load(plugin, kind, place, key):
    presets = plugin.extension("clap.preset-load/2")
    return presets.from_location(plugin.address, kind, place, key)


def test_the_bundled_presets_are_found_in_the_plugin(library):
    browser = Browser(library)
    assert browser.types == [b"toml"]
    assert browser.places[0] == (abi.IN_PLUGIN, None, 1)
    assert browser.crawl(abi.IN_PLUGIN)
    assert browser.presets == [(name, name) for name in NAMES]
    assert browser.plugins == {(b"clap", ID.encode())}
    assert len(set(browser.about)) == len(NAMES)
    assert not browser.errors
    browser.close()


def test_a_browser_that_has_enough_is_left_alone(library):
    browser = Browser(library, most=3)
    assert browser.crawl(abi.IN_PLUGIN)
    assert len(browser.presets) == 3
    browser.close()


def test_the_users_presets_are_files(library, users):
    browser = Browser(library)
    assert browser.places[1] == (abi.FILE, str(users).encode(), 2)
    path = str(users / "my own (1).toml").encode()
    assert browser.crawl(abi.FILE, path)
    assert browser.presets == [("my own (1)", None)]
    browser.close()
    with library.plugin() as plugin:
        assert load(plugin, abi.FILE, path, None)
        assert plugin.host.loaded == [(abi.FILE, path, None)]


def test_without_a_folder_of_the_users_none_is_declared(library, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "none"))
    browser = Browser(library)
    assert len(browser.places) == 1
    browser.close()


def test_each_bundled_preset_can_be_loaded(library):
    with library.plugin() as plugin:
        plugin.play_at()
        for name in NAMES:
            assert load(plugin, abi.IN_PLUGIN, None, name.encode())
            assert plugin.process(512).status != abi.ERROR
        assert [key for _, _, key in plugin.host.loaded] == [name.encode() for name in NAMES]
        assert not plugin.host.failed
        plugin.stop()


@pytest.mark.parametrize(
    ("kind", "place", "key"),
    [
        (abi.IN_PLUGIN, None, b"no such preset"),
        (abi.IN_PLUGIN, None, None),
        (abi.FILE, None, None),
        (abi.FILE, b"/no/such/file.toml", None),
        (abi.FILE, b"", None),
        (7, None, b"vibes"),
    ],
)
def test_what_is_no_preset_is_refused_in_one_line(library, kind, place, key):
    with library.plugin() as plugin:
        assert not load(plugin, kind, place, key)
        assert len(plugin.host.failed) == 1
        assert "no preset of rtsynth" in plugin.host.failed[0]
        assert not plugin.host.loaded


def test_a_file_elsewhere_is_none_of_ours(library, users, tmp_path):
    for name in ("elsewhere.toml", "data/rtsynth/presets/notes.txt"):
        (tmp_path / name).write_text("x = 1")
        browser = Browser(library)
        assert not browser.crawl(abi.FILE, str(tmp_path / name).encode())
        assert len(browser.errors) == 1
        browser.close()
