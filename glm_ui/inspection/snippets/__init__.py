"""A request that was sent: as it can be read, and as code that sends it again. `read` and `snippets`, nothing else."""

from glm_ui.inspection.snippets.request import Exact, Media, read
from glm_ui.inspection.snippets.writers import Snippet, snippets

__all__ = ["Exact", "Media", "Snippet", "read", "snippets"]
