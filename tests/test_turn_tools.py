"""The tools of a turn: the calls that began, and the files that may be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glm_ui.errors import BadInput
from glm_ui.messages import ToolResult
from glm_ui.serving.uploads import Uploads
from glm_ui.tools import results
from glm_ui.tools.files import READ_FILE
from glm_ui.tools.tool import Running, ToolFailed
from glm_ui.ui.multimodal.attach import Carrier
from glm_ui.ui.turn.request import FileRef, Turn
from glm_ui.ui.turn.tools import Began, files_of


def test_keys_of_calls_that_began_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glm_ui.ui.turn.tools.MOST_KEYS", 2)
    began = Began()
    for key in "abc":
        began.add(key)
    assert began == {"b", "c"}


def turn_with(*files: FileRef) -> Turn:
    message = {"role": "user", "text": "Hi", "files": [file.model_dump() for file in files]}
    return Turn.model_validate({"visitor": "me", "model": "glm-4.6", "messages": [message]})


async def test_files_of_a_turn_have_names_of_their_own_and_are_read_once() -> None:
    asked = []

    async def text_of(visitor: str, file: FileRef) -> str:
        asked.append((visitor, file.id))
        return f"Text of {file.id}."

    same = FileRef(id="1", name="a.txt")
    turn = turn_with(same, same, FileRef(id="2", name="a.txt"), FileRef(url="https://x.example/b.pdf"))
    files = files_of(turn, text_of)
    assert [name for name, _ in files] == ["a.txt", "a.txt (2)", "https://x.example/b.pdf"]
    running = Running(files=files)
    for _ in range(2):
        assert (await READ_FILE.run({"name": "a.txt (2)"}, running)).text == "Text of 2."
    assert asked == [("me", "2")]


async def test_a_file_is_listed_read_in_pieces_and_searched(tmp_path: Path) -> None:
    (folder := tmp_path / "up").mkdir()
    words = "".join(f"Line {n}.\n" for n in range(9_000)) + "The harbour is closed in winter.\n"
    (folder / "log.txt").write_text(words)
    uploads = Uploads(folder)
    upload = uploads.add("me", str(folder / "log.txt"), "log.txt")
    carrier = Carrier(uploads)
    files = files_of(turn_with(FileRef(id=upload.id, name="log.txt")), carrier.text_of)
    running = Running(files=files)
    assert "- log.txt" in (await READ_FILE.run({}, running)).text
    first = (await READ_FILE.run({"name": "log.txt"}, running)).text
    assert first.startswith("Line 0.")
    assert "call again with start=20000" in first
    found = (await READ_FILE.run({"name": "log.txt", "find": "HARBOUR is"}, running)).text
    assert "The harbour is closed in winter." in found
    start = int(found.partition("start=")[2].partition(":")[0])
    assert "harbour" in (await READ_FILE.run({"name": "log.txt", "start": start}, running)).text
    many = (await READ_FILE.run({"name": "log.txt", "find": "line"}, running)).text
    assert many.count("\n") == 20
    assert "does not stand" in (await READ_FILE.run({"name": "log.txt", "find": "submarine"}, running)).text


async def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="no files"):
        await READ_FILE.run({"name": "a.txt"}, Running())
    carrier = Carrier(Uploads(tmp_path))
    running = Running(files=files_of(turn_with(FileRef(id="gone", name="a.txt")), carrier.text_of))
    with pytest.raises(ToolFailed, match=r"- a\.txt"):
        await READ_FILE.run({"name": "/etc/passwd"}, running)
    with pytest.raises(BadInput, match="no longer on the server"):
        await READ_FILE.run({"name": "a.txt"}, running)


def results_of(*calls: dict[str, Any], after: bool = True) -> list[tuple[str, str, bool]]:
    """(id, text, failed) of each result that the model gets; `after`: the person has asked again since."""
    said: list[dict[str, Any]] = [
        {"role": "user", "text": "Add."},
        {"role": "assistant", "calls": list(calls)},
    ]
    if after:
        said.append({"role": "user", "text": "Go on."})
    turn = Turn.model_validate({"model": "glm-4.6", "messages": said, "continues": not after})
    parts = [part for message in turn.request().messages for part in message.parts]
    return [(part.id, part.content, part.is_error) for part in parts if isinstance(part, ToolResult)]


def test_each_call_has_one_result_once_its_turn_is_over() -> None:
    whole = {"id": "1", "name": "add", "arguments": '{"a": 1}'}
    assert results_of(
        whole,
        whole | {"id": "2", "verdict": "began"},
        whole | {"id": "3", "verdict": "no"},
        whole | {"id": "4", "verdict": "once"},
        whole | {"id": "5", "result": "2"},
        whole | {"id": "6", "arguments": ""},
    ) == [
        ("1", results.NOT_RUN, True),
        ("2", results.UNKNOWN, True),
        ("3", results.refusal(""), True),
        ("4", results.NOT_RUN, True),
        ("5", "2", False),
        ("6", results.NOT_RUN, True),
    ]


@pytest.mark.parametrize("cut", ['{"a": ', "[1]", "nothing"])
def test_a_call_that_was_cut_off_while_it_was_written_has_no_result(cut: str) -> None:
    assert results_of({"id": "1", "name": "add", "arguments": cut}) == []


def test_a_call_of_an_answer_that_goes_on_has_no_result_yet() -> None:
    assert results_of({"id": "1", "name": "add", "arguments": "{}"}, after=False) == []
