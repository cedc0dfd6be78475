"""A generator as an ONNX file, which other programs run without torch.

The file's inputs are ``z`` (batch, latent_dim) float32 and, of a conditional generator, ``y``
(batch,) int64; its output is ``images`` (batch, C, H, W) float32 in [-1, 1]. The batch may have any
size. What the generator is stands in the file's metadata.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from gan_core.errors import GanError, MissingToolError
from gan_core.libraries import one_at_a_time
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator, save_generator

_PATIENCE, _LOOK_EVERY = 600.0, 0.2  # seconds
_NOT_HERE = (
    "ONNX files need the packages onnx and onnxscript, of which one is missing or broken here; "
    "install them with 'pip install onnx onnxscript'."
)


def to_onnx(opened_generator: OpenedGenerator) -> bytes:
    """The generator, in eval mode, as an ONNX file.

    While torch traces a network it changes settings of the whole process, among them what
    ``torch.compiler.is_compiling`` tells the optimizers: where something trains, use
    :func:`to_onnx_apart`.

    Raises:
        MissingToolError: onnx or onnxscript is missing.
    """
    try:
        with one_at_a_time:
            import onnx
            import onnxscript  # noqa: F401
    except (ImportError, OSError) as error:
        raise MissingToolError(_NOT_HERE) from error
    import torch

    generator = opened_generator.generator
    z, y = torch.zeros(2, generator.latent_dim), torch.zeros(2, dtype=torch.long)
    inputs = {"z": z, "y": y} if generator.n_classes else {"z": z}
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            generator,
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=["images"],
            dynamic_shapes=tuple({0: batch} for _ in inputs),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    model.producer_name = "GANscope"
    onnx.helper.set_model_props(model, _facts(opened_generator))
    content: bytes = model.SerializeToString()
    return content


def to_onnx_apart(
    opened_generator: OpenedGenerator, waiting: Callable[[float], None] = lambda seconds: None
) -> bytes:
    """The same, made in a process of its own, so that nothing in this one is disturbed.

    Args:
        waiting: called every moment with the seconds that have passed; what it raises ends the
            other process.

    Raises:
        GanError: it could not be made; the message says why.
    """
    root = Path(__file__).resolve().parents[2]
    paths = (str(root), os.environ.get("PYTHONPATH", ""))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "OMP_NUM_THREADS": "1",
    }
    with tempfile.TemporaryDirectory(prefix="onnx-") as scratch:
        folder = RunFolder(Path(scratch) / opened_generator.name)
        target, log = Path(scratch) / "generator.onnx", Path(scratch) / "log"
        folder.path.mkdir()
        folder.write_config(opened_generator.config, opened_generator.info)
        save_generator(folder, opened_generator.generator.state_dict())
        command = [sys.executable, "-m", "gan_core", "onnx", str(folder.path), "--out", str(target)]
        start = time.monotonic()
        with (
            log.open("wb") as words,
            subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=words
            ) as process,
        ):
            try:
                while process.poll() is None:
                    seconds = time.monotonic() - start
                    if seconds > _PATIENCE:
                        raise GanError(f"The ONNX file was not made within {_PATIENCE:.0f} s.")
                    waiting(seconds)
                    time.sleep(_LOOK_EVERY)
            finally:
                process.kill()
        if process.returncode or not target.is_file():
            lines = log.read_text("utf-8", "replace").strip().splitlines()
            reason = lines[-1] if lines else "the exporter ended early."
            raise GanError(f"The ONNX file could not be made: {reason}")
        return target.read_bytes()


def _facts(opened_generator: OpenedGenerator) -> dict[str, str]:
    """What the metadata of the file says of the generator."""
    config, info = opened_generator.config, opened_generator.info
    return {
        "name": opened_generator.name,
        "architecture": config.architecture,
        "objective": config.objective,
        "dataset": config.dataset,
        "latent_dim": str(config.latent_dim),
        "noise": config.noise,
        "image_shape": json.dumps(info.image_shape),
        "image_range": "[-1, 1]",
        "classes": json.dumps(info.classes if opened_generator.generator.n_classes else ()),
    }
