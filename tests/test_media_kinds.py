from __future__ import annotations

from pathlib import Path

import media_files as files
import pytest

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media.formats.kinds import EXTENSIONS, identify, shown_name


@pytest.mark.parametrize("name", files.EVERY)
def test_every_format_is_told_by_its_content(name: str) -> None:
    found = identify(files.made(name), name)
    extension = name.rsplit(".", 1)[1]
    assert extension in found.format.extensions
    assert not found.note
    assert "." + extension in EXTENSIONS


@pytest.mark.parametrize("name", [name for name in files.EVERY if name not in files.DOCUMENTS])
def test_a_wrong_extension_is_said_and_the_content_decides(name: str) -> None:
    data = files.made(name)
    true = identify(data, name)
    wrong = identify(data, "thing.pdf")
    assert wrong.format is true.format
    assert "is really" in wrong.note
    assert identify(data, "no extension").format is true.format


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "a.png", "is empty"),
        (files.SVG, "a.svg", "SVG"),
        (files.SVG, "a.png", "SVG"),
        (b"<!-- x --><svg onload=alert(1)>", "a.html", "SVG"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "a.jpg", "a program"),
        (b"MZ\x90\0" + bytes(100), "a.jpg", "a program"),
        (b"Rar!\x1a\x07\0" + bytes(50), "a.rar", "RAR"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc", "old Office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.docx", "locked"),
        (b"\x00\x01\x02\x03\x04\x05\x06\x07" * 40, "a.jpg", "not known"),
        (b"PK\x03\x04 not an archive", "a.docx", "is damaged"),
        (b"%!PS-Adobe-3.0", "a.eps", "PostScript"),
        (b"RIFF\x10\0\0\0AVI LIST", "a.avi", "an AVI video. Save it as MP4"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a.jpg", "JPEG 2000 picture. Save it as JPEG"),
        (b"FORM\0\0\0\x10AIFFCOMM", "a.aiff", "an AIFF recording. Save it as WAV"),
        (b"OggS\0\x02" + bytes(20) + b"\x01*\x80theora", "a.ogv", "an Ogg video"),
        (b"G@\x11\x10\0B\xf0\x25\0" + bytes(60), "a.ts", "an MPEG transport stream"),
        (b"\0\0\x0a\0\0\0" + bytes(60), "a.tga", "a TGA picture"),
        (b"II*\0\x10\0\0\0CR\x02\0", "a.CR2", "camera's raw picture"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(60), "a.raf", "camera's raw picture"),
        (
            files.archive("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            "a.ods",
            "XLSX or PDF",
        ),
        (files.archive("mimetype", b"application/epub+zip"), "a.epub", "an EPUB book"),
        (files.archive("mimetype", b"application/x-krita"), "a.kra", "an archive"),
    ],
)
def test_what_is_not_read_is_one_clear_sentence(data: bytes, name: str, says: str) -> None:
    with pytest.raises((BadInput, CannotSend), match=says) as caught:
        identify(data, name)
    assert "Traceback" not in str(caught.value)
    assert caught.value.todo


@pytest.mark.parametrize(
    "text", [b"MZ is a company.", b"FORM 10-K, for 2025", b"caffeine", b"BZhang", b"P6\nis it"]
)
def test_a_text_may_begin_like_something_else(text: bytes) -> None:
    assert identify(text, "a.txt").format.key == "text"


def test_a_large_wav_file_is_a_recording_too() -> None:
    assert identify(b"RF64\xff\xff\xff\xffWAVEds64" + bytes(40), "a.wav").format.key == "wav"


def test_a_missing_upload_asks_for_the_file_again(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Choose it again"):
        identify(tmp_path / "gone.png", "gone.png")


@pytest.mark.parametrize(
    "name",
    [
        'a"b.png',
        "a'; rm -rf ~ #.png",
        "-rf.png",
        "a\nb\r\n.png",
        "a\u202egnp.exe",
        "../../etc/passwd",
        "$(id).png",
    ],
)
def test_hostile_names_print_as_one_plain_line(name: str) -> None:
    shown = shown_name(name)
    assert "\n" not in shown
    assert "\u202e" not in shown
    assert "/" not in shown
    assert 0 < len(shown) <= 60


def test_a_playlist_is_text_and_never_a_film() -> None:
    assert identify(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "film.mp4").format.kind == "document"


def test_utf16_without_a_mark_is_text() -> None:
    assert identify("Hello there, this is text".encode("utf-16-le"), "a.txt").format.key == "text"


@pytest.mark.parametrize("name", ["notes.md", "notes.txt", "read.py", "notes"])
def test_a_text_that_mentions_a_pdf_header_stays_text(name: str) -> None:
    assert identify(b"# Formats\n\nA PDF begins with `%PDF-1.7`.\n", name).format.kind == "document"
    assert identify(b"# Formats\n\nA PDF begins with `%PDF-1.7`.\n", name).format.key != "pdf"
    assert identify(b"%PDF- is how a PDF begins.\n", name if "." in name else "notes.txt").format.key != "pdf"


@pytest.mark.parametrize("name", ["a.pdf", "a.bin", "a", "a.txt"])
def test_junk_before_the_header_does_not_hide_a_pdf(name: str) -> None:
    data = files.EVERY["report.pdf"]()
    assert identify(data, name).format.key == "pdf"
    assert identify(b"\x01\x02\0\x03" * 20 + data, name).format.key == "pdf"


def test_a_binary_file_that_begins_like_a_unicode_mark_is_no_text() -> None:
    fli = b"\xff\xfe\x00\x00\x11\xaf\x05\x00\x40\x01\xc8\x00\x08\x00\x03\x00" + bytes(range(256)) * 8
    for data in (fli, b"\xff\xfe" + fli[6:], b"\xfe\xff" + fli[6:]):
        with pytest.raises(CannotSend, match="not known"):
            identify(data, "film.fli")


@pytest.mark.parametrize(
    "data",
    [
        "你好，世界。这是一个没有标记的文件。".encode("utf-16-le"),
        "Grüße aus Köln".encode("utf-32-le"),
        "Grüße aus Köln".encode("utf-32"),
        "안녕하세요, 세계. 이것은 시험입니다.".encode("iso2022_kr"),
        "こんにちは、世界".encode("iso2022_jp"),
    ],
)  # fmt: skip
def test_unicode_and_seven_bit_encodings_are_text(data: bytes) -> None:
    assert identify(data, "a.txt").format.key == "text"


@pytest.mark.parametrize(
    ("prologue", "key"),
    [
        (b"<!-- one --><!-- two --><!DOCTYPE html>\n", "html"),
        (b"<?xml version='1.0'?>\n<!-- x -->", "html"),
        (b"<p>", "text"),
        (b"<!-- never closed ", "text"),
    ],
)
def test_a_page_is_told_behind_its_prologue(prologue: bytes, key: str) -> None:
    assert identify(prologue + b"<html><body>x</body></html>", "page").format.key == key


def test_the_directory_of_an_archive_is_not_read_beyond_its_limit() -> None:
    """Forty thousand entries whose directory has more than 2 MB."""
    with pytest.raises(CannotSend, match="unpacks to far more"):
        identify(files.many_entries(40_000), "a.docx")
