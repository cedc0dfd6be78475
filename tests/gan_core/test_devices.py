from __future__ import annotations

import pytest
import torch

from gan_core import devices
from gan_core.devices import choose_device
from gan_core.errors import ConfigError


def test_devices_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == choose_device("cpu").type == "cpu"
    assert devices.device_name(choose_device("cpu")) == "CPU, 1 thread"
    with pytest.raises(ConfigError, match="device is 'cuda', but torch finds no GPU"):
        choose_device("cuda")
    with pytest.raises(ConfigError, match="device is 'tpu'; choose one of auto, cpu, cuda"):
        choose_device("tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == "cuda"
    assert choose_device("cpu").type == "cpu"
