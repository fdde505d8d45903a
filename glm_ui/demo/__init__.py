"""The offline provider: an httpx transport that plays an answer at true speed, through the same path as any
other.

Nothing here knows the page, the dialect's decoder or a key, and nothing goes to the network. No text pretends
to come from a model: every answer opens by saying that there is none.
"""

from glm_ui.demo.scripts import EXAMPLES, OPENING
from glm_ui.demo.transport import DemoTransport

__all__ = ["EXAMPLES", "OPENING", "DemoTransport"]
