"""What the page says around an answer that is read: previews, code, tables, finding, comparing, sharing."""

from __future__ import annotations

from typing import Any

READING: dict[str, Any] = {
    "preview": "Preview",
    "preview_close": "Close the preview",
    "preview_reload": "Start again",
    "preview_stop": "Stop",
    "preview_open": "Open in a new tab",
    "preview_download": "Download",
    "preview_busy": "The preview does not answer. It may be in an endless loop.",
    "preview_hung": "Stopped: it did not answer for half a minute.",
    "preview_flood": "Stopped: it flooded this page with messages.",
    "preview_stopped": "Stopped.",
    "preview_apart": "A model made this page. It runs apart from GLM UI and reaches nobody.",
    "copied": "Copied",
    "not_copied": "The browser did not let this be copied.",
    "copy_formatted": "Copy with formatting",
    "copy_plain": "Copy as plain text",
    "table_formatted": "Copy with formatting",
    "table_csv": "Copy as CSV",
    "table_markdown": "Copy as Markdown",
    "table_save": "Save as CSV",
    "code_wrap": "Wrap long lines",
    "code_unwrap": "Do not wrap lines",
    "code_number": "Number the lines",
    "code_unnumber": "Hide line numbers",
    "diagram_save": "Save the picture (SVG)",
    "version": "Version {n} of {all}",
    "version_before": "Earlier version",
    "version_after": "Later version",
    "console": "Console",
    "console_empty": "Nothing yet.",
    "console_blocked": "Refused, because previews have no network: {address}",
    "console_left": "{n} more lines are left out.",
}
