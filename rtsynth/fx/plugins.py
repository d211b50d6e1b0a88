"""Effects by what was written: those that are built into pedalboard, and VST3 plugins.

pedalboard is GPL-3 and may wait and take memory while it works, so it is optional, is loaded only
for a chain of effects, and never plays live.
"""

import difflib
import re
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from rtsynth.errors import RtsynthError, one_line, quiet_stderr
from rtsynth.fx.chain import Effect, Value

SUFFIX: Final = ".vst3"
# Containers and bases of plugins do nothing by themselves, and two effects need the whole sound.
_NO_EFFECTS: Final = {
    "AudioUnitPlugin", "Chain", "ExternalPlugin", "IIRFilter", "Mix", "Pedalboard", "Plugin",
    "PluginContainer", "VST3Plugin", "GSMFullRateCompressor", "PitchShift",
}  # fmt: skip
_SOUND_FILE: Final = "impulse_response_filename"


def pedalboard() -> ModuleType:
    """The host of the effects.

    Raises:
        RtsynthError: it is not installed, or cannot be loaded.
    """
    try:
        import pedalboard as host
    except ImportError as error:
        if error.name == "pedalboard":
            raise RtsynthError("--fx needs pedalboard: pip install 'rtsynth[fx]'") from error
        raise RtsynthError(f"--fx: pedalboard does not load: {one_line(error)}") from error
    return host


def built_in() -> dict[str, Any]:
    """Classes of the effects that need no plugin, by name."""
    host = pedalboard()
    kinds = {name: kind for name, kind in vars(host).items() if isinstance(kind, type)}
    return {
        name: kind
        for name, kind in sorted(kinds.items())
        if issubclass(kind, host.Plugin) and name[0].isupper() and name not in _NO_EFFECTS
    }


def is_plugin(effect: Effect) -> bool:
    """Whether it is the path of a plugin, and not built in."""
    return effect.name.lower().rstrip("/\\").endswith(SUFFIX)


def make(effect: Effect) -> Any:
    """One effect, set as it was written.

    Raises:
        RtsynthError: there is no such effect, or it does not take these settings.
    """
    if is_plugin(effect):
        return _plugin(Path(effect.name).expanduser(), dict(effect.settings))
    kinds = built_in()
    names = {name.lower(): name for name in kinds}
    name = names.get(effect.name.lower())
    if name is None:
        near = difflib.get_close_matches(effect.name.lower(), names, 1)
        hint = f"; did you mean {names[near[0]]}?" if near else ""
        raise RtsynthError(
            f"--fx: no effect is named {effect.name!r}{hint} There are {', '.join(kinds)}, "
            "and paths of VST3 plugins (.vst3)"
        )
    return _set_up(name, kinds[name], effect.settings)


def _set_up(name: str, kind: Any, settings: dict[str, Value]) -> Any:
    known = re.findall(r"(\w+): ", (kind.__init__.__doc__ or "").partition("\n")[0])[1:]
    _check_names(name, settings, known)
    values = {each: _choice(kind, value) for each, value in settings.items()}
    if _SOUND_FILE in values:
        _check_sound(name, values[_SOUND_FILE])
    try:
        return kind(**values)
    except TypeError as error:
        written = ", ".join(f"{each}={value}" for each, value in settings.items()) or "nothing"
        raise RtsynthError(f"--fx: {name} cannot be set to {written}") from error
    except (ValueError, RuntimeError) as error:
        raise RtsynthError(f"--fx: {name}: {one_line(error)}") from error


def _check_names(name: str, settings: dict[str, Value], known: list[str]) -> None:
    for each in settings:
        if each not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise RtsynthError(f"--fx: {name} has no setting {each!r}: {has}")


def _choice(kind: Any, value: Value) -> Any:
    """What a text stands for where an effect has choices by name."""
    for choices in vars(kind).values():
        if value in getattr(choices, "__members__", ()):
            return choices.__members__[value]
    return value


def _check_sound(name: str, path: Value) -> None:
    import soundfile

    try:
        soundfile.info(str(path))
    except (OSError, RuntimeError) as error:
        raise RtsynthError(f"--fx: {name}: {path} is no sound file that can be read") from error


def _plugin(path: Path, settings: dict[str, Value]) -> Any:
    """A VST3 plugin: `plugin` names one of several in a file, `state` is a .vstpreset file."""
    if not path.exists():
        raise RtsynthError(f"--fx: there is no plugin {path}")
    chosen, state = settings.pop("plugin", None), settings.pop("state", None)
    try:
        with quiet_stderr():  # plugins write to it
            plugin = pedalboard().VST3Plugin(str(path.absolute()), plugin_name=chosen)
    except (ImportError, ValueError, RuntimeError, TypeError) as error:
        raise RtsynthError(f"--fx: cannot load {path.name}: {one_line(error)}") from error
    if chosen is not None and plugin.name != chosen:
        raise RtsynthError(f"--fx: {path.name} has no plugin named {chosen!r}")
    if not plugin.is_effect:
        raise RtsynthError(f"--fx: {path.name} is an instrument, not an effect")
    if state is not None:
        _recall(plugin, path.name, Path(str(state)).expanduser())
    _check_names(path.name, settings, list(plugin.parameters))
    for name, value in settings.items():
        try:
            setattr(plugin, name, value)
        except (ValueError, TypeError, RuntimeError) as error:
            raise RtsynthError(f"--fx: {path.name}: {one_line(error)}") from error
    return plugin


def _recall(plugin: Any, name: str, state: Path) -> None:
    if not state.is_file():
        raise RtsynthError(f"--fx: {name}: there is no state {state}")
    try:
        plugin.load_preset(str(state))
    except (RuntimeError, ValueError, OSError) as error:
        raise RtsynthError(f"--fx: {name}: {state} is no state (.vstpreset) of it") from error
