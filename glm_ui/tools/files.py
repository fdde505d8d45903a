"""Reads the files of the conversation: all of a long document, piece by piece, or the places where a phrase stands."""

from __future__ import annotations

from typing import Any

from glm_ui.media import worker
from glm_ui.tools.documents import piece_of, places_of
from glm_ui.tools.tool import BUILT_IN, Outcome, Running, Tool, ToolFailed


async def _run(arguments: dict[str, Any], running: Running) -> Outcome:
    names = [name for name, _ in running.files]
    if not names:
        raise ToolFailed("This conversation has no files.")
    listed = "\n".join(f"- {name}" for name in names)
    wanted = str(arguments.get("name") or "")
    if not wanted:
        return Outcome(f"The files of this conversation:\n{listed}")
    read = next((read for name, read in running.files if name == wanted), None)
    if read is None:
        raise ToolFailed(f"There is no file of that name. The files of this conversation:\n{listed}")
    worker.visitor.set(running.visitor)
    text = await read()
    if phrase := str(arguments.get("find") or "").strip():
        return Outcome(places_of(text, phrase) or "The phrase does not stand in this file.")
    return Outcome(piece_of(text, arguments.get("start")))


READ_FILE = Tool(
    BUILT_IN,
    "read_file",
    "Reads a document of this conversation as text, also what did not fit into the question: the whole file in pieces, "
    "or the places where a phrase stands. Without a name it lists the files.",
    {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "The file's name"},
            "start": {"type": "integer", "description": "Character to go on from, for a long file"},
            "find": {"type": "string", "description": "A phrase: gives the places where it stands"},
        },
    },
    _run,
    "Read a file",
    writes=False,
    open_world=True,
    trusted=True,
)
