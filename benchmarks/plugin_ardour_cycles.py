"""Cycles of the plugin in Ardour without a window: one process that opens a session many times.

Nothing is exported: Ardour 7.3 now and then crashes where it takes an export apart, in libsndfile's
memory. Exports are `bounce.py`'s, each in a process of its own.
"""

import subprocess
from pathlib import Path
from typing import Final

from benchmarks import ardour
from benchmarks.bounce import write_piece
from benchmarks.plugin_cycles import Held
from benchmarks.plugin_host_watch import Watch
from benchmarks.plugin_products import Product

SONG_S: Final = 2.0
END: Final = "closed"
# A cycle: the session is loaded; some of its doings, in random order; saved or not; closed.
_CYCLES: Final = """
math.randomseed(1)

local function chance(share) return math.random() < share end

local function control(processor)
  local number = math.random(0, processor:to_insert():plugin(0):parameter_count() - 1)
  local which = Evoral.Parameter(ARDOUR.AutomationType.PluginAutomation, 0, number)
  return processor:to_automatable():automation_control(which, false)
end

local function turn(session, track, processor)
  local turned = control(processor)
  if turned:isnil() then return end -- an output
  local at = turned:lower() + math.random() * (turned:upper() - turned:lower())
  turned:set_value(at, PBD.GroupControlDisposition.NoGroup)
end

local function automate(session, track, processor)
  local automated = control(processor)
  if automated:isnil() then return end
  local list = automated:alist():list()
  list:clear_list()
  local low, high = automated:lower(), automated:upper()
  for i = 0, math.random(1, 20) do
    list:add(Temporal.timepos_t(i * 2000), low + math.random() * (high - low), false, true)
  end
  automated:set_automation_state(ARDOUR.AutoState.Play)
end

local function roll(session)
  session:goto_start(false)
  session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
  ARDOUR.LuaAPI.usleep(math.random(1000, 200000))
  session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
end

local function preset(session, track, processor)
  local plugin = processor:to_insert():plugin(0)
  local found = plugin:preset_by_label("cathedral-organ")
  if found then plugin:load_preset(found) end
end

local function exchange(session, track, processor)
  local kind = ARDOUR.PluginType.{format}
  local fresh = ARDOUR.LuaAPI.new_plugin(session, "{plugin}", kind, "")
  assert(not fresh:isnil(), "no plugin {plugin}")
  assert(track:replace_processor(processor, fresh, nil) == 0, "not exchanged")
end

local doings = {{ turn, turn, automate, automate, roll, roll, preset, exchange }}

for cycle = 1, {count} do
  local session = load_session("{folder}", "{name}")
  assert(session, "no session")
  local track = session:route_by_name("{track}")
  for i = 0, math.random(0, 4) do
    doings[math.random(#doings)](session, track, track:nth_plugin(0))
  end
  if chance(0.7) then session:save_state("") end
  session, track = nil, nil
  collectgarbage() collectgarbage() -- what Lua holds of a session would outlive it
  close_session()
  io.write("{end_mark}\\n")
  io.flush()
  io.read("l") -- what it holds is looked at meanwhile
end
"""


def cycles(product: Product, kind: str, count: int, watch: Watch, folder: Path) -> None:
    """Load, turn, automate, play, bounce, exchange, save, close; `count` times.

    Args:
        kind: "LV2" or "VST3".

    Raises:
        ardour.ArdourError: it crashed, or something failed in it.
    """
    bundle = product.vst3 if kind == "VST3" else None
    session = ardour.Session(folder / "song", product.known_as(kind), kind, bundle=bundle)
    song = folder / "song.mid"
    write_piece(song, SONG_S)
    session.make(song, SONG_S)
    script = folder / "cycles.lua"
    script.write_text(_CYCLES.format(
        format=kind, plugin=session.plugin, count=count, folder=session.folder, name=session.name,
        track=ardour.TRACK, end_mark=END,
    ))  # fmt: skip
    log = folder / "said"
    with log.open("w") as errors, subprocess.Popen(
        ["ardour7-lua", str(script)], env=session.environment, text=True, errors="replace",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
    ) as host:  # fmt: skip
        said = _follow(host, watch)
    if host.returncode != 0 or len(watch.hosts) != count:
        text = "".join(said[-20:]) + log.read_text(errors="replace")[-1000:]
        raise ardour.ArdourError(f"cycle {len(watch.hosts)}: {host.returncode}: {text}")


def _follow(host: "subprocess.Popen[str]", watch: Watch) -> list[str]:
    """Look at it behind each cycle, until it ends; returns what else it said."""
    assert host.stdin is not None
    assert host.stdout is not None
    said = []
    for line in host.stdout:
        if line.strip() != END:
            said.append(line)
            continue
        watch.look(Held.of(host.pid))
        host.stdin.write("\n")
        host.stdin.flush()
    return said
