"""Finds what a file is from its content; its name only chooses among kinds of text. Nothing is decoded here but the
directory of an archive, which strangers wrote: call `look` in a worker."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from glm_ui.errors import BadInput, CannotSend
from glm_ui.languages import say
from glm_ui.media.formats.archive import TooMuch, bomb, open_archive
from glm_ui.media.formats.charsets import unicode_codec
from glm_ui.media.formats.source import Source as Source
from glm_ui.media.formats.source import extension_of as extension_of
from glm_ui.media.formats.source import opened as opened
from glm_ui.media.formats.source import shown_name as shown_name
from glm_ui.media.formats.source import size_of as size_of
from glm_ui.media.formats.unsupported import BY_CONTENT, BY_NAME, CAMERA_RAW, OPEN_DOCUMENT

Kind = Literal["image", "document", "video", "audio"]
HEAD = 4096


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the table. `label` reads well after "a" or "an"; `fence` is the Markdown fence of source
    code."""

    key: str
    kind: Kind
    mime: str
    label: str
    extensions: tuple[str, ...]
    fence: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a file turned out to be; `note` is one sentence when its name says otherwise."""

    format: Format
    size: int
    note: str = ""


_DOC = "application/vnd.openxmlformats-officedocument."
FORMATS: Mapping[str, Format] = {
    f.key: f
    for f in (
        Format("jpeg", "image", "image/jpeg", "a JPEG picture", ("jpg", "jpeg", "jpe", "jfif", "mpo")),
        Format("png", "image", "image/png", "a PNG picture", ("png", "apng")),
        Format("webp", "image", "image/webp", "a WebP picture", ("webp",)),
        Format("avif", "image", "image/avif", "an AVIF picture", ("avif", "avifs")),
        Format("heic", "image", "image/heic", "a HEIC picture", ("heic", "heif", "hif", "heics", "heifs")),
        Format("tiff", "image", "image/tiff", "a TIFF picture", ("tif", "tiff")),
        Format("bmp", "image", "image/bmp", "a BMP picture", ("bmp", "dib")),
        Format("gif", "image", "image/gif", "a GIF picture", ("gif",)),
        Format("pdf", "document", "application/pdf", "a PDF document", ("pdf",)),
        Format("docx", "document", _DOC + "wordprocessingml.document", "a Word document", ("docx", "docm")),
        Format("pptx", "document", _DOC + "presentationml.presentation", "a presentation", ("pptx", "pptm")),
        Format("xlsx", "document", _DOC + "spreadsheetml.sheet", "a workbook", ("xlsx", "xlsm")),
        Format("html", "document", "text/html", "an HTML page", ("html", "htm", "xhtml")),
        Format("csv", "document", "text/csv", "a CSV table", ("csv", "tsv")),
        Format("json", "document", "application/json", "a JSON file", ("json", "jsonl", "ndjson", "geojson")),
        Format("markdown", "document", "text/markdown", "a Markdown text", ("md", "markdown", "mdown")),
        Format("text", "document", "text/plain", "a text", ("txt", "text", "log")),
        Format("mp4", "video", "video/mp4", "an MP4 video", ("mp4", "m4v", "3gp", "3g2")),
        Format("mov", "video", "video/quicktime", "a QuickTime video", ("mov", "qt")),
        Format("mkv", "video", "video/x-matroska", "a Matroska video", ("mkv",)),
        Format("webm", "video", "video/webm", "a WebM video", ("webm",)),
        Format("wav", "audio", "audio/wav", "a WAV recording", ("wav", "wave")),
        Format("mp3", "audio", "audio/mpeg", "an MP3 recording", ("mp3",)),
        Format("m4a", "audio", "audio/mp4", "an M4A recording", ("m4a", "m4b")),
        Format("flac", "audio", "audio/flac", "a FLAC recording", ("flac",)),
        Format("ogg", "audio", "audio/ogg", "an OGG recording", ("ogg", "oga", "opus")),
    )
}

# extension=fence, or an extension that is its own fence.
_FENCES = """
    bash bat c clojure cpp cs css dart diff erlang go groovy haskell ini java julia kotlin latex less lua
    perl php r rst scala scss sql swift toml tsx jsx typescript vue xml yaml zig
    py=python pyi=python js=javascript mjs=javascript ts=typescript rs=rust rb=ruby kt=kotlin sh=bash zsh=bash
    ps1=powershell yml=yaml cfg=ini h=c hpp=cpp cc=cpp cxx=cpp m=objectivec pl=perl ex=elixir erl=erlang
    hs=haskell jl=julia tex=latex proto=protobuf patch=diff tf=hcl gradle=groovy clj=clojure ipynb=json
    svelte=html
"""
CODE: Mapping[str, Format] = {
    extension: Format("code", "document", "text/plain", "source code", (extension,), fence or extension)
    for extension, _, fence in (word.partition("=") for word in re.findall(r"\S+", _FENCES))
}
EXTENSIONS_OF = {ext: f for f in FORMATS.values() for ext in f.extensions} | dict(CODE)
EXTENSIONS: tuple[str, ...] = tuple(sorted("." + ext for ext in EXTENSIONS_OF))

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"II+\0", "tiff"),
    (0, b"MM\0+", "tiff"),
    (8, b"WEBP", "webp"),
    (8, b"WAVE", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
)
_BRANDS = {
    b"avif": "avif", b"avis": "avif",
    b"heic": "heic", b"heix": "heic", b"heim": "heic", b"heis": "heic", b"hevc": "heic", b"hevx": "heic",
    b"mif1": "heic", b"msf1": "heic",
    b"M4A ": "m4a", b"M4B ": "m4a",
    b"qt  ": "mov",
}  # fmt: skip
_OFFICE = (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx"))
_PROLOGUE = ((b"<!--", b"-->"), (b"<?xml", b">"), (b"<!doctype", b">"))
_TELLING_TAG = re.compile(rb"<(svg|html|head|body)\b")
_HTML_DOCTYPE = re.compile(rb"\s*<!doctype\s+html", re.I)
_PDF_HEADER = re.compile(rb"%PDF-\d\.\d\s*?[\r\n]")
_TEXT_KEYS = {"text", "markdown", "html", "csv", "json", "code"}


def identify(source: Source, name: str) -> Found:
    """What `source` is. BadInput for an empty or missing file, CannotSend for what no loader reads."""
    try:
        size = size_of(source)
        with opened(source) as file:
            head = file.read(HEAD)
    except OSError as e:
        raise gone(name) from e
    if not size:
        raise BadInput(
            say("“{name}” is empty.", name=shown_name(name)), "It holds no bytes.", "Choose another file."
        )
    found = _by_magic(head, source, name) or _by_text(head, source, name)
    declared = EXTENSIONS_OF.get(extension_of(name))
    if declared is None or declared.key == found.key or {declared.key, found.key} in _NEAR:
        return Found(found, size)
    return Found(
        found,
        size,
        say(
            "“{name}” is really {label}; it is treated as one.", name=shown_name(name), label=say(found.label)
        ),
    )


def gone(name: str) -> BadInput:
    what = say("“{name}” is no longer on the server.", name=shown_name(name))
    return BadInput(what, "Uploads are kept for an hour.", "Choose it again.")


# Names that people swap in good faith: nothing to say about them.
_NEAR = ({"mp4", "mov"}, {"mp4", "m4a"}, {"mkv", "webm"}, {"text", "markdown"})


def _by_magic(head: bytes, source: Source, name: str) -> Format | None:
    _refuse_known(head, name)
    for at, magic, key in _MAGIC:
        if head.startswith(magic, at) and (at != 8 or head.startswith((b"RIFF", b"RF64"))):
            return FORMATS[key]
    if _is_pdf(head, name):
        return FORMATS["pdf"]
    for test in (_bmp, _iso_media, _matroska, _mp3):
        if key := test(head):
            return FORMATS[key]
    if head.startswith(b"PK\x03\x04"):
        return _office(source, name)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise _old_office(head, source, name)
    return None


def _refuse_known(head: bytes, name: str) -> None:
    shown = shown_name(name)
    if head.startswith((b"II", b"MM", b"FUJIFILM", b"FOVb")) and extension_of(name) in CAMERA_RAW:
        way_out = "Develop it to JPEG and choose that."
        raise CannotSend(say("“{name}” is a camera's raw picture.", name=shown), "", way_out)
    for at, magic, label, way_out in BY_CONTENT:
        # A short mark may also be how a text begins.
        fits = head.startswith(magic, at) and (len(magic) > 3 or not looks_like_text(head))
        if fits and head[8:12] not in (b"WAVE", b"WEBP"):
            raise CannotSend(say("“{name}” is {label}.", name=shown, label=say(label)), "", way_out)


def _is_pdf(head: bytes, name: str) -> bool:
    """Readers allow junk before the header, in the first kilobyte. A text may speak of the header, so junk that is
    text needs the name of a PDF."""
    at = head[:1024].find(b"%PDF-")
    if at < 0:
        return False
    declared = EXTENSIONS_OF.get(extension_of(name))
    if declared is not None and declared.key in _TEXT_KEYS and looks_like_text(head):
        return at == 0 and _PDF_HEADER.match(head) is not None
    return at == 0 or declared is FORMATS["pdf"] or not looks_like_text(head)


def _bmp(head: bytes) -> str:
    known_header = len(head) > 18 and int.from_bytes(head[14:18], "little") in {
        12,
        16,
        40,
        52,
        56,
        64,
        108,
        124,
    }
    return "bmp" if head.startswith(b"BM") and known_header else ""


def _iso_media(head: bytes) -> str:
    if head[4:8] != b"ftyp":
        return ""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[i : i + 4] for i in range(16, end - 3, 4))]
    if brands[0] in (b"mif1", b"msf1") and (b"avif" in brands or b"avis" in brands):
        return "avif"
    return _BRANDS.get(brands[0], "mp4")


def _matroska(head: bytes) -> str:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return ""
    return "webm" if b"webm" in head[:64] else "mkv"


def _mp3(head: bytes) -> str:
    if head.startswith(b"ID3"):
        return "mp3"
    # A bare frame: eleven set bits, layer III, and a bit rate and sample rate that exist.
    frame = len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
    return "mp3" if frame and 0 < head[2] >> 4 < 15 and head[2] >> 2 & 3 != 3 else ""


def _office(source: Source, name: str) -> Format:
    shown = shown_name(name)
    said = ""
    try:
        with open_archive(source) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                said = archive.read("mimetype").decode("ascii", "replace").strip()
    except TooMuch as e:
        raise bomb(shown) from e
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError) as e:
        raise BadInput(
            say("“{name}” is damaged.", name=shown), "Its archive cannot be opened.", "Choose a whole copy."
        ) from e
    for prefix, key in _OFFICE:
        if "[Content_Types].xml" in names and any(n.startswith(prefix) for n in names):
            return FORMATS[key]
    if said:
        label, better = OPEN_DOCUMENT.get(said, ("an archive that is not read here", "PDF"))
        raise CannotSend(
            say("“{name}” is {label}.", name=shown, label=say(label)),
            "",
            say("Save it as {formats} and choose that.", formats=better.replace(" or ", f" {say('or')} ")),
        )
    raise CannotSend(
        say("“{name}” is a ZIP archive.", name=shown), "", "Unpack it and choose the files inside."
    )


def _old_office(head: bytes, source: Source, name: str) -> CannotSend:
    with opened(source) as file:
        start = file.read(1 << 20)
    if "EncryptedPackage".encode("utf-16-le") in start:
        return CannotSend(
            say("“{name}” is locked with a password.", name=shown_name(name)),
            "Locked Office files cannot be read here.",
            "Save a copy without the password, or as PDF, and choose that.",
        )
    return CannotSend(
        say("“{name}” is an old Office file.", name=shown_name(name)),
        "Only DOCX, PPTX and XLSX are read.",
        "Save it in the new format or as PDF and choose that.",
    )


def _by_text(head: bytes, source: Source, name: str) -> Format:
    if not looks_like_text(head):
        if known := BY_NAME.get(extension_of(name)):
            raise CannotSend(
                say("“{name}” is {label}.", name=shown_name(name), label=say(known[0])), "", known[1]
            )
        raise CannotSend(
            say("“{name}” is of a kind that is not known here.", name=shown_name(name)),
            "Neither its content nor its name tells what it is.",
            "Save it as JPEG, PNG, PDF, TXT, MP4 or WAV and choose that.",
        )
    declared = EXTENSIONS_OF.get(extension_of(name))
    tag = _first_tag(head)
    if tag == "svg" and extension_of(name) != "txt":
        raise CannotSend(
            say("“{name}” is an SVG drawing.", name=shown_name(name)),
            "SVG files can contain scripts, so they are not opened here.",
            "Save it as PNG and choose that, or send its source as TXT.",
        )
    if declared and declared.key in _TEXT_KEYS:
        return declared
    return FORMATS["html"] if tag or _HTML_DOCTYPE.match(head) else FORMATS["text"]


def _first_tag(head: bytes) -> str:
    """The element that a page or drawing begins with, after its declarations and comments; "" for another one."""
    rest = head.lower()
    while rest := rest.lstrip():
        end = next((close for begin, close in _PROLOGUE if rest.startswith(begin)), None)
        if end is None:
            tag = _TELLING_TAG.match(rest)
            return tag[1].decode() if tag else ""
        rest = rest.partition(end)[2]
    return ""


def looks_like_text(head: bytes) -> bool:
    """A Unicode text by its mark or pattern, else no NUL bytes and few control characters."""
    if unicode_codec(head):
        return True
    if b"\0" in head:
        return False
    allowed = b"\t\n\r\f\b\x1b" + (b"\x0e\x0f" if b"\x1b$)C" in head else b"")  # shifts of ISO-2022-KR
    control = sum(b < 32 and b not in allowed for b in head)
    return control * 50 <= len(head)
