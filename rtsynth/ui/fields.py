"""What a page sends, read with distrust: JSON objects with fields of a kind and a range."""

import json
import math
from typing import Any, Final

from rtsynth.errors import RtsynthError

MOST_TEXT: Final = 200  # characters
MOST_LINES: Final = 12_000  # characters of a small file
Order = dict[str, Any]


def parse(text: str) -> Order:
    """A message as an object with a name under "do".

    Raises:
        RtsynthError: it is something else.
    """
    try:
        order = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RtsynthError("a message is not JSON") from error
    if not isinstance(order, dict) or not isinstance(order.get("do"), str):
        raise RtsynthError('a message is an object with a name under "do"')
    return order


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def whole(order: Order, field: str, low: int, high: int) -> int:
    """A whole number within a range, both ends included.

    Raises:
        RtsynthError: it is missing or something else.
    """
    value = order.get(field)
    if type(value) is not int or not low <= value <= high:
        raise RtsynthError(f"'{field}' is a whole number from {low} to {high}")
    return value


def number(order: Order, field: str) -> float:
    """A finite number.

    Raises:
        RtsynthError: it is missing or something else.
    """
    value = order.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < math.inf:
        raise RtsynthError(f"'{field}' is a number")
    try:
        return float(value)
    except OverflowError as error:
        raise RtsynthError(f"'{field}' is too large a number") from error


def words(order: Order, field: str) -> str:
    """A short text in one line, without what cannot be seen.

    Raises:
        RtsynthError: it is missing, empty, too long or something else.
    """
    value = order.get(field)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise RtsynthError(f"'{field}' is a text in one line")
    if len(value) > MOST_TEXT:
        raise RtsynthError(f"'{field}' has {MOST_TEXT} characters at most")
    return value.strip()


def lines(order: Order, field: str, most: int) -> str:
    """A text of several lines, of so many characters at most.

    Raises:
        RtsynthError: it is missing, too long or something else.
    """
    value = order.get(field)
    if not isinstance(value, str):
        raise RtsynthError(f"'{field}' is a text")
    if len(value) > most:
        raise RtsynthError(f"'{field}' has {most} characters at most")
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")  # half of a pair is none
    return value


def flag(order: Order, field: str) -> bool:
    """True or false.

    Raises:
        RtsynthError: it is missing or something else.
    """
    value = order.get(field)
    if not isinstance(value, bool):
        raise RtsynthError(f"'{field}' is true or false")
    return value
