"""The app, with a training that begins as soon as its server does."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app import lifespan
from gan_core.config import TrainConfig
from pages.shared.server import process, routes

process.trainings().start(
    [
        TrainConfig.from_dict(
            {
                "dataset": "digits",
                "architecture": "mlp-small",
                "steps": 1_000_000,
                "log_every": 3,
                "save_every": 1_000_000,
            }
        )
    ]
)
app = st.App("../../pages/main.py", lifespan=lifespan, routes=routes.ROUTES)
