from __future__ import annotations

from gan_core.runs.folder import RunFolder
from gan_core.runs.status import Phase
from tests.gan_core import helpers


def test_a_run_is_a_folder_of_known_files(run: RunFolder) -> None:
    names = sorted(p.relative_to(run.path).as_posix() for p in run.path.rglob("*") if p.is_file())
    assert [name for name in names if name != ".lock"] == [
        "config.json",
        "generator.safetensors",
        "metrics.jsonl",
        "quality.jsonl",
        "samples/000000.png",
        "samples/000005.png",
        "samples/000010.png",
        "samples/real.png",
        "states/000000.pt",
        "states/000000.safetensors",
        "states/000005.pt",
        "states/000005.safetensors",
        "status.json",
        "training.pt",
    ]
    assert run.config() == helpers.tiny_config()
    assert run.info().image_shape == (1, 8, 8)
    assert run.info().dataset_size == 40
    assert run.status().phase is Phase.FINISHED
    assert run.status().step == 10
    assert run.grids() == [0, 5, 10]
    assert run.resumable
    assert run.size() > 100_000
