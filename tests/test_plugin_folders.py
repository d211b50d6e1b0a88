"""Plugins go where hosts look for them, whole, and can be taken away again."""

import os
import shlex
import sys
from pathlib import Path

import pytest
from conftest import run_cli

from rtsynth import plugin_folders
from rtsynth.errors import RtsynthError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path / "home"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "built"
    (folder / "rtsynth.lv2").mkdir(parents=True)
    (folder / "rtsynth.lv2" / "manifest.ttl").write_text("new")
    (folder / "rtsynth.clap").write_bytes(b"new")
    return folder


def test_what_was_built_replaces_what_was_there(home: Path, source: Path) -> None:
    old = plugin_folders.places()["rtsynth.lv2"]
    old.mkdir(parents=True)
    (old / "left_over.ttl").write_text("old")
    done = plugin_folders.install(source)
    assert [path.name for path in done] == ["rtsynth.clap", "rtsynth.lv2"]
    assert all(home in path.parents for path in done)
    assert [path.name for path in old.iterdir()] == ["manifest.ttl"]
    assert [path.name for path in old.parent.iterdir()] == ["rtsynth.lv2"]
    words = shlex.split(plugin_folders.server_file().read_text())
    assert words == [sys.executable, "-m", "rtsynth", "serve"]
    assert plugin_folders.install(source) == done
    removed = plugin_folders.remove()
    assert set(removed) == {*done, plugin_folders.server_file()}
    assert plugin_folders.remove() == []


def test_a_host_keeps_the_file_that_it_has_open(home: Path, source: Path) -> None:
    (path, _) = plugin_folders.install(source)
    with path.open("rb") as mapped:
        (source / "rtsynth.clap").write_bytes(b"newer")
        plugin_folders.install(source)
        assert mapped.read() == b"new"
    assert path.read_bytes() == b"newer"


def test_no_plugins_and_a_home_that_cannot_be_written_are_one_line(
    home: Path, source: Path, tmp_path: Path
) -> None:
    with pytest.raises(RtsynthError, match="no plugins in"):
        plugin_folders.install(tmp_path / "nothing")
    home.write_text("a file, so that there is no folder in it")
    with pytest.raises(RtsynthError, match="cannot write"):
        plugin_folders.install(source)


def test_the_command_says_where_they_went(home: Path, source: Path) -> None:
    env = {**os.environ, "HOME": str(home)}
    done = run_cli("plugin", "install", "--from", source, HOME=env["HOME"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == str(home / ".clap" / "rtsynth.clap")
    failed = run_cli("plugin", "install", "--from", home / "nothing", HOME=env["HOME"])
    assert failed.returncode == 1
    assert failed.stderr.startswith("rtsynth: there are no plugins in")
