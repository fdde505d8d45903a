"""The one streaming backend: a request in, events out. Neither Gradio nor Starlette nor a field of a wire format enters
here."""

from glm_ui.backend.stream import Tap, stream_chat

__all__ = ["Tap", "stream_chat"]
