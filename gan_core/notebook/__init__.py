"""The library in a notebook: ``import gan_core as gan``. What is made shows itself as a picture."""
