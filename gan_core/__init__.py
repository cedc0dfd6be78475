"""The library behind GANscope: recipes, networks, objectives, training, latent tools and runs.

In a notebook, ``import gan_core as gan`` gives ``gan.load``, ``gan.train`` and ``gan.resume``. The
first of them that is asked for loads torch.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_LATER = {
    "load": "gan_core.notebook.model",
    "Model": "gan_core.notebook.model",
    "train": "gan_core.notebook.training",
    "resume": "gan_core.notebook.training",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'gan_core' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_LATER]
