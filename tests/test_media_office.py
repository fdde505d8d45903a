"""What Office files hold besides plain text: it is read, or the plan counts it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime

import media_files as files
import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.image import Image as Drawn

from glm_ui.errors import CannotSend
from glm_ui.media.formats.documents import Extract, read_text
from glm_ui.media.formats.kinds import identify


def read(data: bytes, name: str) -> Extract:
    return read_text(data, identify(data, name).format, name)


def rewritten(book: openpyxl.Workbook, part: str, change: Callable[[str], str]) -> bytes:
    """The workbook with one part changed."""
    out, changed = io.BytesIO(), io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(changed, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            target.writestr(entry, change(data.decode()) if entry.filename == part else data)
    return changed.getvalue()


def test_cells_read_as_they_are_shown() -> None:
    book = openpyxl.Workbook()
    book.active.append([0.125, 1 / 3, 7, datetime(2024, 2, 3), datetime(2024, 2, 3, 4, 5), True])
    for cell, form in zip(
        book.active[1], ("0%", "0.0%", "0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "0%"), strict=True
    ):
        cell.number_format = form
    text = read(rewritten(book, "", str), "a.xlsx").text
    assert "| 12.5% | 33.3333333333% | 700% | 2024-02-03 | 2024-02-03 04:05:00 | True |" in text


def test_hidden_rows_and_columns_that_are_sent_are_counted() -> None:
    book = openpyxl.Workbook()
    for row in ([1, 2, None, 4], [5, 6], [], [7]):
        book.active.append(row)
    for number in (2, 3, 9):  # two of them hold nothing
        book.active.row_dimensions[number].hidden = True
    book.active.column_dimensions.group("B", "C", hidden=True)
    assert read(rewritten(book, "", str), "a.xlsx").notes == (
        "Sheet “Sheet”: hidden rows are sent too: 1.",
        "Sheet “Sheet”: hidden columns are sent too: 1.",
    )


def test_what_lies_on_a_worksheet_is_read_or_counted() -> None:
    book = openpyxl.Workbook()
    for row in (["Year", "Sum"], ["2024", 4711], ["2025", 4712]):
        book.active.append(row)
    chart = BarChart()
    chart.title = "CHARTTITLE"
    chart.add_data(Reference(book.active, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    book.active.add_chart(chart, "E1")
    book.active.add_image(Drawn(io.BytesIO(files.jpeg())), "E20")
    names = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:x="http://x"'
    words = "<a:p><a:r><a:t>TEXT</a:t></a:r><a:r><a:t>BOX</a:t></a:r></a:p><a:p><a:r><a:t>second</a:t></a:r></a:p>"
    box = f"<x:anchor {names}><x:sp><x:txBody>{words}</x:txBody></x:sp></x:anchor></"

    def change(xml: str) -> str:
        return box.join(xml.replace(' descr="Picture"', "").rsplit("</", 1))

    extract = read(rewritten(book, "xl/drawings/drawing1.xml", change), "a.xlsx")
    assert "Text box: TEXTBOX second" in extract.text
    assert "Chart: CHARTTITLE" in extract.text
    assert extract.notes == ("Its pictures are left out: 1.",)


def word_with(body: str, **more: str) -> bytes:
    """A Word document of this body, in Word's own XML. `more` are pages that it embeds, by their ids."""
    names = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"
    names += " xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math'"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", f"<w:document {names}><w:body>{body}</w:body></w:document>")
        for id, page in more.items():
            made.writestr(f"word/{id}.{'rtf' if page.startswith('{') else 'html'}", page)
        rows = "".join(
            f"<Relationship Id='{id}' Type='x/aFChunk' Target='{id}.{'rtf' if page.startswith('{') else 'html'}'/>"
            for id, page in more.items()
        )
        made.writestr("word/_rels/document.xml.rels", f"<Relationships>{rows}</Relationships>")
    return out.getvalue()


def test_pages_that_a_word_document_embeds_are_read_or_counted() -> None:
    chunk = "<w:altChunk xmlns:r='http://r' r:id='{}'/>"
    body = (
        f"<w:p><w:r><w:t>before</w:t></w:r></w:p>{chunk.format('a')}{chunk.format('b')}{chunk.format('gone')}"
    )
    page = "<!DOCTYPE html><html><body><h2>Head</h2><p>Größe</p></body></html>"
    extract = read(word_with(body, a=page, b="{\\rtf1 words}"), "a.docx")
    assert extract.text == "before\n\n## Head\n\nGröße"
    assert extract.notes == ("Embedded documents are left out: 2.",)


def test_what_was_chosen_in_a_words_older_form_is_read() -> None:
    def field(inner: str) -> str:
        return f"<w:r><w:fldChar w:fldCharType='begin'><w:ffData>{inner}</w:ffData></w:fldChar></w:r>"

    entries = "".join(f"<w:listEntry w:val='{name}'/>" for name in ("red", "green"))
    fields = [
        "<w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>",
        "<w:checkBox><w:default w:val='1'/></w:checkBox>",
        "<w:checkBox><w:default w:val='1'/><w:checked w:val='0'/></w:checkBox>",
        f"<w:ddList><w:result w:val='1'/>{entries}</w:ddList>",
        f"<w:ddList>{entries}</w:ddList>",
        f"<w:ddList><w:result w:val='{'9' * 5000}'/>{entries}</w:ddList>",
    ]
    blank = "<w:r><w:t> </w:t></w:r>"
    assert read(word_with(f"<w:p>{blank.join(map(field, fields))}</w:p>"), "a.docx").text == "☑ ☑ ☐ green red"


def test_deleted_rows_of_a_word_table_are_counted() -> None:
    def row(text: str, deleted: str = "") -> str:
        return f"<w:tr>{deleted}<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc></w:tr>"

    gone = row("gone", "<w:trPr><w:del w:id='1'/></w:trPr>")
    extract = read(word_with(f"<w:tbl>{row('stays')}{gone}{gone}</w:tbl>"), "a.docx")
    assert "gone" not in extract.text
    assert extract.notes == ("Deleted rows of tables are left out: 2.",)


@pytest.mark.parametrize("depth", [80, 120, 600])
@pytest.mark.parametrize(
    ("begin", "end"), [("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"), ("<w:sdt>", "</w:sdt>")]
)
def test_tables_within_tables_are_read_to_any_depth(depth: int, begin: str, end: str) -> None:
    inner = f"{begin * depth}<w:p><w:r><w:t>deep</w:t></w:r></w:p>{end * depth}"
    body = f"{inner}<w:p><w:r><w:t>after</w:t></w:r></w:p>"
    words = read(word_with(body), "a.docx").text.replace("|", " ").replace("-", " ").split()
    assert words == ["deep", "after"]


def test_formulas_are_written_in_a_line() -> None:
    def run(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    fraction = f"<m:f><m:num>{run('a')}</m:num><m:den>{run('b')}</m:den></m:f>"
    power = f"<m:sSup><m:e>{run('x')}</m:e><m:sup>{run('2')}</m:sup></m:sSup>"
    root = f"<m:rad><m:deg/><m:e>{run('y')}</m:e></m:rad>"
    body = (
        f"<w:p><w:r><w:t>So </w:t></w:r><m:oMath>{fraction}{run('+')}{power}{run('=')}{root}</m:oMath></w:p>"
    )
    assert read(word_with(body), "a.docx").text == "So $(a)/(b)+x^(2)=√(y)$"


def test_text_boxes_within_text_boxes_are_read_once() -> None:
    nested = "<w:t>deep</w:t>"
    for _ in range(40):
        nested = f"<w:drawing><w:txbxContent><w:p><w:r>{nested}</w:r></w:p></w:txbxContent></w:drawing>"
    assert read(word_with(f"<w:p><w:r>{nested}</w:r></w:p>"), "a.docx").text == "deep"


def test_a_document_of_too_many_elements_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(CannotSend, match="too large to read"):
        read(word_with("<w:p/>" * 1_500_000), "a.docx")
