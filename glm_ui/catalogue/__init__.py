"""What GLM models there are, who serves them, what a typed name means: load() and resolve(), nothing else."""

from glm_ui.catalogue.custom import CustomServer
from glm_ui.catalogue.resolution import Resolution, Step, resolve
from glm_ui.catalogue.tables import BadCatalogue, Catalogue, load

__all__ = ["BadCatalogue", "Catalogue", "CustomServer", "Resolution", "Step", "load", "resolve"]
