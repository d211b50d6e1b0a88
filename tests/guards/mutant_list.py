"""The mutants, by the guard that must report each."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.guards import aarch64, trees

CORE = "rtsynth/core/"


@dataclass(frozen=True)
class Mutant:
    """A fault, the guard that sees it, and how that guard's report reads."""

    name: str
    guard: str
    file: str  # from the repository's root
    old: str
    new: str
    report: str  # regular expression
    timeout_s = 120.0

    def guarded(self, copy: Path) -> list[str]:
        """The guard's command on a copy of the repository that has the fault.

        Raises:
            GuardError: the copy does not compile.
        """
        raise NotImplementedError

    def environment(self, copy: Path) -> dict[str, str]:
        """Variables that the guard needs."""
        return {}


@dataclass(frozen=True)
class CoreMutant(Mutant):
    """Seen by the core's own tests in one of the builds."""

    tree: str = "plain"
    tests: tuple[str, ...] = ()  # files of tests/core that are linked and run

    def guarded(self, copy: Path) -> list[str]:
        """The core's tests, linked with what the fault makes different."""
        tree = trees.TREES[self.tree]
        program = tree.rebuild(copy, self.file, "tests/core_tests", self.tests)
        return [str(program), "--abort-after=1"]


@dataclass(frozen=True)
class FuzzMutant(Mutant):
    """Seen by a libFuzzer program within its time, from its corpus on."""

    fuzzer: str = "engine"

    def guarded(self, copy: Path) -> list[str]:
        """The fuzzer, linked with what the fault makes different."""
        from tests.guards.fuzz import native_command

        program = trees.ADDRESS.rebuild(copy, self.file, f"tests/fuzz_{self.fuzzer}")
        return native_command(program, self.fuzzer, seconds=60, artifacts=copy)


@dataclass(frozen=True)
class ArmMutant(Mutant):
    """Seen where the kernels' bits on ARM are compared with those here."""

    def guarded(self, copy: Path) -> list[str]:
        """Both programs, made of the copy, compared."""
        native = trees.PLAIN.rebuild(copy, self.file, aarch64.NATIVE)
        arm = aarch64.build(copy, copy / "bits_aarch64")
        return [sys.executable, "-m", "tests.guards.aarch64", str(native), str(arm)]


@dataclass(frozen=True)
class PythonMutant(Mutant):
    """Seen by a Python program: pytest, or a fuzzer."""

    arguments: tuple[str, ...] = ()

    def guarded(self, copy: Path) -> list[str]:
        """The program, which imports the copy's modules."""
        (copy / "sitecustomize.py").write_text("import tests.guards.plain_imports\n")
        return [sys.executable, *self.arguments]

    def environment(self, copy: Path) -> dict[str, str]:
        """The copy comes first, also before an editable installation."""
        return {"PYTHONPATH": str(copy)}


BREAK_NOTE_ON = "  counters_->notes.add();\n"
RULES = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_realtime_rules.py")

MUTANTS: tuple[Mutant, ...] = (
    # the watch over the audio thread (tests/core/realtime_watch.cpp)
    CoreMutant(
        "memory in note_on", "watch", CORE + "voices.cpp", BREAK_NOTE_ON,
        BREAK_NOTE_ON + "  static std::vector<int> keys;\n  keys.push_back(key);\n",
        "REALTIME VIOLATION: malloc",
    ),
    CoreMutant(
        "lock in note_on", "watch", CORE + "voices.cpp", BREAK_NOTE_ON,
        BREAK_NOTE_ON + "  static std::mutex mutex;\n  const std::lock_guard lock(mutex);\n",
        "REALTIME VIOLATION: pthread_mutex_lock",
    ),
    CoreMutant(
        "log of a stolen note", "watch", CORE + "voice_list.cpp",
        "    counters_->stolen.add();",
        '    counters_->stolen.add();\n    std::fputs("stolen\\n", stderr);',
        "REALTIME VIOLATION: (fputs|fwrite)",
    ),
    CoreMutant(
        "wait in a tick", "watch", CORE + "voice_list.cpp",
        "  counters_->voices.set(static_cast<std::int64_t>(kept));",
        "  sched_yield();\n  counters_->voices.set(static_cast<std::int64_t>(kept));",
        "REALTIME VIOLATION: sched_yield",
    ),
    CoreMutant(
        "period outside the watch", "watch", CORE + "jack_process.cpp",
        "  const DenormalGuard guard;\n", "", "watched as a whole",
        tests=("test_realtime.cpp",),
    ),
    # RealtimeSanitizer
    CoreMutant(
        "memory in note_on, RTSan", "realtime", CORE + "voices.cpp", BREAK_NOTE_ON,
        BREAK_NOTE_ON + "  static std::vector<int> keys;\n  keys.push_back(key);\n",
        "RealtimeSanitizer: unsafe-library-call", tree="realtime",
    ),
    CoreMutant(
        "lock in note_on, RTSan", "realtime", CORE + "voices.cpp", BREAK_NOTE_ON,
        BREAK_NOTE_ON + "  static std::mutex mutex;\n  const std::lock_guard lock(mutex);\n",
        "real-time unsafe function `pthread_mutex_lock`", tree="realtime",
    ),
    # ThreadSanitizer
    CoreMutant(
        "queue publishes too early", "thread", CORE + "queue.h",
        "write_.store(write + 1, std::memory_order_release);",
        "write_.store(write + 1, std::memory_order_relaxed);",
        "ThreadSanitizer: data race", tree="thread", tests=("test_queue.cpp",),
    ),
    CoreMutant(
        "page is shown too early", "thread", CORE + "takes.cpp",
        "header.ready.store(page + 1, std::memory_order_release);",
        "header.ready.store(page + 1, std::memory_order_relaxed);",
        "ThreadSanitizer: data race", tree="thread", tests=("test_threads.cpp",),
    ),
    CoreMutant(
        "take is freed while it is read", "thread", CORE + "takes.cpp",
        "  std::uint32_t unpinned = 0;\n",
        "  std::uint32_t unpinned = headers_[as_index(take)].word.load();\n",
        "ThreadSanitizer: data race", tree="thread", tests=("test_threads.cpp",),
    ),
    # what two processes share
    CoreMutant(
        "links of any version", "link", CORE + "link.cpp",
        "head.version == kLinkVersion", "head.version != 0",
        "what is no link, or of another kind", tests=("test_link.cpp",),
    ),
    CoreMutant(
        "queues that run on", "link", CORE + "queue.h",
        "waiting <= ahead || waiting > kCapacity", "waiting <= ahead",
        "a count of the other side", tests=("test_queue.cpp",),
    ),
    CoreMutant(
        "segments that can be cut", "link", CORE + "segment.cpp",
        "(seals & kSeals) == kSeals", "(seals & F_SEAL_SEAL) == 0",
        "a segment cannot be cut|what is no link", tests=("test_link.cpp",),
    ),
    CoreMutant(
        "what is read is free for the next generator", "link", CORE + "takes_recover.cpp",
        "      static_cast<void>(claim(take, used));\n", "",
        "the next generator finds", tests=("test_recover.cpp",),
    ),
    CoreMutant(
        "pages of another process are trusted", "link", CORE + "takes_recover.cpp",
        "if (place >= layout_.pages || used[place]) break;", "if (used[place]) break;",
        "AddressSanitizer: (heap-buffer-overflow|SEGV)", tree="address",
        tests=("test_recover.cpp",),
    ),
    # AddressSanitizer, UndefinedBehaviorSanitizer
    CoreMutant(
        "noise ends without its seam", "address", CORE + "noise.cpp",
        "samples.resize(wave.size() + kTickSamples);", "samples.resize(wave.size());",
        "AddressSanitizer: heap-buffer-overflow", tree="address",
    ),
    CoreMutant(
        "gain since ever", "undefined", CORE + "voice.cpp",
        "  gain_since_ = now;\n  quiet_frames_ = 0;\n",
        "  gain_since_ = std::numeric_limits<std::int64_t>::min();\n  quiet_frames_ = 0;\n",
        "runtime error: signed integer overflow", tree="address", tests=("test_note.cpp",),
    ),
    # block sizes
    CoreMutant(
        "ramps begin with the block", "blocks", CORE + "engine.cpp",
        "    if (clock_ % kTickSamples == 0) tick();",
        "    if ((clock_ - begin) % kTickSamples == 0) tick();",
        "blocks of any size give the same samples", tests=("test_blocks.cpp",),
    ),
    CoreMutant(
        "reverb counts from the block", "blocks", CORE + "reverb.cpp",
        "  out.add(left.data(), right.data(), out_, index, samples);",
        "  out.add(left.data(), right.data(), out_, 0, samples);",
        "blocks of any size give the same samples", tests=("test_blocks.cpp",),
    ),
    # the tests of the sound itself
    CoreMutant(
        "units of all channels", "sound", CORE + "units.cpp",
        "  Unit*& open = open_[channel];", "  Unit*& open = open_[0];",
        "each channel sends its own notes", tests=("test_effects.cpp",),
    ),
    CoreMutant(
        "feedback that gains", "sound", CORE + "delay_network.cpp",
        "constexpr float kHadamard = 0.25F;", "constexpr float kHadamard = 0.26F;",
        "decay by 60 dB in reverb_time", tests=("test_reverb.cpp",),
    ),
    CoreMutant(
        "limiter without a memory", "sound", CORE + "limiter.h",
        "      before_ = during_;\n", "      before_ = kKnee;\n",
        "turned down, not distorted", tests=("test_limiter.cpp",),
    ),
    # expression
    CoreMutant(
        "a member without its own bend", "expression", CORE + "channel.cpp",
        "  heard_.pitch += bend_.value();\n", "", "a member's notes have",
        tests=("test_zones.cpp",),
    ),
    CoreMutant(
        "legato with an attack", "expression", CORE + "voice_follow.cpp",
        "kLegatoFrame = 48;", "kLegatoFrame = 0;", "without attack", tests=("test_glide.cpp",),
    ),
    CoreMutant(
        "a tilt about nothing", "expression", CORE + "tilt.cpp",
        "(i < kPartials ? 0.0F : fundamental)", "0.0F", "noise bands tilt with the partials",
        tests=("test_expression.cpp",),
    ),
    # what holds notes
    CoreMutant(
        "half a pedal is all of it", "pedals", CORE + "pedals.h", "return part * part;",
        "return 0.0F * part;", "half pedal", tests=("test_pedals.cpp",),
    ),
    CoreMutant(
        "pedals stay down in a reset", "pedals", CORE + "keyboard.h", "    pedals = {};\n", "",
        "reset of controllers lifts the pedals", tests=("test_pedals.cpp",),
    ),
    CoreMutant(
        "mono does not come back", "line", CORE + "voices.cpp",
        "if (leads && return_from(", "if (leads && false && return_from(",
        "the key that is still held takes over again", tests=("test_line.cpp",),
    ),
    CoreMutant(
        "layers are stolen one by one", "layers", CORE + "voice_list.cpp",
        "    if (note.strike != strike ||", "    if (&note != victim ||",
        "the voices of a key are stolen together", tests=("test_layers.cpp",),
    ),
    # bits on another processor
    ArmMutant(
        "multiply-adds are fused on ARM", "aarch64", CORE + "kernels.cpp", '#include "kernels.h"\n',
        '#include "kernels.h"\n#pragma clang fp contract(fast)\n', "bits differ",
    ),
    # function effects by clang, and forbidden names
    PythonMutant(
        "memory in a safe function", "effects", CORE + "voices.cpp", BREAK_NOTE_ON,
        BREAK_NOTE_ON + "  delete new int(key);\n",
        r"\[-Werror,-Wfunction-effects\]",
        arguments=(*RULES, "-k", "compiler_agrees and voices.cpp"),
    ),
    PythonMutant(
        "forbidden name", "names", CORE + "voices.cpp", BREAK_NOTE_ON,
        BREAK_NOTE_ON + "  static std::mutex mutex;\n", "'mutex'|std::mutex",
        arguments=(*RULES, "-k", "no_forbidden_name and voices.cpp"),
    ),
    # fuzzers
    FuzzMutant(
        "queue holds one too many", "fuzz", CORE + "queue.h",
        "write - read_.load(std::memory_order_acquire) >= kCapacity",
        "write - read_.load(std::memory_order_acquire) > kCapacity",
        "deadly signal", fuzzer="queue",
    ),
    FuzzMutant(
        "message of any length", "fuzz", CORE + "midi_in.cpp",
        "if (length == 0 || bytes.size() != length) return false;",
        "if (length == 0) return false;",
        "AddressSanitizer: heap-buffer-overflow|FUZZ: ", fuzzer="jack",
    ),
    PythonMutant(
        "metadata of any type", "fuzz", "rtsynth/metadata.py",
        "WRONG: Final = (ValueError, KeyError, TypeError, OverflowError)",
        "WRONG: Final = (ValueError, KeyError)", "^(TypeError|OverflowError): .*",
        arguments=("-m", "tests.guards.fuzz_instrument", "-max_total_time=60", "-max_len=700",
                   "-len_control=0"),
    ),
    PythonMutant(
        "running status outlives sysex", "fuzz", "rtsynth/parser.py",
        "self._status = byte if byte <= SYSEX else 0", "self._status = byte",
        "^AssertionError",
        arguments=("-m", "tests.guards.fuzz_midi", "-max_total_time=60", "-max_len=700",
                   "-len_control=0"),
    ),
    FuzzMutant(
        "no limit to keys beside", "fuzz", CORE + "takes_search.cpp",
        "if (key < 0 || key >= kKeys) continue;", "if (key < -1) continue;",
        "AddressSanitizer|runtime error|deadly signal|Assertion",
    ),
)  # fmt: skip
