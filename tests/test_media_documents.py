from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import media_files as files
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media.formats import pdf
from glm_ui.media.formats.documents import MAX_CHARS, Extract, read_text
from glm_ui.media.formats.html import to_markdown
from glm_ui.media.formats.images import Limits
from glm_ui.media.formats.kinds import identify
from glm_ui.media.formats.text import fenced, table

FILES = Path(__file__).parent / "files"
IN_THE_WORD = (
    "BodyHeading BodyParagraph TRACKEDINSERT MOVEDHERE BLOCKCONTENTCONTROL INLINECONTENTCONTROL HYPERLINKTEXT "
    "FLDSIMPLE SMARTTAG CUSTOMXML TEXTBOX EQUATION HIDDENTEXT C00 C01 C02 TRACKEDINCELL C12 C22 C20 C21 OUTER "
    "NESTEDTABLE SDTCELL SDTROW Quote HEADERTEXT FOOTERTEXT FOOTNOTETEXT ENDNOTETEXT COMMENTTEXT"
)
IN_THE_SLIDES = (
    "SlideTitle Subtitle SPEAKERNOTES SECONDCOLUMNRIGHT FIRSTCOLUMNLEFT TABLEA TABLEB GROUPED CHARTTITLE "
    "SERIESNAME CATEGORYONE CATEGORYTWO 4711 4712 ALTTEXT HIDDENSLIDE"
)
IN_THE_WORKBOOK = (
    "FIRST MERGED FARAWAY BEYOND100COLUMNS =SUM(B2:B2) =C2*2 #N/A HIDDENSHEETTEXT AFTERBIGTEXT CELLCOMMENT"
)
JPEG = Limits(5 << 20, (6000, 6000), ("image/jpeg", "image/png"))


def read(data: bytes, name: str) -> Extract:
    return read_text(data, identify(data, name).format, name)


def test_a_word_document_keeps_headings_lists_and_tables_in_order() -> None:
    text = read(files.word(), "a.docx").text
    assert text == (
        "# Annual report\n\n# Results\n\nSales rose by a fifth.\n\n- First point\n\n"
        "| Year | Sales |\n| --- | --- |\n| 2025 | 12\\|3 |\n\nAfter the table."
    )


def test_a_presentation_is_slides_with_their_notes() -> None:
    extract = read(files.slides(), "a.pptx")
    assert extract.text == "## Slide 1: Plans\n\n- Build the thing\n\nNotes: Smile here\n\n## Slide 2: Thanks"
    assert (extract.count, extract.unit) == (2, "slides")


def test_a_workbook_is_tables_by_sheet() -> None:
    extract = read(files.workbook(), "a.xlsx")
    assert extract.text == (
        "## Sheet: Sales\n\n| Year | Sum |\n| --- | --- |\n| 2024 | 10.5 |\n| 2025 | 12 |\n\n## Sheet: Empty\n\n(empty)"
    )


def rich(name: str) -> Extract:
    return read((FILES / name).read_bytes(), name)


def test_every_word_of_a_rich_word_document_arrives_once() -> None:
    extract = rich("rich.docx")
    for mark in IN_THE_WORD.split():
        assert extract.text.count(mark) == 1, mark
    assert "TRACKEDDELETE" not in extract.text
    assert "Tracked deletions are left out: 1." in extract.notes
    assert "Pieces of hidden text are sent too: 1." in extract.notes


def test_merged_cells_of_a_word_table_stand_in_their_first_place() -> None:
    assert (
        "| C00 C01 |  | C02 |\n| --- | --- | --- |\n| C10TRACKEDINCELL | C11 | C12 C22 |\n| C20 | C21 |  |"
    ) in rich("rich.docx").text


def test_every_word_of_a_rich_presentation_arrives_once_and_hidden_slides_are_marked() -> None:
    extract = rich("rich.pptx")
    for mark in IN_THE_SLIDES.split():
        assert extract.text.count(mark) == 1, mark
    assert "## Slide 3 (hidden)" in extract.text
    assert "| CATEGORYONE | 4711 |" in extract.text
    assert extract.notes == ("Hidden slides are sent too: 3.", "Its pictures are left out: 2.")


def test_every_cell_of_a_rich_workbook_arrives_or_is_counted() -> None:
    extract = rich("rich.xlsx")
    for mark in IN_THE_WORKBOOK.split():
        assert extract.text.count(mark) == 1, mark
    for heading in ("HIDDENSHEET (hidden)", "VeryHidden (very hidden)", "ChartSheet\n\n(a chart)"):
        assert f"## Sheet: {heading}" in extract.text
    assert extract.notes == (
        "Hidden sheets are sent too: 2.",
        "Sheet “Visible”: hidden rows are sent too: 1.",
        "Sheet “Big”: 5,000 of 6,000 rows are sent.",
    )


def test_cells_that_do_not_fit_are_counted() -> None:
    """5,000 rows leave room for 100 columns; two rows have 120."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Wide")
    for number in range(5000):
        sheet.append([number, *range(1, 120)] if number < 2 else [number])
    out = io.BytesIO()
    book.save(out)
    extract = read(out.getvalue(), "a.xlsx")
    assert extract.notes == ("Sheet “Wide”: 40 cells in 20 columns at its right are left out.",)


def test_a_long_cell_is_sent_whole() -> None:
    assert read((FILES / "longcell.csv").read_bytes(), "longcell.csv").text.count("x") == 3000


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_table_is_markdown_whatever_its_delimiter(delimiter: str) -> None:
    data = f'Name{delimiter}Sum\n"A, B; C"{delimiter}1\nD{delimiter}2\n'.encode()
    assert read(data, "a.csv").text == "| Name | Sum |\n| --- | --- |\n| A, B; C | 1 |\n| D | 2 |"


def test_html_keeps_structure_and_drops_what_runs_or_hides() -> None:
    page = (
        "<html><head><title>T</title><style>p{}</style></head><body><h2>Head</h2><p>One <b>two</b></p>"
        "<ul><li>a</li><li>b</li></ul><table><tr><th>x</th></tr><tr><td>1</td></tr></table><script>evil()</script>"
        "<p hidden>secret</p><pre>code  here</pre><!-- remark --></body></html>"
    )
    assert to_markdown(page) == (
        "# T\n\n## Head\n\nOne two\n\n- a\n- b\n\n| x |\n| --- |\n| 1 |\n\n```\ncode  here\n```"
    )


def test_html_nested_beyond_reason_still_reads() -> None:
    assert "deep" in to_markdown("<div>" * 20_000 + "deep")


def test_json_code_markdown_and_text_keep_their_words() -> None:
    assert read(b'{"a": 1}', "a.json").text == '```json\n{"a": 1}\n```'
    assert read(b'{"a": 1', "a.json").notes == ("It is not valid JSON.",)
    assert read(b'{"a": 1}\n{"a": 2}\n', "a.jsonl").notes == ()
    assert read(b"def f(): ...\n", "a.py").text == "```python\ndef f(): ...\n```"
    assert read(b"# T\n\n*x*\n", "a.md").text == "# T\n\n*x*"
    assert read(b"x\r\ny\r", "a.txt").text == "x\ny"


def test_deeply_nested_json_is_sent_unchecked() -> None:
    assert "nested" in read(b"[" * 200_000, "a.json").notes[0] or read(b"[" * 200_000, "a.json").notes


@settings(max_examples=60)
@given(st.text(alphabet="`ab\n", max_size=60))
def test_a_fence_cannot_be_closed_by_its_content(text: str) -> None:
    lines = fenced(text, "").split("\n")
    assert not any(line.startswith(lines[0]) for line in lines[1:-1])


def test_cells_cannot_break_out_of_a_table() -> None:
    assert table([["a|b", "x\ny"], [None]]) == "| a\\|b | x y |\n| --- | --- |\n|  |  |"


@pytest.mark.parametrize(
    ("part", "name"), [("word/document.xml", "a.docx"), ("xl/workbook.xml", "a.xlsx"), ("ppt/x", "a.pptx")]
)
def test_a_zip_bomb_is_refused_unopened(part: str, name: str) -> None:
    with pytest.raises(CannotSend, match="unpacks to far more"):
        read(files.zip_bomb(part, 40), name)


def test_entities_that_grow_are_not_expanded() -> None:
    source = zipfile.ZipFile(io.BytesIO(files.word()))
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 9))
    bomb = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "boom">{levels}]><w:document xmlns:w="http://x">&e8;</w:document>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for entry in source.infolist():
            archive.writestr(entry, bomb if entry.filename == "word/document.xml" else source.read(entry))
    with pytest.raises((BadInput, CannotSend)):
        read(out.getvalue(), "a.docx")


@pytest.mark.parametrize("name", ["report.docx", "deck.pptx", "sales.xlsx"])
def test_a_truncated_office_file_is_said_to_be_damaged(name: str) -> None:
    with pytest.raises(BadInput, match="damaged"):
        read(files.EVERY[name]()[:-2000], name)


def test_a_long_text_is_cut_and_says_so() -> None:
    extract = read(b"word " * 300_000, "a.txt")
    assert len(extract.text) == MAX_CHARS
    assert "Cut after 1,000,000" in extract.notes[0]


def test_blank_documents_hold_no_text() -> None:
    with pytest.raises(BadInput, match="holds no text"):
        read(b"  \n \n", "a.txt")


@pytest.mark.parametrize(
    ("picked", "pages"),
    [
        ("", (1, 2, 3, 4, 5, 6, 7, 8)), ("1-3,7", (1, 2, 3, 7)), (" 2 - 4 ; 8", (2, 3, 4, 8)), ("6-", (6, 7, 8)),
        ("-2", (1, 2)), ("3,3,1", (3, 1)), ("1–2，5", (1, 2, 5)), ("7 8", (7, 8)),
    ],
)  # fmt: skip
def test_page_ranges(picked: str, pages: tuple[int, ...]) -> None:
    assert pdf.pages_in(picked, 8, "a.pdf") == pages


@pytest.mark.parametrize(
    ("picked", "says"),
    [
        ("0", "There is no page 0. The document has 8 pages."), ("9", "no page 9."),
        ("5-12", "no page 12."),
        ("3-1", "“3-1” ends before it begins. Write 1-3."), ("9-", "no page 9."), ("x", "“x” is no page"),
        ("1--3", "no page"),
        ("-", "no page"), (",", "names no page"), (" ; ，", "names no page"), ("99999999999", "no page 99999999999"),
        ("1-99999999999999999999", "no page 99999"), ("1.5", "“1.5” is no page"), ("1" * 3000, "no page"),
    ],
)  # fmt: skip
def test_pages_that_are_not_there_are_refused_in_words(picked: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        pdf.pages_in(picked, 8, "a.pdf")
    assert says in str(refused.value)
    assert len(str(refused.value)) < 400
    assert refused.value.todo


@pytest.mark.parametrize(
    ("picked", "says"),
    [
        ("3-1", "“3-1” ends before it begins. Write 1-3."),
        ("5-12", "There is no page 12. The document has 8 pages. Pick pages that exist."),
        ("0", "There is no page 0. The document has 8 pages. Pick pages that exist."),
        ("5-", "There is no page 5. The document has one page. Pick pages that exist."),
    ],
)
def test_a_wrong_page_is_named(picked: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        pdf.pages_in(picked, 1 if picked == "5-" else 8, "a.pdf")
    assert str(caught.value) == says


@pytest.mark.parametrize("picked", ["", "1-", "-1000000", "1-, " * 1000, "1-5000, 2-5001", "1-2147483647"])
def test_a_document_that_lies_about_its_pages_costs_no_more_than_one_that_does_not(picked: str) -> None:
    """A tree of pages may say any number; pages are listed only up to as many as are read at once."""
    tracemalloc.start()
    with pytest.raises((BadInput, CannotSend)) as refused:
        pdf.pages_in(picked, 1_000_000, "a.pdf")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
    assert refused.value.todo
    assert pdf.pages_in("999999-, 1-4998", 1_000_000, "a.pdf")[:3] == (999_999, 1_000_000, 1)


def test_pdf_pages_are_drawn_in_the_order_picked() -> None:
    said: list[tuple[int, int]] = []
    pages = pdf.page_pictures(
        files.pdf(5), "a.pdf", (4, 2), JPEG, side=420, tell=lambda d, t: said.append((d, t))
    )
    assert [p.name for p in pages] == ["a.pdf, page 4", "a.pdf, page 2"]
    assert (pages[0].width, pages[0].height) == (297, 420)
    assert said[-1] == (2, 2)
    drawn = Image.open(io.BytesIO(pages[0].data)).convert("RGB")
    assert min(drawn.getpixel((50, 360))[0], 255 - drawn.getpixel((50, 360))[1]) > 240  # the red square
    assert drawn.getpixel((200, 200)) == (255, 255, 255)


def test_pdf_text_comes_by_page() -> None:
    texts = pdf.page_texts(files.pdf(3), "a.pdf", (3, 1))
    assert [(t.number, t.text) for t in texts] == [(3, "Page 3 of the report"), (1, "Page 1 of the report")]


def test_a_page_whose_fonts_do_not_name_their_letters_has_no_text() -> None:
    (page,) = pdf.page_texts(files.pdf_without_letters(), "a.pdf", (1,))
    assert (page.text, page.flaw) == ("", "garbled")


def test_what_was_typed_into_a_form_is_read() -> None:
    (page,) = pdf.page_texts(files.pdf_form(), "a.pdf", (1,))
    assert page.text == "Name: Ada Lovelace\nAgreed: chosen\nNote: Please check"


def test_a_bad_page_costs_itself_alone() -> None:
    data = files.pdf_with_a_bad_page()
    texts = pdf.page_texts(data, "a.pdf", (1, 2, 3))
    assert [(t.text, t.flaw) for t in texts] == [
        ("Page 1 of the report", ""), ("", "broken"), ("Page 3 of the report", ""),
    ]  # fmt: skip
    drawn = pdf.page_pictures(data, "a.pdf", (1, 2, 3), JPEG, side=100)
    assert [page is not None for page in drawn] == [True, False, True]


def test_pages_beyond_a_million_characters_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_CHARS", 30)
    texts = pdf.page_texts(files.pdf(3), "a.pdf", (1, 2, 3))
    assert [t.flaw for t in texts] == ["", "", "beyond"]


def test_ten_thousand_pages_are_counted_quickly_and_not_drawn() -> None:
    data = files.pdf(10_000)
    assert pdf.count_pages(data, "a.pdf") == 10_000
    with pytest.raises(CannotSend, match="Pick fewer pages"):
        pdf.page_pictures(data, "a.pdf", range(1, 10_001), JPEG)


def test_a_locked_pdf_asks_for_its_password() -> None:
    data = files.locked_pdf("sesame")
    with pytest.raises(BadInput, match="locked") as caught:
        pdf.count_pages(data, "a.pdf")
    assert caught.value.details["needs"] == "password"
    with pytest.raises(BadInput, match=r"password .* is wrong"):
        pdf.count_pages(data, "a.pdf", "guess")
    assert pdf.page_texts(data, "a.pdf", (1,), "sesame")[0].text == "Behind the lock"


@pytest.mark.parametrize("data", [b"%PDF-1.4\n", files.pdf(3)[:200], b"%PDF-1.7\n" + bytes(5000)])
def test_a_broken_pdf_is_said_to_be_damaged(data: bytes) -> None:
    with pytest.raises(BadInput, match=r"damaged|no pages"):
        pdf.count_pages(data, "a.pdf")


@pytest.mark.parametrize("size", [(14_400, 14_400), (10_000, 2), (1, 1)])
def test_odd_page_sizes_stay_within_limits(size: tuple[int, int]) -> None:
    (page,) = pdf.page_pictures(files.pdf(1, size=size), "a.pdf", (1,), JPEG)
    assert max(page.width, page.height) <= 6000
    assert page.width * page.height <= 3_000_000
