"""The library behind GANscope: recipes, networks, objectives, training, latent tools and runs."""

__version__ = "0.1.0"
