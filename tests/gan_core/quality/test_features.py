"""Features of real images, and their cache."""

from __future__ import annotations

from pathlib import Path

import torch

from gan_core.quality import features


def test_features_are_computed_once_and_a_bad_cache_anew(tmp_path: Path) -> None:
    calls = []

    def compute() -> dict[str, torch.Tensor]:
        calls.append(1)
        return {"a": torch.ones(3)}

    for _ in range(2):
        assert features.from_cache(tmp_path, "x", {"a": (3,)}, compute)["a"].tolist() == [1, 1, 1]
    assert len(calls) == 1
    path = tmp_path / features.CACHE / "x.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    features.from_cache(tmp_path, "x", {"a": (3,)}, compute)
    assert len(calls) == 2
    features.from_cache(tmp_path, "x", {"a": (4,)}, compute)
    assert len(calls) == 3
    (tmp_path / "file").write_text("")
    assert features.from_cache(tmp_path / "file", "x", {"a": (3,)}, compute)["a"].sum() == 3
