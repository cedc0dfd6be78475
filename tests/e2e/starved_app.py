"""The app on a server that is starved: it sends to the browser only every half a second, while its
pages look for other tabs far more often than they do. Its trainings go slowly and leave the cores
to other tests."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import streamlit as st
import streamlit.runtime.runtime

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app import lifespan
from gan_core.training import job
from pages.shared.runs import other_tabs
from pages.shared.server import routes

streamlit.runtime.runtime.MESSAGE_FLUSH_INTERVAL_SECS = 0.5  # type: ignore[attr-defined]
other_tabs.LOOK_EVERY = 0.15
job.Wishes = partial(job.Wishes, pace=10.0)  # type: ignore[misc,assignment]
app = st.App("../../pages/main.py", lifespan=lifespan, routes=routes.ROUTES)
