"""Settings in a file of TOML or JSON, as a person writes it or a run keeps it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from gan_core.config import TrainConfig
from gan_core.errors import ConfigError, first_line
from gan_core.files import dump_json, is_file, parse_json

KINDS = (".toml", ".json")
_RUN = "run"  # in a run's config.json: what it was made of, beside the settings


def read_settings(path: Path) -> tuple[dict[str, Any], bool]:
    """The settings in a file by name, and whether it is a run's config.json, which states all that
    it was trained with.

    Raises:
        ConfigError: there is no such file, or it holds no settings.
        OSError: it cannot be read.
    """
    if path.suffix.lower() not in KINDS:
        raise ConfigError(f"config is '{path}'; its name must end in {' or '.join(KINDS)}.")
    if not is_file(path):
        raise ConfigError(f"config is '{path}', but there is no such file.")
    try:
        if path.suffix.lower() == ".toml":
            values = tomllib.loads(path.read_text("utf-8-sig"))
        else:
            values = parse_json(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read ({first_line(error)}).") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds no settings by name.")
    is_run = isinstance(values.pop(_RUN, None), dict)
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ConfigError(f"{path}: {name} is {value!r}; it must be a number or a text.")
    return values, is_run


def settings_text(config: TrainConfig, kind: str) -> str:
    """All settings as a file of that kind, one of :data:`KINDS`, holds them."""
    values = config.to_dict()
    if kind == ".json":
        return dump_json(values)
    return "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())


def _toml(value: str | float) -> str:
    if not isinstance(value, str):
        return repr(value)
    # A JSON text is a TOML text too, but for the one control character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
