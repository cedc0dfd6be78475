from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch.onnx._internal.exporter import _registration

from gan_core.errors import GanError, MissingToolError
from gan_core.networks.table import ARCHITECTURES
from gan_core.runs import onnx
from gan_core.runs.generators import OpenedGenerator, find_checkpoint, open_generator
from tests.gan_core.runs.random_generator import random_generator

TOLERANCE = 1e-4


@pytest.fixture(scope="module", autouse=True)
def _operators_are_listed_once() -> Iterator[None]:
    """Each export would list the operators that can be written anew: 0.4 s, for the same list."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(_registration.ONNXRegistry.from_torchlib)
        patch.setattr(_registration.ONNXRegistry, "from_torchlib", staticmethod(once))
        yield


def compare(content: bytes, opened_generator: OpenedGenerator) -> None:
    """The file draws what the generator draws, of one vector and of three."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    random = torch.Generator().manual_seed(5)
    n_classes = opened_generator.generator.n_classes
    assert [entry.name for entry in session.get_inputs()] == ["z", "y"][: 1 + bool(n_classes)]
    assert [entry.name for entry in session.get_outputs()] == ["images"]
    assert session.get_inputs()[0].shape == ["batch", opened_generator.generator.latent_dim]
    values = []
    for count in (1, 3):
        z = torch.randn(count, opened_generator.generator.latent_dim, generator=random)
        y = torch.arange(count) % n_classes if n_classes else None
        with torch.no_grad():
            reference = opened_generator.generator(z, y).numpy()
        inputs = {"z": z.numpy()} | ({} if y is None else {"y": y.numpy()})
        (images,) = session.run(["images"], inputs)
        assert images.shape == reference.shape
        values += [*reference.flat]
        np.testing.assert_allclose(images, reference, rtol=0, atol=TOLERANCE)
    assert np.std(values) > 1e-4  # else anything would pass


@pytest.fixture(scope="module")
def export_once() -> Callable[[OpenedGenerator], bytes]:
    """The file of a generator: one where two architectures differ in their critics alone."""
    files: dict[str, bytes] = {}

    def export(opened_generator: OpenedGenerator) -> bytes:
        layers = str(opened_generator.generator)
        if layers not in files:
            files[layers] = onnx.to_onnx(opened_generator)
        return files[layers]

    return export


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture(
    architecture: str, export_once: Callable[[OpenedGenerator], bytes]
) -> None:
    """With classes: the label joins z before the first layer, and the layers are the same without,
    which the shipped generators have."""
    opened_generator = random_generator(architecture, ("zero", "one", "two"))
    compare(export_once(opened_generator), opened_generator)


def facts(content: bytes) -> Mapping[str, str]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    properties: Mapping[str, str] = session.get_modelmeta().custom_metadata_map
    return properties


@pytest.mark.parametrize("name", ["dcgan-mnist", "cgan-mnist"])
def test_shipped_generators(name: str) -> None:
    opened_generator = open_generator(find_checkpoint(name))
    content = onnx.to_onnx(opened_generator)
    compare(content, opened_generator)
    properties = facts(content)
    assert properties["name"] == name
    assert properties["latent_dim"] == str(opened_generator.config.latent_dim)
    assert properties["noise"] == "normal"
    assert json.loads(properties["image_shape"]) == [1, 28, 28]
    digits = [str(digit) for digit in range(10)]
    assert json.loads(properties["classes"]) == (digits if name == "cgan-mnist" else [])


def test_made_apart_it_is_the_same_and_leaves_this_process_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened_generator = random_generator("mlp-small")
    random, weights = torch.get_rng_state(), opened_generator.generator.state_dict()
    before = {name: tensor.clone() for name, tensor in weights.items()}
    waits: list[float] = []
    monkeypatch.delattr(torch.onnx, "export")  # it must not be called here
    content = onnx.to_onnx_apart(opened_generator, waits.append)
    compare(content, opened_generator)
    assert facts(content)["name"] == "tiny"
    assert waits and waits == sorted(waits)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(before[name], tensor) for name, tensor in weights.items())


def test_who_waits_can_stop_it() -> None:
    class Stopped(BaseException):
        pass

    def stop(seconds: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        onnx.to_onnx_apart(random_generator("mlp-small"), stop)


def test_a_failure_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no room' >&2\nexit 2\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(GanError, match=r"^The ONNX file could not be made: no room$"):
        onnx.to_onnx_apart(random_generator("mlp-small"))


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_without_a_package_it_says_which(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingToolError, match="pip install onnx onnxscript"):
        onnx.to_onnx(random_generator("mlp-small"))
