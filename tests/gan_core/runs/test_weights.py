"""Files of weights from elsewhere, and what is no such file: nothing in it is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save
from torch import nn

from gan_core.errors import CheckpointError
from gan_core.runs import weights
from gan_core.runs.weights import critic_of, generator_of, read_weights, single


def saved(value: Any, *, old: bool = False) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=not old)
    return buffer.getvalue()


NETWORK = nn.Sequential(nn.Linear(3, 2))
STATE = dict(NETWORK.state_dict())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pth", saved(STATE)),
        ("a.PT", saved(STATE, old=True)),
        ("a.safetensors", save(STATE)),
        ("a.pt", saved({"epoch": 3, "state_dict": STATE, "losses": [1.0, 2.0]})),
        ("a.pt", saved({f"module.{name}": tensor for name, tensor in STATE.items()})),
        ("a.pt", saved({"netG": STATE, "netD": {"main": STATE}, "optimizer": {"lr": 0.1}})),
    ],
)
def test_a_generator_is_found(name: str, content: bytes) -> None:
    generator = generator_of(read_weights(name, content))
    assert list(generator) == ["0.weight", "0.bias"] or set(generator) == {"0.weight", "0.bias"}
    assert torch.equal(generator["0.weight"], STATE["0.weight"])


def test_both_networks_in_one_file() -> None:
    critic = {"head.weight": torch.ones(1)}
    averaged = {"0.weight": torch.ones(1)}
    both = {"generator": {"state_dict": STATE}, "discriminator": critic}
    tensors = read_weights("a.pt", saved({**both, "epoch": 1}))
    assert set(generator_of(tensors)) == set(STATE)
    assert critic_of(tensors) == critic
    assert critic_of(read_weights("a.pt", saved(STATE))) is None
    assert single(read_weights("a.pt", saved({"netD": critic}))) == critic
    tensors = read_weights("a.pt", saved({**both, "averaged": averaged}))
    assert generator_of(tensors) == averaged
    flat = {"generator.0.weight": torch.ones(1), "discriminator.head.weight": torch.ones(1)}
    tensors = read_weights("a.pt", saved(flat))
    assert (generator_of(tensors), critic_of(tensors)) == (averaged, critic)


def test_a_part_of_a_network_that_is_called_critic_is_no_critic() -> None:
    ours = {"critic.head.weight": torch.ones(1), "planes.weight": torch.ones(2)}
    assert set(single(read_weights("a.pt", saved(ours)))) == set(ours)
    both = saved({"generator": STATE, "critic": ours})
    assert set(critic_of(read_weights("a.pt", both)) or {}) == set(ours)


class Code:
    """What a pickle with code looks like."""

    def __reduce__(self) -> Any:
        return os.system, ("touch was-run",)


class Huge:
    """What is as large as the file says."""

    def __reduce__(self) -> Any:
        return bytearray, (3_000_000_000,)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    ("value", "what"),
    [
        (NETWORK, "torch.nn.modules.container.Sequential"),
        ({"a": Code()}, "posix.system"),
        ({"a": Huge()}, "__builtin__.bytearray"),
    ],
)
def test_a_pickle_of_anything_else_is_refused_unopened(
    value: object, what: str, old: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError) as caught:
        read_weights("netG.pth", saved(value, old=old))
    sentence, *lines = str(caught.value).splitlines()
    assert sentence.startswith(f"netG.pth holds more than weights ({what}")
    assert [line.strip() for line in lines] == [
        "model = torch.load('netG.pth', weights_only=False)",
        "torch.save(model.state_dict(), 'weights.pt')",
    ]
    assert not Path("was-run").exists()


def test_bare_pickles_are_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for protocol in (0, 2, 4):
        with pytest.raises(CheckpointError, match=r"holds more than weights|damaged"):
            read_weights("a.pt", pickle.dumps(Code(), protocol))
    assert not Path("was-run").exists()


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    """A zip of torch's with other bytes in its pickle."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(sink, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("data.pkl"):
                assert old in data
                data = data.replace(old, new)
            target.writestr(name, data)
    return sink.getvalue()


def bomb() -> bytes:
    """A zip of torch's with a tensor of 200 MB that is packed into little."""
    sink = io.BytesIO()
    packed = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(io.BytesIO(saved(STATE))) as source, packed as target:
        for name in source.namelist():
            large = name.endswith("data/0")
            target.writestr(name, bytes(200_000_000) if large else source.read(name))
    return sink.getvalue()


def header(**changes: Any) -> bytes:
    """A safetensors file whose header says otherwise."""
    content = save(STATE)
    (length,) = struct.unpack("<Q", content[:8])
    values = json.loads(content[8 : 8 + length])
    values["0.weight"] |= changes
    text = json.dumps(values).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


THREE_GB = struct.pack("<i", 800_000_000)
SHAPE = b"K\x02K\x03\x86q\x08K\x03K\x01\x86"  # of 2 x 3, with steps of 3 and 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pt", b""),
        ("a.pt", b"no weights at all"),
        ("a.pt", saved(STATE)[:-300]),
        ("a.pt", saved(STATE)[:200]),
        ("a.pt", saved(STATE, old=True)[:-10]),
        ("a.pt", saved(STATE, old=True)[:60]),
        ("a.pt", bomb()),
        ("a.pt", replaced(saved(STATE), SHAPE, b"K\x01J" + THREE_GB + b"\x86q\x08K\x01K\x01\x86")),
        (
            "a.pt",
            saved(STATE, old=True).replace(struct.pack("<q", 6), struct.pack("<q", 8 * 10**8)),
        ),
        ("a.safetensors", b""),
        ("a.safetensors", save(STATE)[:-4]),
        ("a.safetensors", struct.pack("<Q", 3 * 10**9) + save(STATE)[8:]),
        ("a.safetensors", header(shape=[8 * 10**8], data_offsets=[8, 8 + 32 * 10**8])),
        ("a.safetensors", saved(STATE)),
    ],
)
def test_damage_is_a_sentence(name: str, content: bytes) -> None:
    with pytest.raises(CheckpointError, match=f"^{name} is damaged or no ") as caught:
        read_weights(name, content)
    assert len(str(caught.value).splitlines()) == 1


def test_other_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CheckpointError, match=r"must end in .safetensors, .pt or .pth"):
        read_weights("model.pkl", b"")
    for empty in ({}, {"epoch": 1}, [torch.ones(1)]):
        with pytest.raises(CheckpointError, match="holds no weights"):
            read_weights("a.pt", saved(empty))
    monkeypatch.setattr(weights, "MAX_ARCHIVE_BYTES", 2**20)
    with pytest.raises(CheckpointError, match="is larger than 1 MiB"):
        read_weights("a.pt", bytes(2**20 + 1))
