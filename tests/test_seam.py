"""The seam takes out what a continuation repeats, and nothing else, wherever it is cut."""

from __future__ import annotations

import pytest

from glm_ui.protocol.continuation import Seam

PARTIAL = "The capital of France is Paris. It lies on the river"


def joined(partial: str, *pieces: str, continues_by_prompt: bool = True) -> str:
    seam = Seam(partial, continues_by_prompt=continues_by_prompt)
    return partial + "".join([*map(seam.feed, pieces), seam.close()])


CASES = [
    pytest.param(PARTIAL, " Seine.", " Seine.", id="nothing repeated"),
    pytest.param(PARTIAL, PARTIAL + " Seine.", " Seine.", id="the whole answer repeated"),
    pytest.param(PARTIAL, "\n" + PARTIAL + " Seine.", " Seine.", id="repeated after a blank line"),
    pytest.param(PARTIAL, "It lies on the river Seine.", " Seine.", id="the last sentence repeated"),
    pytest.param(PARTIAL, "the river Seine.", " Seine.", id="the last words repeated"),
    pytest.param("Do it in a", "in a while.", " while.", id="a short run of whole words"),
    pytest.param("We can", "can do.", "can do.", id="one short word alike is chance"),
    pytest.param("so that is", "issue one", "issue one", id="letters alike are chance"),
    pytest.param("| --- | --- |\n| --- |", " --- | --- |", " --- | --- |", id="the dashes of a table"),
    pytest.param("First.\n\n", "\n\nSecond.", "Second.", id="the blank line at the seam stands already"),
    pytest.param("First.", "\n\nSecond.", "\n\nSecond.", id="a blank line that is new is kept"),
    pytest.param("今天天气很好,我们去公园", "我们去公园散步吧。", "散步吧。", id="Chinese"),
    pytest.param("", "All of it.", "All of it.", id="nothing stood yet"),
    pytest.param(PARTIAL, PARTIAL, "", id="only a repetition"),
    pytest.param(PARTIAL, "", "", id="nothing came"),
    pytest.param("x = 1\n    return", "    return x", " x", id="indented code repeated"),
]


@pytest.mark.parametrize(("partial", "text", "expected"), CASES)
def test_what_repeats_is_taken_out_at_every_cut(partial: str, text: str, expected: str) -> None:
    whole = partial + expected
    assert joined(partial, text) == whole
    assert joined(partial, *text) == whole
    for cut in range(len(text)):
        assert joined(partial, text[:cut], text[cut:]) == whole


def test_text_that_cannot_repeat_is_given_at_once() -> None:
    seam = Seam(PARTIAL)
    assert seam.feed(" S") == " S"
    assert seam.feed("eine, and") == "eine, and"


def test_text_is_held_only_until_it_differs() -> None:
    seam = Seam(PARTIAL)
    assert seam.feed("It lies") == ""
    assert seam.feed(" in") == "It lies in"


def test_after_a_prefill_only_a_whole_echo_is_taken_out() -> None:
    assert joined(PARTIAL, PARTIAL + " Seine.", continues_by_prompt=False) == PARTIAL + " Seine."
    assert (
        joined("He said: no no no no no", " no no no no", continues_by_prompt=False)
        == "He said: no no no no no no no no no"
    )
