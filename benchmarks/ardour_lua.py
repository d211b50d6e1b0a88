"""Lua for sessions of Ardour: what is done to `plugin`, and to the controls of `processor`."""

from collections.abc import Sequence


def choose_preset(name: str, gain: int, port: int, value: float) -> str:
    """Lua that chooses a preset as soon as the plugin lists it, and waits for what it moves.

    `gain` is the port of a knob that is touched meanwhile: a plugin may say then what is new.
    """
    waiting = [
        f"local gain = {_control(gain)}",
        f"local moved = {_control(port)}",
        "local preset, chosen",
        "for i = 1, 3000 do",
        "  gain:set_value(gain:get_value(), PBD.GroupControlDisposition.NoGroup)",
        f'  preset = preset or plugin:preset_by_label("{name}")',
        "  chosen = chosen or preset and plugin:load_preset(preset)",
        f"  if chosen and math.abs(moved:get_value() - {value}) < 1e-3 then break end",
        "  ARDOUR.LuaAPI.usleep(10000)",
        "end",
        f'assert(math.abs(moved:get_value() - {value}) < 1e-3, "no preset {name}")',
    ]
    return "do\n" + "\n".join(waiting) + "\nend\n"


def set_value(port: int, value: float) -> str:
    """Lua that moves a knob, by the index of its port."""
    moving = f"control:set_value({value}, PBD.GroupControlDisposition.NoGroup)"
    return _with_control(port, [moving])


def print_value(port: int) -> str:
    """Lua that prints `port = value`."""
    return _with_control(port, [f'print("{port} =", control:get_value())'])


def automate(port: int, points: Sequence[tuple[float, float]], rate_hz: int = 48_000) -> str:
    """Lua that writes automation (seconds, value) of a port, and has it played."""
    lines = ["local list = control:alist():list()"]
    lines += [
        f"list:add(Temporal.timepos_t({round(at_s * rate_hz)}), {value}, false, true)"
        for at_s, value in points
    ]
    return _with_control(port, [*lines, "control:set_automation_state(ARDOUR.AutoState.Play)"])


def _with_control(port: int, lines: Sequence[str]) -> str:
    head = [f"local control = {_control(port)}"]
    head += [f'assert(not control:isnil(), "no control {port}")']
    return "do\n" + "\n".join([*head, *lines]) + "\nend\n"


def _control(port: int) -> str:
    which = f"Evoral.Parameter(ARDOUR.AutomationType.PluginAutomation, 0, {port})"
    return f"processor:to_automatable():automation_control({which}, false)"
