"""The feature maps: their Python, JavaScript and CSS."""
