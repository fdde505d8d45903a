"""Small real files of every format, made at run time with the libraries that write them. No network, no
samples of others."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import docx
import numpy as np
import openpyxl
import pillow_heif
import pptx
from PIL import Image, ImageDraw, TiffImagePlugin

pillow_heif.register_heif_opener()

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 180, 60), (30, 60, 200), (230, 220, 40)
GPS_TEXT = b"48.8584 N secret place"


def quadrants(width: int = 120, height: int = 80) -> Image.Image:
    """Red top left, green top right, blue bottom left, yellow bottom right."""
    image = Image.new("RGB", (width, height), RED)
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 2, 0, width, height // 2 - 1), GREEN)
    draw.rectangle((0, height // 2, width // 2 - 1, height), BLUE)
    draw.rectangle((width // 2, height // 2, width, height), YELLOW)
    return image


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8))


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def private_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "my home"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 30.0)
    exif.get_ifd(0x8825)[29] = GPS_TEXT.decode()
    return exif.tobytes()


def jpeg(width: int = 120, height: int = 80, orientation: int | None = None) -> bytes:
    """With `orientation`, stored so that it looks like `quadrants` when the tag is obeyed."""
    image = quadrants(width, height)
    if orientation is None:
        return saved(image, "JPEG", quality=92)
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = image if undo is None else image.transpose(undo)
    return saved(stored, "JPEG", quality=92, exif=private_exif(orientation), comment=b"a private comment")


def gif(frames: int = 4) -> bytes:
    pictures = [Image.new("RGB", (60, 40), (60 * i, 40, 200 - 40 * i)) for i in range(frames)]
    return saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=100)


def pdf(pages: int = 3, text: bool = True, size: tuple[int, int] = (595, 842), padding: int = 0) -> bytes:
    """A PDF written by hand: page n says "Page n of the report"."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number in range(1, pages + 1):
        content = f"BT /F1 24 Tf 60 {size[1] - 100} Td (Page {number} of the report) Tj ET" if text else ""
        content += " 1 0 0 rg 60 60 100 100 re f" + " " * padding
        objects += [
            (
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}]"
                f" /Contents {3 + 2 * number} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            ).encode(),
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream".encode(),
        ]
    return pdf_of(objects)


def pdf_of(objects: list[bytes]) -> bytes:
    """A PDF of these objects, the first of them its catalogue."""
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{at:010d} 00000 n \n".encode() for at in offsets)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out)


def pdf_without_letters(pages: int = 1) -> bytes:
    """Its font draws glyphs 1 to 31 and does not say which letters they are."""
    glyphs = "".join(f"{1 + at % 31:04X}" for at in range(400))
    content = f"BT /F1 12 Tf 60 700 Td <{glyphs}> Tj ET".encode()
    kids = " ".join(f"{6 + n} 0 R" for n in range(pages))
    return pdf_of([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDToGIDMap /Identity"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        b" /FontDescriptor << /Type /FontDescriptor /FontName /X /Flags 4 >> >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        *(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>"
            for _ in range(pages)
        ),
    ])  # fmt: skip


def pdf_form() -> bytes:
    """A filled-in form: a text field, a ticked and an empty box, and a note."""
    box = b"/Subtype /Widget /FT /Btn /Rect [60 600 80 620] /AP << /N << /Yes 5 0 R /Off 5 0 R >> >>"
    return pdf_of([
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R 6 0 R 7 0 R] >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [4 0 R 6 0 R 7 0 R 8 0 R] >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (Name) /V (Ada Lovelace) /Rect [60 700 300 720] >>",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 20 20] /Length 0 >>\nstream\n\nendstream",
        b"<< /Type /Annot /T (Agreed) /V /Yes /AS /Yes " + box + b" >>",
        b"<< /Type /Annot /T (Refused) /V /Off /AS /Off " + box + b" >>",
        b"<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents (Please check) >>",
    ])  # fmt: skip


def pdf_with_a_bad_page() -> bytes:
    """Three pages, the second of which is not there."""
    return pdf(3).replace(b"/Kids [4 0 R 6 0 R 8 0 R]", b"/Kids [4 0 R 1 0 R 8 0 R]")


def locked_pdf(password: str) -> bytes:
    """Encrypted with RC4, 40 bits (PDF 1.4, revision 2): the oldest and simplest of the handlers."""
    import hashlib

    pad = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    permissions = -44
    padded = (password.encode() + pad)[:32]
    owner = _rc4(hashlib.md5(padded, usedforsecurity=False).digest()[:5], padded)
    seed = padded + owner + struct.pack("<i", permissions) + b"0123456789abcdef"
    key = hashlib.md5(seed, usedforsecurity=False).digest()[:5]
    user = _rc4(key, pad)
    content = b"BT /F1 24 Tf 60 700 Td (Behind the lock) Tj ET"
    content = _rc4(
        hashlib.md5(key + struct.pack("<I", 5)[:3] + b"\0\0", usedforsecurity=False).digest()[:10], content
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F1 3 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        b"<< /Filter /Standard /V 1 /R 2 /P %d /O <%s> /U <%s> >>"
        % (permissions, owner.hex().encode(), user.hex().encode()),
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 7\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in offsets)
    identity = b"0123456789abcdef".hex().encode()
    out += b"trailer << /Size 7 /Root 1 0 R /Encrypt 6 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF" % (
        identity, identity, start,
    )  # fmt: skip
    return bytes(out)


def _rc4(key: bytes, data: bytes) -> bytes:
    box, j = list(range(256)), 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def word() -> bytes:
    document = docx.Document()
    document.add_heading("Annual report", 0)
    document.add_heading("Results", 1)
    document.add_paragraph("Sales rose by a fifth.")
    document.add_paragraph("First point", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, values in zip(table.rows, (("Year", "Sales"), ("2025", "12|3")), strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    document.add_paragraph("After the table.")
    return _office(document)


def slides() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Plans"
    slide.placeholders[1].text = "Build the thing"
    slide.notes_slide.notes_text_frame.text = "Smile here"
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "Thanks"
    return _office(deck)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Sales"
    for row in (("Year", "Sum"), (2024, 10.5), (2025, 12)):
        book.active.append(row)
    book.create_sheet("Empty")
    return _office(book)


def _office(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def film(
    form: str = "mp4", seconds: float = 3, rate: int = 10, size: tuple[int, int] = (96, 64), rotation: int = 0,
    sound: bool = True,
) -> bytes:  # fmt: skip
    """Second n is filled with brightness 40·n, red corner at the top left."""
    out = io.BytesIO()
    webm = form == "webm"
    with av.open(out, "w", format={"mkv": "matroska"}.get(form, form)) as container:
        video = container.add_stream("libvpx" if webm else "libx264", rate=rate)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        if rotation:
            video.set_display_rotation(rotation)
        audio = (
            container.add_stream("libopus" if webm else "aac", rate=48_000, layout="mono") if sound else None
        )
        for n in range(int(seconds * rate)):
            image = Image.new("RGB", size, (min(255, 40 * (n // rate)),) * 3)
            image.paste((255, 0, 0), (0, 0, size[0] // 3, size[1] // 3))
            container.mux(video.encode(av.VideoFrame.from_image(image)))
        container.mux(video.encode(None))
        if audio is not None:
            _tone(container, audio, seconds, 48_000)
    return out.getvalue()


def film_at(times: Sequence[float], form: str = "mp4", b_frames: int = 3) -> bytes:
    """A film whose frames are shown at these times, in seconds, each in a colour of its own."""
    out = io.BytesIO()
    with av.open(out, "w", format={"mkv": "matroska"}.get(form, form)) as container:
        video = container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.time_base = video.codec_context.time_base = Fraction(1, 1000)
        video.codec_context.max_b_frames, video.codec_context.gop_size = b_frames, 250
        for i, seconds in enumerate(times):
            frame = av.VideoFrame.from_image(Image.new("RGB", (96, 64), (i * 37 % 256, i * 91 % 256, 90)))
            frame.pts, frame.time_base = round(seconds * 1000), Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return out.getvalue()


def tone(form: str = "wav", seconds: float = 1.0) -> bytes:
    codec, container_form, rate = {
        "wav": ("pcm_s16le", "wav", 44_100), "mp3": ("libmp3lame", "mp3", 44_100), "m4a": ("aac", "ipod", 44_100),
        "flac": ("flac", "flac", 44_100), "ogg": ("libopus", "ogg", 48_000),
    }[form]  # fmt: skip
    out = io.BytesIO()
    with av.open(out, "w", format=container_form) as container:
        _tone(container, container.add_stream(codec, rate=rate, layout="mono"), seconds, rate)
    return out.getvalue()


def _tone(container: object, stream: object, seconds: float, rate: int) -> None:
    resampler = av.AudioResampler(stream.codec_context.format, "mono", rate)  # type: ignore[attr-defined]
    step = 1024
    for at in range(0, int(seconds * rate), step):
        count = min(step, int(seconds * rate) - at)
        wave = (np.sin(np.arange(at, at + count) * 440 * 2 * np.pi / rate) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        for piece in resampler.resample(frame):
            container.mux(stream.encode(piece))  # type: ignore[attr-defined]
    container.mux(stream.encode(None))  # type: ignore[attr-defined]


def zip_bomb(kind: str = "word/document.xml", megabytes: int = 400) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open(kind, "w", force_zip64=True) as entry:
            block = bytes(1 << 20)
            for _ in range(megabytes):
                entry.write(block)
    return out.getvalue()


def many_entries(count: int) -> bytes:
    """An archive of empty files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        for number in range(count):
            made.writestr(f"word/{number:06}.xml", b"")
    return out.getvalue()


def archive(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, content)
    return out.getvalue()


def pixel_bomb() -> bytes:
    """A PNG whose header declares 60,000 × 60,000 pixels, in under a kilobyte."""
    return declaring(60_000, 60_000)


def declaring(width: int, height: int, mode: str = "1") -> bytes:
    """A PNG whose header declares this size, with less in it."""
    data = bytearray(saved(Image.new(mode, (8, 8)), "PNG"))
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

PICTURES: Mapping[str, Callable[[], bytes]] = {
    "photo.jpg": lambda: jpeg(orientation=6),
    "drawing.png": lambda: saved(quadrants(), "PNG"),
    "photo.webp": lambda: saved(quadrants(), "WEBP"),
    "photo.avif": lambda: saved(quadrants(), "AVIF"),
    "photo.heic": lambda: saved(quadrants(), "HEIF"),
    "scan.tiff": lambda: saved(quadrants(), "TIFF"),
    "old.bmp": lambda: saved(quadrants(), "BMP"),
    "moving.gif": gif,
}
DOCUMENTS: Mapping[str, Callable[[], bytes]] = {
    "report.pdf": pdf,
    "report.docx": word,
    "deck.pptx": slides,
    "sales.xlsx": workbook,
    "note.txt": lambda: b"Just a note.\nSecond line.",
    "readme.md": lambda: b"# Title\n\nSome *text*.",
    "table.csv": lambda: b"Year;Sum\n2024;10\n2025;12\n",
    "data.json": lambda: json.dumps({"a": [1, 2, 3]}).encode(),
    "page.html": lambda: (
        b"<html><head><title>T</title><script>x()</script></head><body><h1>Hi</h1><p>There</p></body>"
    ),
    "code.py": lambda: b"def f():\n    return 1\n",
}
FILMS: Mapping[str, Callable[[], bytes]] = {
    "film.mp4": film,
    "film.mov": lambda: film("mov"),
    "film.mkv": lambda: film("mkv"),
    "film.webm": lambda: film("webm"),
}
RECORDINGS: Mapping[str, Callable[[], bytes]] = {
    "tone.wav": tone,
    "tone.mp3": lambda: tone("mp3"),
    "tone.m4a": lambda: tone("m4a"),
    "tone.flac": lambda: tone("flac"),
    "tone.ogg": lambda: tone("ogg"),
}
EVERY: Mapping[str, Callable[[], bytes]] = {**PICTURES, **DOCUMENTS, **FILMS, **RECORDINGS}


@cache
def made(name: str) -> bytes:
    """The file of EVERY, the same bytes each time: a film is not encoded the same way twice on a busy machine."""
    return EVERY[name]()


def write(folder: Path, name: str, data: bytes | None = None) -> Path:
    path = folder / name
    path.write_bytes(made(name) if data is None else data)
    return path


def tiff_rotated() -> bytes:
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[0x0112] = 6
    return saved(quadrants().transpose(Image.Transpose.ROTATE_90), "TIFF", tiffinfo=info)
