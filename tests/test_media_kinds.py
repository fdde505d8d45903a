from __future__ import annotations

from pathlib import Path

import media_files as files
import pytest

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media.kinds import EXTENSIONS, look, shown_name


@pytest.mark.parametrize("name", files.EVERY)
def test_every_format_is_told_by_its_content(name: str) -> None:
    found = look(files.EVERY[name](), name)
    extension = name.rsplit(".", 1)[1]
    assert extension in found.format.extensions
    assert not found.note
    assert "." + extension in EXTENSIONS


@pytest.mark.parametrize(
    "name", [n for n in files.EVERY if look(files.EVERY[n](), n).format.kind != "document"]
)
def test_a_wrong_extension_is_said_and_the_content_decides(name: str) -> None:
    data = files.EVERY[name]()
    true = look(data, name)
    wrong = look(data, "thing.pdf")
    assert wrong.format is true.format
    assert "is really" in wrong.note
    assert look(data, "no extension").format is true.format


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
        look(data, name)
    assert "Traceback" not in str(caught.value)
    assert caught.value.todo


@pytest.mark.parametrize(
    "text", [b"MZ is a company.", b"FORM 10-K, for 2025", b"caffeine", b"BZhang", b"P6\nis it"]
)
def test_a_text_may_begin_like_something_else(text: bytes) -> None:
    assert look(text, "a.txt").format.key == "text"


def test_a_large_wav_file_is_a_recording_too() -> None:
    assert look(b"RF64\xff\xff\xff\xffWAVEds64" + bytes(40), "a.wav").format.key == "wav"


def test_a_missing_upload_asks_for_the_file_again(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Choose it again"):
        look(tmp_path / "gone.png", "gone.png")


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
    assert look(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "film.mp4").format.kind == "document"


def test_utf16_without_a_mark_is_text() -> None:
    assert look("Hello there, this is text".encode("utf-16-le"), "a.txt").format.key == "text"
