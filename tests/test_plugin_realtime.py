"""What a plugin does in the audio thread neither allocates, locks nor waits: clang says so."""

import importlib.util
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "rtsynth" / "plugin"
DPF, LV2 = Path("/usr/share/dpf/distrho/src"), Path("/usr/include/lv2")
# Those that the audio thread reaches; of the formats only where their headers are installed.
HEADERS = {"clap": DPF, "vst3": DPF, "lv2": LV2}
SOURCES = sorted(path.name for path in PLUGIN.glob("*.cpp") if "RT_SAFE" in path.read_text())
TESTED = [name for name in SOURCES if HEADERS.get(name[:4].rstrip("._"), ROOT).is_dir()]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed"
)


def effects(source: Path, folder: Path) -> str:
    """What clang says of a source that is not real-time safe where it claims to be."""
    command = [sys.executable, "-m", "ziglang", "c++", "-std=c++20", "-O0", "-c",
               "-I", str(ROOT / "rtsynth" / "core"), "-I", str(PLUGIN), "-isystem", str(DPF),
               '-DRTSYNTH_VERSION="0"', "-Wfunction-effects", "-Werror=function-effects",
               str(source), "-o", str(folder / f"{source.stem}.o")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode != 0 else ""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("effects")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = pool.map(lambda name: effects(PLUGIN / name, folder), TESTED)
        return dict(zip(TESTED, said, strict=True))


def test_the_common_part_is_looked_at() -> None:
    assert {"audio_side.cpp", "block_events.cpp", "instance.cpp"} <= set(TESTED)


@pytest.mark.parametrize("name", TESTED)
def test_the_compiler_agrees_that_it_is_realtime_safe(name: str, found: dict[str, str]) -> None:
    assert found[name] == ""


@pytest.mark.parametrize(
    ("name", "place", "fault"),
    [
        ("block_events.cpp", "  held_.press(", "  delete new int(channel);\n"),
        ("audio_side.cpp", "  values_.set(place", "  std::string told(place, ' ');\n"),
        ("audio_side.cpp", "    render(first + done, end - done);", "    wait_.begin();\n"),
    ],
)
def test_the_compiler_finds_what_allocates_or_waits(
    name: str, place: str, fault: str, tmp_path: Path
) -> None:
    text = (PLUGIN / name).read_text()
    assert text.count(place) == 1
    changed = tmp_path / name
    changed.write_text("#include <string>\n" + text.replace(place, fault + place))
    assert "function-effects" in effects(changed, tmp_path)
