"""What all tests share."""

from __future__ import annotations

import os

# Tests train tiny networks, where a second thread waits more than it works. Read when torch is
# first imported, and passed on to the programs that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
