"""A request that was sent: `read_sent` gives it as it can be read, `snippets` as code that sends it again."""

from glm_ui.inspection.snippets.request import Exact, Media, read_sent
from glm_ui.inspection.snippets.writers import Snippet, snippets

__all__ = ["Exact", "Media", "Snippet", "read_sent", "snippets"]
