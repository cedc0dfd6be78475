"""Libraries that are loaded when they are first needed: by one thread at a time.

Their modules import one another in circles. Where two threads load them at once, from two ends of a
circle, each waits for the other; Python breaks that by letting one of them go on with a module that
is not complete, and what it does with it fails.
"""

from __future__ import annotations

import threading

one_at_a_time = threading.RLock()  # held around such an import
