"""The library behind GANscope: recipes, networks, objectives, training, latent tools and runs."""

import os

__version__ = "0.1.0"

# torch's threads wait for one another in a loop, and on a machine that is busy with other things
# keep the cores from those that they wait for. These let them wait only briefly: they are read when
# torch is loaded, and by every process that is started from here. What a person has set stays.
WAITING = {"GOMP_SPINCOUNT": "1000", "OMP_WAIT_POLICY": "PASSIVE"}
if not any(name in os.environ for name in WAITING):
    os.environ.update(WAITING)
