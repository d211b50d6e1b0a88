"""What the audio thread reaches: no word that allocates, locks, waits, logs or throws.

Read twice: by forbidden names, and by clang's function effects where PyPI's ziglang is there.
"""

import importlib.util
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

CORE = Path(__file__).parents[1] / "rtsynth" / "core"

# All that render() reaches. What [control, stopped] does (prepare) lies in the same files.
AUDIO_HEADERS = [
    "bank.h", "channel.h", "channels.h", "chorus.h", "controllers.h", "counters.h", "crossfade.h",
    "delay_line.h", "delay_network.h", "diffuser.h", "effects.h", "engine.h", "envelope.h",
    "event.h", "fold.h", "frame_format.h", "gate.h", "heard.h", "jack_process.h", "kernels.h",
    "keyboard.h", "layers.h", "limiter.h", "link.h", "link_data.h", "live_clock.h", "load_meter.h",
    "midi_in.h", "mix.h", "noise.h", "noise_bus.h", "noise_lines.h", "note_expression.h",
    "output_stage.h", "pa_callback.h", "parameters.h", "peaks.h", "pedals.h", "programs.h",
    "queue.h", "registered.h", "requests.h", "reverb.h", "rt.h", "sends.h", "stereo.h",
    "take_layout.h", "take_reader.h", "takes.h", "tap.h", "tilt.h", "trace.h", "turns.h", "unit.h",
    "units.h", "variation.h", "vocoder.h", "voice.h", "voice_list.h", "voices.h", "workers.h",
    "zones.h",
]  # fmt: skip
AUDIO_SOURCES = [
    "channel.cpp", "channels.cpp", "chorus.cpp", "delay_network.cpp", "diffuser.cpp", "engine.cpp",
    "frame_format.cpp", "jack_process.cpp", "kernels.cpp", "midi_in.cpp", "noise_bus.cpp",
    "pa_callback.cpp", "reverb.cpp", "take_reader.cpp", "takes.cpp", "takes_search.cpp", "tilt.cpp",
    "units.cpp", "variation.cpp", "vocoder.cpp", "voice.cpp", "voice_follow.cpp", "voice_list.cpp",
    "voice_pages.cpp",
    "voices.cpp", "voices_follow.cpp", "voices_holding.cpp", "voices_line.cpp", "workers.cpp",
]  # fmt: skip
NOT_AUDIO = {
    "bind.cpp",
    "bind_arrays.h",
    "bind_check.h",
    "bind_heard.cpp",
    "bind_jack.cpp",
    "bind_jack.h",
    "bind_link.cpp",
    "bind_link.h",
    "bind_settings.cpp",
    "bind_settings.h",
    "bind_channels.cpp",
    "bind_channels.h",
    "bind_stats.cpp",
    "bind_stats.h",
    "bind_takes.cpp",
    "bind_wait.h",
    "jack_callbacks.cpp",  # choose between the period played live and the one rendered offline
    "jack_callbacks.h",
    "jack_freewheel.cpp",  # so is a period in freewheel
    "link.cpp",  # made and adopted before anything plays
    "noise.cpp",
    "null_device.cpp",
    "null_device.h",
    "offline_wait.cpp",  # blocks that nobody hears
    "offline_wait.h",
    "segment.cpp",
    "segment.h",
    "takes_recover.cpp",  # [generator]
    "contract.h",
}

FORBIDDEN = re.compile(
    r"\b(std::(mutex|lock_guard|unique_lock|condition_variable|string|function|map|cout|cerr|async"
    r"|this_thread|deque|list|vector<\w+>\()|push_back|emplace_back|new|delete(?!;)|malloc|calloc"
    r"|printf|fprintf|throw|sleep|wait|volatile|shared_ptr<(?!const NoiseTables>))\b"
)
# Words that [control, stopped] and [generator] functions need, in these files only.
ALLOWED = {
    "takes.cpp": {"throw", "push_back"}, "takes_search.cpp": {"push_back"}, "engine.cpp": {"throw"},
    "delay_network.cpp": {"push_back"},
    "workers.cpp": {"wait"},  # [worker] between blocks
}  # fmt: skip
GUARDED = re.compile(r"= delete;")  # deleted copies are no memory


def code_of(path):
    text = GUARDED.sub("", path.read_text())
    return re.sub(r"//[^\n]*|\"[^\"\n]*\"", "", text)


def test_every_file_of_the_core_is_on_a_list():
    files = {p.name for p in CORE.iterdir() if p.suffix in {".h", ".cpp"}}
    assert files == set(AUDIO_HEADERS) | set(AUDIO_SOURCES) | NOT_AUDIO


@pytest.mark.parametrize("name", AUDIO_HEADERS + AUDIO_SOURCES)
def test_no_forbidden_name(name):
    found = {match.group(1) for match in FORBIDDEN.finditer(code_of(CORE / name))}
    assert found - ALLOWED.get(name, set()) == set()


def test_the_search_finds_something():
    for bad in ("std::mutex m;", "v.push_back(1);", "int* p = new int;", "throw 1;", "printf(x);"):
        assert FORBIDDEN.search(bad)
    assert not FORBIDDEN.search("render(left, right); news; renew")


@pytest.mark.parametrize("name", AUDIO_HEADERS)
def test_public_methods_say_their_thread(name):
    text = (CORE / name).read_text()
    public = text.split("class ", 1)[-1].split(" private:", 1)[0]
    if "public:" in public and name not in {"contract.h"}:
        assert re.search(r"/// \[(audio|any|control|generator|producer)", public)


needs_clang = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="ziglang is not installed"
)


def function_effects(source, folder):
    """Compile with clang; returns its messages about what is not real-time safe."""
    command = [sys.executable, "-m", "ziglang", "c++", "-std=c++20", "-O0", "-c", "-I", str(CORE)]
    command += ["-Wfunction-effects", "-Werror=function-effects", str(source)]
    command += ["-o", str(folder / f"{source.stem}.o")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """What clang says of each source of the audio thread: as many at once as there are cores."""
    folder = tmp_path_factory.mktemp("effects")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = pool.map(lambda name: function_effects(CORE / name, folder), AUDIO_SOURCES)
        return dict(zip(AUDIO_SOURCES, done, strict=True))


@needs_clang
@pytest.mark.parametrize("name", AUDIO_SOURCES)
def test_the_compiler_agrees_that_it_is_realtime_safe(name, compiled):
    assert compiled[name].returncode == 0, compiled[name].stderr


@needs_clang
def test_the_compiler_finds_an_allocation(tmp_path):
    source = tmp_path / "bad.cpp"
    source.write_text(
        '#include "rt.h"\n#include <vector>\n'
        "std::vector<int> v;\nvoid bad() RT_SAFE { v.push_back(1); }\n"
    )
    done = function_effects(source, tmp_path)
    assert done.returncode != 0
    assert "function-effects" in done.stderr
