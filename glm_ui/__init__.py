"""GLM UI: a web chat for GLM models that streams thinking and answer apart."""

__version__ = "0.1.0"
