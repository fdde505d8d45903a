from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import media_files as files
import pytest
from PIL import Image, ImageCms, JpegImagePlugin

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media.formats import pixels
from glm_ui.media.formats.images import Limits, prepare_image, upright

ZAI = Limits(5 << 20, (6000, 6000), ("image/jpeg", "image/png"))


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def close(a: tuple[int, ...], b: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(x - y) <= by for x, y in zip(a, b, strict=True))


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    rgb = image.convert("RGB")
    w, h = rgb.size
    return [
        rgb.getpixel(p)
        for p in ((w // 4, h // 4), (3 * w // 4, h // 4), (w // 4, 3 * h // 4), (3 * w // 4, 3 * h // 4))
    ]


UPRIGHT = [files.RED, files.GREEN, files.BLUE, files.YELLOW]


@pytest.mark.parametrize("name", files.PICTURES)
def test_every_picture_format_becomes_jpeg_or_png_without_metadata(name: str) -> None:
    (picture,) = prepare_image(files.made(name), name, ZAI)
    sent = opened(picture.data)
    assert sent.format in ("JPEG", "PNG")
    assert picture.mime == Image.MIME[sent.format]
    assert sent.size == (picture.width, picture.height) == picture.original_size
    assert set(sent.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not sent.getexif()
    assert opened(picture.thumbnail).format == "JPEG"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation: int) -> None:
    data = files.jpeg(120, 80, orientation)
    (picture,) = prepare_image(data, "a.jpg", ZAI)
    assert picture.original_size == (120, 80)
    assert picture.stored_size == ((80, 120) if orientation >= 5 else (120, 80))
    assert all(close(a, b) for a, b in zip(corners(opened(picture.data)), UPRIGHT, strict=True))
    assert upright(data).size == (120, 80)


def test_a_rotated_tiff_comes_out_upright() -> None:
    (picture,) = prepare_image(files.tiff_rotated(), "a.tif", ZAI)
    assert (picture.width, picture.height) == picture.original_size == (120, 80)
    assert all(close(a, b) for a, b in zip(corners(opened(picture.data)), UPRIGHT, strict=True))


def test_metadata_goes_and_the_pixels_of_an_upright_picture_stay_exactly() -> None:
    data = files.jpeg(orientation=1)
    assert files.GPS_TEXT in data
    (picture,) = prepare_image(data, "a.jpg", ZAI)
    assert files.GPS_TEXT not in picture.data
    assert b"private comment" not in picture.data
    assert opened(picture.data).tobytes() == opened(data).tobytes()


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_a_clean_picture_that_fits_is_sent_byte_for_byte(name: str) -> None:
    data = files.saved(files.quadrants(), name)
    assert prepare_image(data, "a", ZAI)[0].data == data


def test_no_segment_of_a_jpeg_that_may_hold_metadata_is_sent() -> None:
    """APP1 to APP15 and comments, IPTC in APP13 among them; only Adobe's APP14 tells how to read the colours."""
    data = files.saved(files.quadrants(), "JPEG")
    for marker in (*range(0xE1, 0xF0), 0xFE):
        body = b"Photoshop 3.0\0the photographer's name"
        segment = bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body
        sent = prepare_image(data[:2] + segment + data[2:], "a.jpg", ZAI)[0].data
        assert b"photographer" not in sent, hex(marker)
        assert sent == data


@pytest.mark.parametrize("chunk_name", [b"EXIF", b"XMP ", b"ICCP", b"HIDE"])
def test_no_chunk_of_a_webp_that_may_hold_metadata_is_sent(chunk_name: bytes) -> None:
    plain = files.saved(files.quadrants(), "WEBP")
    body = b"the photographer's home!"
    extended = b"VP8X" + struct.pack("<I", 10) + bytes((0x0C, 0, 0, 0, 119, 0, 0, 79, 0, 0))
    inside = b"WEBP" + extended + plain[12:] + chunk_name + struct.pack("<I", len(body)) + body
    whole = b"RIFF" + struct.pack("<I", len(inside)) + inside
    assert opened(whole).size == (120, 80)
    picture = prepare_image(whole, "a.webp", Limits(mimes=("image/webp",)))[0]
    assert b"photographer" not in picture.data
    assert picture.data == plain


def test_what_trails_a_picture_is_not_sent() -> None:
    data = files.saved(files.quadrants(), "JPEG")
    assert prepare_image(data + b"a film of my living room", "a.jpg", ZAI)[0].data == data


def test_text_chunks_of_a_png_are_not_sent() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", "who and where")
    info.add_text("parameters", "a secret prompt")
    data = files.saved(files.quadrants(), "PNG", pnginfo=info, exif=files.private_exif())
    sent = prepare_image(data, "a.png", ZAI)[0].data
    assert b"secret" not in sent
    assert files.GPS_TEXT not in sent
    assert b"who and where" not in sent
    assert opened(sent).tobytes() == opened(data).tobytes()


def test_alpha_is_laid_on_white() -> None:
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    for form in ("PNG", "WEBP", "TIFF", "AVIF"):
        sent = opened(prepare_image(files.saved(image, form), "a", ZAI)[0].data).convert("RGB")
        assert close(sent.getpixel((20, 20)), (255, 255, 255), 4), form


def test_a_palette_with_transparency_is_laid_on_white() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    data = files.saved(image, "PNG", transparency=0)
    assert opened(prepare_image(data, "a.png", ZAI)[0].data).convert("RGB").getpixel((5, 5)) == (
        255,
        255,
        255,
    )


def test_cmyk_becomes_rgb() -> None:
    data = files.saved(files.quadrants().convert("CMYK"), "JPEG")
    sent = opened(prepare_image(data, "a.jpg", ZAI)[0].data)
    assert sent.mode == "RGB"
    assert close(corners(sent)[0], files.RED, 25)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(form: str) -> None:
    image = Image.new("I;16", (20, 20), 32768)
    sent = opened(prepare_image(files.saved(image, form), "a", ZAI)[0].data)
    assert sent.mode == "L"
    assert close((sent.getpixel((3, 3)),), (128,), 2)


def test_a_wide_colour_profile_becomes_srgb() -> None:
    lab = ImageCms.createProfile("LAB")
    assert lab is not None
    swapped = _swapped_profile()
    data = files.saved(Image.new("RGB", (30, 30), (255, 0, 0)), "JPEG", icc_profile=swapped, quality=95)
    sent = opened(prepare_image(data, "a.jpg", ZAI)[0].data).convert("RGB")
    assert close(sent.getpixel((9, 9)), (0, 255, 0), 40)
    assert "icc_profile" not in sent.info


def _swapped_profile() -> bytes:
    """sRGB with its red and green columns exchanged and another name, so that a conversion can be seen."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    for i in range(count):
        at = 132 + 12 * i
        tag = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(tag, tag)
    for name in ("sRGB", "srgb"):
        wide = name.encode("utf-16-be")
        profile = bytearray(
            bytes(profile).replace(wide, "wide".encode("utf-16-be")).replace(name.encode(), b"wide")
        )
    return bytes(profile)


def test_a_large_picture_is_fitted_into_pixels_and_bytes() -> None:
    limits = Limits(60_000, (400, 400), ("image/jpeg", "image/png"))
    (picture,) = prepare_image(files.saved(files.noise(1000, 500), "JPEG", quality=95), "a.jpg", limits)
    assert len(picture.data) <= 60_000
    assert picture.width <= 400
    assert abs(picture.width / picture.height - 2) < 0.02
    assert picture.original_size == (1000, 500)
    assert "Made smaller" in picture.notes[0]


def test_the_best_quality_that_fits_is_taken() -> None:
    source = files.saved(files.noise(300, 300), "BMP")
    roomy = prepare_image(source, "a.bmp", Limits(120_000, None, ("image/jpeg",)))[0]
    tight = prepare_image(source, "a.bmp", Limits(60_000, None, ("image/jpeg",)))[0]
    assert 60_000 < len(roomy.data) <= 120_000
    assert 30_000 < len(tight.data) <= 60_000
    assert (tight.width, tight.height) == (300, 300)


def test_a_large_picture_comes_close_to_the_bytes_it_may_have() -> None:
    source = files.saved(files.noise(1600, 1400), "BMP")
    (picture,) = prepare_image(source, "a.bmp", Limits(1_500_000, None, ("image/jpeg",)))
    assert 1_300_000 < len(picture.data) <= 1_500_000
    assert (picture.width, picture.height) == (1600, 1400)


def test_a_jpeg_that_is_turned_is_coded_as_it_was() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    soft = files.noise(100, 80).resize((800, 640), Image.Resampling.BICUBIC)
    source = files.saved(soft, "JPEG", quality=70, exif=exif.tobytes())
    (picture,) = prepare_image(source, "a.jpg", Limits(None, None, ("image/jpeg",)))
    assert (picture.width, picture.height) == (640, 800)
    assert 0.8 < len(picture.data) / len(source) < 1.2
    with Image.open(io.BytesIO(picture.data)) as sent, Image.open(io.BytesIO(source)) as own:
        assert JpegImagePlugin.get_sampling(sent) == JpegImagePlugin.get_sampling(own) == 2


def test_one_frame_of_an_animation_or_several() -> None:
    (first,) = prepare_image(files.gif(5), "a.gif", ZAI)
    assert "first of its 5" in first.notes[0]
    three = prepare_image(files.gif(5), "a.gif", ZAI, 3)
    assert three[0].notes[0] == "3 of its 5 pictures are sent, at even distances."
    assert len({p.sha256 for p in three}) == 3
    assert not any("of its" in note for p in prepare_image(files.gif(5), "a.gif", ZAI, 5) for note in p.notes)


def test_pages_of_a_tiff_are_pictures_too() -> None:
    pages = [Image.new("RGB", (30, 40 + i), (i * 50, 0, 0)) for i in range(3)]
    data = files.saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert [p.height for p in prepare_image(data, "a.tif", ZAI, 9)] == [40, 41, 42]


def test_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(CannotSend, match="too large to open"):
        prepare_image(files.pixel_bomb(), "bomb.png", ZAI)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "GIF", "BMP"])
def test_a_truncated_picture_is_said_to_be_damaged(form: str) -> None:
    data = files.saved(files.noise(90, 90), form)
    for keep in (0.6, 0.1):
        with pytest.raises(BadInput, match="damaged"):
            prepare_image(data[: int(len(data) * keep)], "cut", ZAI)


def test_a_picture_counts_what_the_model_makes_of_it() -> None:
    picture = prepare_image(files.saved(files.quadrants(280, 157), "PNG"), "a.png", ZAI)[0]
    assert picture.tokens == 10 * 6


@pytest.mark.parametrize("size", [(1, 1), (5, 400), (16, 16)])
def test_a_picture_smaller_than_one_square_is_enlarged(size: tuple[int, int]) -> None:
    """Older processors of GLM refuse it with an error."""
    picture = prepare_image(files.saved(Image.new("RGB", size, "red"), "PNG"), "dot.png", ZAI)[0]
    assert min(picture.width, picture.height) >= 28
    assert opened(picture.data).convert("RGB").getpixel((20, 20)) == (255, 0, 0)
    assert picture.notes[0].startswith("Made larger")


def test_a_strip_that_the_model_refuses_is_refused_in_words() -> None:
    with pytest.raises(CannotSend, match="too long and narrow") as refused:
        prepare_image(files.saved(Image.new("L", (2020, 10)), "PNG"), "strip.png", ZAI)
    assert "2020×10" in refused.value.why
    assert "200 times" in refused.value.why


def chunks_of(png: bytes) -> list[tuple[int, bytes]]:
    """(where it begins, its kind) of each chunk."""
    found, at = [], 8
    while at < len(png):
        found.append((at, png[at + 4 : at + 8]))
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return found


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_a_png_with_a_flipped_bit_is_refused_wherever_it_is() -> None:
    data = files.saved(files.quadrants(300, 200), "PNG")
    assert prepare_image(data, "a.png", ZAI)[0].data == data
    (start,) = (at for at, kind in chunks_of(data) if kind == b"IDAT")
    length = int.from_bytes(data[start : start + 4], "big")
    for at in range(start + 8, start + 12 + length, max(1, length // 40)):
        broken = bytearray(data)
        broken[at] ^= 0x10
        with pytest.raises(BadInput, match="damaged"):
            prepare_image(bytes(broken), "a.png", ZAI)


def with_chunk(png: bytes, kind: bytes, body: bytes = b"x" * 50, *, whole: bool = False) -> bytes:
    """The PNG with one more chunk behind its header, whose checksum is wrong unless `whole`."""
    made = chunk(kind, body)
    return png[:33] + (made if whole else made[:-1] + bytes([made[-1] ^ 1])) + png[33:]


@pytest.mark.parametrize("kind", [b"iCCP", b"eXIf", b"tEXt", b"pHYs", b"gAMA", b"zzZz"])
def test_a_png_is_taken_whose_side_chunk_has_a_wrong_checksum(kind: bytes, tmp_path: Path) -> None:
    data = files.saved(files.quadrants(300, 200), "PNG")
    broken = with_chunk(with_chunk(data, b"tEXt", b"a\0b", whole=True), kind)
    (tmp_path / "a.png").write_bytes(broken)
    for source in (broken, tmp_path / "a.png"):
        (picture,) = prepare_image(source, "a.png", ZAI)
        assert picture.data == data, "the chunk itself is not sent"
        assert upright(source).tobytes() == Image.open(io.BytesIO(data)).convert("RGB").tobytes()


@pytest.mark.parametrize("kind", [b"tRNS", b"acTL", b"fcTL", b"PLTE", b"ABCD"])
def test_a_png_is_refused_whose_checksum_is_wrong_where_it_decides_what_is_seen(kind: bytes) -> None:
    data = files.saved(files.quadrants(300, 200), "PNG")
    with pytest.raises(BadInput):
        prepare_image(with_chunk(data, kind), "a.png", ZAI)


def test_a_side_chunk_with_a_wrong_checksum_hides_no_damaged_pixels() -> None:
    broken = bytearray(with_chunk(files.saved(files.quadrants(300, 200), "PNG"), b"iCCP"))
    (start,) = (at for at, kind in chunks_of(bytes(broken)) if kind == b"IDAT")
    broken[start + 20] ^= 0x10
    with pytest.raises(BadInput, match="damaged"):
        prepare_image(bytes(broken), "a.png", ZAI)
    many = data = files.saved(files.quadrants(300, 200), "PNG")
    for _ in range(101):
        many = with_chunk(many, b"tEXt", b"")
    assert prepare_image(data, "a.png", ZAI)
    with pytest.raises(BadInput):
        prepare_image(many, "a.png", ZAI)


def test_a_png_whose_rows_end_early_is_refused() -> None:
    """Each chunk is whole by its checksum; the rows in them are not."""
    data = files.saved(files.noise(90, 90), "PNG")
    packed = b"".join(
        data[at + 8 : at + 8 + int.from_bytes(data[at : at + 4], "big")]
        for at, kind in chunks_of(data)
        if kind == b"IDAT"
    )
    rows = zlib.decompress(packed)
    for body in (packed[: len(packed) * 2 // 3], zlib.compress(rows[: len(rows) * 2 // 3])):
        cut = data[:33] + chunk(b"IDAT", body) + chunk(b"IEND", b"")
        with pytest.raises(BadInput, match="damaged"):
            prepare_image(cut, "a.png", ZAI)


@pytest.mark.parametrize(("ink", "ground"), [("white", (64, 64, 64)), ("black", (255, 255, 255))])
@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_what_is_drawn_on_nothing_gets_a_ground_on_which_it_is_seen(
    form: str, ink: str, ground: tuple[int, int, int]
) -> None:
    image = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    image.paste(ink, (20, 20, 60, 60))
    picture = prepare_image(files.saved(image, form), "logo", ZAI)[0]
    sent = opened(picture.data).convert("RGB")
    assert close(sent.getpixel((5, 5)), ground, 4)
    assert close(sent.getpixel((40, 40)), (255,) * 3 if ink == "white" else (0,) * 3, 4)
    assert "transparent" in picture.notes[0]
    assert ("dark grey" in picture.notes[0]) == (ink == "white")


def grey_tiff(bits: int, values: list[int], photometric: int = 1) -> bytes:
    """One row of unpacked grey, 12 or 16 bits a pixel, little-endian."""
    packed = 0
    for value in values:
        packed = packed << bits | value
    row = (
        packed.to_bytes(len(values) * bits // 8, "big")
        if bits == 12
        else struct.pack(f"<{len(values)}H", *values)
    )
    tags = [
        (256, 3, len(values)), (257, 3, 40), (258, 3, bits), (259, 3, 1), (262, 3, photometric), (273, 4, 8),
        (277, 3, 1), (278, 3, 40), (279, 4, len(row) * 40),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    body = row * 40
    return (
        struct.pack("<2sHI", b"II", 42, 8 + len(body))
        + body
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
    )


@pytest.mark.parametrize(("bits", "photometric"), [(12, 1), (16, 1), (16, 0)])
def test_grey_of_many_bits_is_scaled_by_how_many_there_are(bits: int, photometric: int) -> None:
    most = 2**bits - 1
    sent = opened(
        prepare_image(grey_tiff(bits, [0, most // 4, most // 2, most] * 10, photometric), "a.tif", ZAI)[
            0
        ].data
    )
    shades = [0, 64, 128, 255]
    wanted = shades if photometric else [255 - shade for shade in shades]
    assert [abs(sent.getpixel((x, 20)) - shade) <= 2 for x, shade in enumerate(wanted)] == [True] * 4


def test_no_file_that_is_taken_costs_much_memory(tmp_path: Path) -> None:
    """25 megapixels each, in one process; the peak is set back between them."""
    large = Image.new("RGB", (6124, 4082), (90, 120, 30))
    large.paste((250, 10, 10), (0, 0, 2000, 2000))
    options: dict[str, dict[str, object]] = {
        "a.jpg": {}, "b.webp": {"method": 0}, "c.png": {"compress_level": 1}, "d.tif": {},
    }  # fmt: skip
    for name, how in options.items():
        large.save(tmp_path / name, **how)  # type: ignore[arg-type]
    script = """
import json, sys
from pathlib import Path
from glm_ui.media.formats import images
def kilobytes(key):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key))
for name in sys.argv[1:]:
    Path("/proc/self/clear_refs").write_text("5")
    before = kilobytes("VmRSS")
    sent = images.prepare_image(Path(name), "large", images.Limits())[0]
    print(json.dumps([Path(name).name, sent.width, sent.height, (kilobytes("VmHWM") - before) >> 10]))
"""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("memory is measured by Linux's /proc")
    ran = subprocess.run(
        [sys.executable, "-c", script, *(str(tmp_path / name) for name in options)],
        capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=True,
    )  # fmt: skip
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [row[:3] for row in rows] == [[name, 2688, 1764] for name in options]
    assert all(row[3] <= 170 for row in rows), rows


def test_a_picture_that_cannot_be_held_is_refused_with_its_size() -> None:
    data = files.declaring(9000, 9000, "RGB")
    with pytest.raises(CannotSend, match="too large to open") as refused:
        prepare_image(data, "huge.png", ZAI)
    assert "9000×9000" in refused.value.why
    assert "smaller" in refused.value.todo


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
@pytest.mark.parametrize("form", ["WEBP", "AVIF", "HEIF", "TIFF", "PNG", "JPEG"])
def test_large_pictures_look_like_small_ones(form: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is decoded in the thrifty way, or strip by strip, has the same colours in the same places."""
    if (form, mode) in (("JPEG", "RGBA"), ("JPEG", "P"), ("HEIF", "P")):
        return  # cannot be saved so
    image = files.quadrants(650, 326).convert(mode)
    exif = {} if form in ("HEIF", "TIFF") else {"exif": files.private_exif(6)}
    data = files.saved(image, form, **exif)
    small = Limits(max_pixels=(150, 150))
    plain = prepare_image(data, "large", small)[0]
    monkeypatch.setattr(pixels, "LARGE", 10_000)
    monkeypatch.setattr(pixels, "_STRIP_ROWS", 50)
    thrifty = prepare_image(data, "large", small)[0]
    assert thrifty.original_size == plain.original_size == ((326, 650) if exif else (650, 326))
    found = [corners(opened(picture.data)) for picture in (plain, thrifty)]
    assert all(close(a, b) for a, b in zip(*found, strict=True)), found
    colours = [UPRIGHT[2], UPRIGHT[0], UPRIGHT[3], UPRIGHT[1]] if exif else UPRIGHT
    assert mode == "L" or all(close(a, b, 25) for a, b in zip(found[1], colours, strict=True)), found


def test_the_second_picture_of_a_phones_photo_is_not_counted() -> None:
    """A gain map stands behind the picture in an MPO, as Android's and Apple's cameras write them."""
    main, other = Image.new("RGB", (200, 100), "red"), Image.new("L", (50, 25))
    data = files.saved(main, "MPO", save_all=True, append_images=[other])
    picture = prepare_image(data, "photo.jpg", ZAI)[0]
    assert picture.notes == ()
    assert picture.mime == "image/jpeg"


def test_a_rare_kind_of_tiff_is_not_called_damaged_alone() -> None:
    """Three channels of floating-point numbers: ImageMagick writes them, Pillow does not know them."""
    data = bytearray(files.saved(files.quadrants(), "TIFF"))
    at = data.index(struct.pack("<HHI", 258, 3, 3))  # BitsPerSample
    where = struct.unpack_from("<I", data, at + 8)[0]
    data[where : where + 6] = struct.pack("<3H", 24, 24, 24)
    with pytest.raises(BadInput, match="rare variety") as refused:
        prepare_image(bytes(data), "scan.tif", Limits())
    assert "JPEG or PNG" in refused.value.todo
