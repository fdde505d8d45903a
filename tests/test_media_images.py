from __future__ import annotations

import io
import struct

import media_files as files
import pytest
from PIL import Image, ImageCms

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media.images import Limits, prepare, upright
from glm_ui.media.kinds import look

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


@pytest.mark.parametrize("name", [n for n in files.EVERY if look(files.EVERY[n](), n).format.kind == "image"])
def test_every_picture_format_becomes_jpeg_or_png_without_metadata(name: str) -> None:
    (picture,) = prepare(files.EVERY[name](), name, ZAI)
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
    (picture,) = prepare(data, "a.jpg", ZAI)
    assert picture.original_size == (120, 80)
    assert picture.stored_size == ((80, 120) if orientation >= 5 else (120, 80))
    assert all(close(a, b) for a, b in zip(corners(opened(picture.data)), UPRIGHT, strict=True))
    assert upright(data).size == (120, 80)


def test_a_rotated_tiff_comes_out_upright() -> None:
    (picture,) = prepare(files.tiff_rotated(), "a.tif", ZAI)
    assert (picture.width, picture.height) == picture.original_size == (120, 80)
    assert all(close(a, b) for a, b in zip(corners(opened(picture.data)), UPRIGHT, strict=True))


def test_metadata_goes_and_the_pixels_of_an_upright_picture_stay_exactly() -> None:
    data = files.jpeg(orientation=1)
    assert files.GPS_TEXT in data
    (picture,) = prepare(data, "a.jpg", ZAI)
    assert files.GPS_TEXT not in picture.data
    assert b"private comment" not in picture.data
    assert opened(picture.data).tobytes() == opened(data).tobytes()


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_a_clean_picture_that_fits_is_sent_byte_for_byte(name: str) -> None:
    data = files.saved(files.quadrants(), name)
    assert prepare(data, "a", ZAI)[0].data == data


def test_what_trails_a_picture_is_not_sent() -> None:
    data = files.saved(files.quadrants(), "JPEG")
    assert prepare(data + b"a film of my living room", "a.jpg", ZAI)[0].data == data


def test_text_chunks_of_a_png_are_not_sent() -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", "who and where")
    info.add_text("parameters", "a secret prompt")
    data = files.saved(files.quadrants(), "PNG", pnginfo=info, exif=files.private_exif())
    sent = prepare(data, "a.png", ZAI)[0].data
    assert b"secret" not in sent
    assert files.GPS_TEXT not in sent
    assert b"who and where" not in sent
    assert opened(sent).tobytes() == opened(data).tobytes()


def test_alpha_is_laid_on_white() -> None:
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    for form in ("PNG", "WEBP", "TIFF", "AVIF"):
        sent = opened(prepare(files.saved(image, form), "a", ZAI)[0].data).convert("RGB")
        assert close(sent.getpixel((20, 20)), (255, 255, 255), 4), form


def test_a_palette_with_transparency_is_laid_on_white() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    data = files.saved(image, "PNG", transparency=0)
    assert opened(prepare(data, "a.png", ZAI)[0].data).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_cmyk_becomes_rgb() -> None:
    data = files.saved(files.quadrants().convert("CMYK"), "JPEG")
    sent = opened(prepare(data, "a.jpg", ZAI)[0].data)
    assert sent.mode == "RGB"
    assert close(corners(sent)[0], files.RED, 25)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(form: str) -> None:
    image = Image.new("I;16", (20, 20), 32768)
    sent = opened(prepare(files.saved(image, form), "a", ZAI)[0].data)
    assert sent.mode == "L"
    assert close((sent.getpixel((3, 3)),), (128,), 2)


def test_a_wide_colour_profile_becomes_srgb() -> None:
    lab = ImageCms.createProfile("LAB")
    assert lab is not None
    swapped = _swapped_profile()
    data = files.saved(Image.new("RGB", (30, 30), (255, 0, 0)), "JPEG", icc_profile=swapped, quality=95)
    sent = opened(prepare(data, "a.jpg", ZAI)[0].data).convert("RGB")
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
    (picture,) = prepare(files.saved(files.noise(1000, 500), "JPEG", quality=95), "a.jpg", limits)
    assert len(picture.data) <= 60_000
    assert picture.width <= 400
    assert abs(picture.width / picture.height - 2) < 0.02
    assert picture.original_size == (1000, 500)
    assert "Made smaller" in picture.notes[0]


def test_the_best_quality_that_fits_is_taken() -> None:
    source = files.saved(files.noise(300, 300), "BMP")
    roomy = prepare(source, "a.bmp", Limits(120_000, None, ("image/jpeg",)))[0]
    tight = prepare(source, "a.bmp", Limits(60_000, None, ("image/jpeg",)))[0]
    assert 60_000 < len(roomy.data) <= 120_000
    assert 30_000 < len(tight.data) <= 60_000
    assert (tight.width, tight.height) == (300, 300)


def test_one_frame_of_an_animation_or_several() -> None:
    (first,) = prepare(files.gif(5), "a.gif", ZAI)
    assert "first of its 5" in first.notes[0]
    three = prepare(files.gif(5), "a.gif", ZAI, 3)
    assert [p.notes[0] for p in three] == ["Picture 1 of 5.", "Picture 3 of 5.", "Picture 5 of 5."]
    assert len({p.sha256 for p in three}) == 3


def test_pages_of_a_tiff_are_pictures_too() -> None:
    pages = [Image.new("RGB", (30, 20 + i), (i * 50, 0, 0)) for i in range(3)]
    data = files.saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert [p.height for p in prepare(data, "a.tif", ZAI, 9)] == [20, 21, 22]


def test_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(CannotSend, match="too large to open"):
        prepare(files.pixel_bomb(), "bomb.png", ZAI)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "GIF", "BMP"])
def test_a_truncated_picture_is_said_to_be_damaged(form: str) -> None:
    data = files.saved(files.noise(90, 90), form)
    for keep in (0.6, 0.1):
        with pytest.raises(BadInput, match="damaged"):
            prepare(data[: int(len(data) * keep)], "cut", ZAI)


def test_visual_tokens_are_squares_of_28_pixels() -> None:
    picture = prepare(files.saved(files.quadrants(280, 57), "PNG"), "a.png", ZAI)[0]
    assert picture.tokens == 10 * 3


def test_a_rare_kind_of_tiff_is_not_called_damaged_alone() -> None:
    """Three channels of floating-point numbers: ImageMagick writes them, Pillow does not know them."""
    data = bytearray(files.saved(files.quadrants(), "TIFF"))
    at = data.index(struct.pack("<HHI", 258, 3, 3))  # BitsPerSample
    where = struct.unpack_from("<I", data, at + 8)[0]
    data[where : where + 6] = struct.pack("<3H", 24, 24, 24)
    with pytest.raises(BadInput, match="rare variety") as refused:
        prepare(bytes(data), "scan.tif", Limits())
    assert "JPEG or PNG" in refused.value.todo
