"""Where Gradio puts the files that visitors upload."""

from __future__ import annotations

from pathlib import Path

from gradio.utils import get_upload_folder


def upload_folder() -> Path:
    """It may not exist yet."""
    return Path(get_upload_folder())
