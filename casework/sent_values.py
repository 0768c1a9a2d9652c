"""How a value that was sent is told back to who sent it, in the list of what is wrong."""

from typing import Any


def shown(value: Any) -> Any:
    """Return it as problem documents show it: absent stays None, numbers are numbers, anything else is short text.

    >>> shown(7), shown(None), shown(["a"]), shown("x" * 90)[-3:]
    (7, None, "['a']", 'xxx')
    """
    return value if value is None or isinstance(value, bool | int) else str(value)[:60]
