"""What a component is sent."""

from __future__ import annotations

from typing import Any


def message(**values: Any) -> dict[str, Any]:
    """The data of a component, by the names that its script knows them by.

    Streamlit takes each list and dict among them for a table that may be, with every rerun, for
    which it loads pandas (0.3 s). A tuple it sends as it is, and the script gets an array.
    """
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
