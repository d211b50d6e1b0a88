"""Every line that the plugin and its server can say stands in docs/plugin.md, explained."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = " ".join((ROOT / "docs" / "plugin.md").read_text(encoding="utf-8").split())
# Names and descriptions, and a part of another line.
NOT_SAID = {"A neural instrument that is played live", "Presets of your own", "As in the project",
            "the state was loaded", "it has no name"}  # fmt: skip
TOOLS = {"lv2_ttl.cpp"}  # writes files at build time
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
LEAST_WORDS = 4  # of a C++ text that is a sentence


def of_plugin(path: Path) -> list[str]:
    """Sentences in a C++ file; neighbouring literals are one."""
    code = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
    code = re.sub(r'"\s*\n\s*"', "", code)
    return [text for text in LITERAL.findall(code)
            if len(text.split()) >= LEAST_WORDS and text not in NOT_SAID]  # fmt: skip


def of_server(path: Path) -> list[str]:
    """The longest constant part of each line that a module says or raises."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name not in ("say", "_say", "RtsynthError"):
            continue
        pieces = getattr(node.args[0], "values", node.args[:1])  # of an f-string, or it itself
        parts = [each.value for each in pieces if isinstance(each, ast.Constant)]
        found.append(max((str(part).strip(" ()") for part in parts), key=len, default=""))
    return [text for text in found if text.strip(":")]


SAID = [
    (path.name, text)
    for path in sorted((ROOT / "rtsynth" / "plugin").glob("*.cpp"))
    if path.name not in TOOLS
    for text in of_plugin(path)
] + [
    (path.name, text)
    for path in sorted((ROOT / "rtsynth" / "serve").glob("*.py"))
    for text in of_server(path)
]


@pytest.mark.parametrize(("file", "text"), SAID)
def test_what_is_said_is_explained(file: str, text: str) -> None:
    assert " ".join(text.split()) in PAGE, f"{file}: explain it in docs/plugin.md"


def test_lines_are_found() -> None:
    lines = {text for _, text in SAID}
    assert "this state is damaged: nothing was changed" in lines
    assert "another user tried to connect: refused" in lines
    assert "went away: what is there plays on" in "".join(lines)
