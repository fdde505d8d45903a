"""Draws the example files of the Multimodal tab into glm_ui/web/examples. Run it from the project's root; what it
writes is small and kept in the repository.

    python scripts/examples.py
"""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FOLDER = Path(__file__).parents[1] / "glm_ui/web/examples"
INK, QUIET, LINE, PAPER = (28, 29, 33), (110, 113, 122), (220, 222, 228), (255, 255, 255)
RED, BLUE, GREEN, YELLOW, PURPLE = (214, 54, 48), (52, 92, 214), (46, 154, 92), (240, 186, 42), (134, 84, 190)


def font(size: float) -> ImageFont.FreeTypeFont:
    made = ImageFont.load_default(size)
    assert isinstance(made, ImageFont.FreeTypeFont)  # noqa: S101
    return made


def smooth(draw_at: int, size: tuple[int, int], paint, background=PAPER) -> Image.Image:  # type: ignore[no-untyped-def]
    """What `paint(draw, scale)` draws, made larger first so that edges are smooth."""
    image = Image.new("RGB", (size[0] * draw_at, size[1] * draw_at), background)
    paint(ImageDraw.Draw(image), draw_at)
    return image.resize(size, Image.Resampling.LANCZOS)


def shapes() -> Image.Image:
    def paint(draw: ImageDraw.ImageDraw, s: int) -> None:
        def at(*points: int) -> list[int]:
            return [p * s for p in points]

        draw.ellipse(at(70, 70, 230, 230), fill=RED)
        draw.rounded_rectangle(at(330, 90, 520, 240), 18 * s, fill=BLUE)
        draw.polygon(at(690, 250, 780, 80, 870, 250), fill=GREEN)
        draw.regular_polygon((160 * s, 430 * s, 90 * s), 5, fill=YELLOW)
        draw.polygon(at(330, 500, 430, 330, 530, 500), fill=RED)
        draw.ellipse(at(620, 350, 720, 450), fill=PURPLE)
        draw.rounded_rectangle(at(760, 390, 890, 520), 18 * s, fill=RED)

    return smooth(3, (960, 600), paint)


GOODS = (
    ("Rye bread 750 g", 3.20),
    ("Oat milk 1 l", 1.95),
    ("Tomatoes 0.82 kg", 2.87),
    ("Olive oil 0.5 l", 7.49),
    ("Coffee beans 1 kg", 13.90),
    ("Dark chocolate", 2.15),
)


def receipt() -> Image.Image:
    total = sum(price for _, price in GOODS)

    def paint(draw: ImageDraw.ImageDraw, s: int) -> None:
        y = 40 * s
        for text, size in (("CORNER SHOP", 30), ("12 Mill Lane", 18), ("Tue 14 Oct   17:42   Till 2", 16)):
            draw.text((240 * s, y), text, INK, font(size * s), anchor="ma")
            y += (size + 14) * s
        y += 10 * s
        for name, price in GOODS:
            draw.text((40 * s, y), name, INK, font(20 * s))
            draw.text((440 * s, y), f"{price:.2f}", INK, font(20 * s), anchor="ra")
            y += 36 * s
        draw.line((40 * s, y + 6 * s, 440 * s, y + 6 * s), INK, 2 * s)
        y += 20 * s
        for name, value, size in (
            ("TOTAL EUR", total, 26),
            ("Cash", 40.0, 20),
            ("Change", 40.0 - total, 20),
        ):
            draw.text((40 * s, y), name, INK, font(size * s))
            draw.text((440 * s, y), f"{value:.2f}", INK, font(size * s), anchor="ra")
            y += (size + 14) * s
        draw.text((240 * s, y + 20 * s), "Thank you for your visit", QUIET, font(16 * s), anchor="ma")

    paper = smooth(2, (480, 620), paint, (252, 251, 247))
    desk = Image.new("RGB", (960, 760), (92, 74, 60))
    grain = np.random.default_rng(7).normal(0, 5, (760, 1, 3)).repeat(960, axis=1)
    desk = Image.fromarray(np.clip(np.asarray(desk) + grain, 0, 255).astype(np.uint8))
    turned = paper.convert("RGBA").rotate(-4, Image.Resampling.BICUBIC, expand=True)
    shadow = Image.new("RGBA", turned.size, (0, 0, 0, 0))
    shadow.putalpha(turned.getchannel("A").point(lambda a: a * 0.5).filter(ImageFilter.GaussianBlur(8)))
    desk.paste(shadow, (228, 56), shadow)
    desk.paste(turned, (220, 44), turned)
    return desk


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RAIN = (78, 61, 54, 43, 38, 22, 12, 15, 41, 82, 96, 88)
VISITS = (120, 135, 180, 240, 320, 410, 520, 505, 360, 230, 140, 128)


def chart() -> Image.Image:
    def paint(draw: ImageDraw.ImageDraw, s: int) -> None:
        draw.text((60 * s, 28 * s), "Visitors of the lido and rainfall, by month", INK, font(28 * s))
        base, left, step = 500, 80, 70
        for value in range(0, 601, 100):
            y = base - value * 0.62
            draw.line((left * s, y * s, (left + 12 * step) * s, y * s), LINE, s)
            draw.text(((left - 10) * s, y * s), str(value), QUIET, font(16 * s), anchor="rm")
        for i, (month, visits) in enumerate(zip(MONTHS, VISITS, strict=True)):
            x = left + i * step
            draw.rectangle(((x + 14) * s, (base - visits * 0.62) * s, (x + 56) * s, base * s), fill=BLUE)
            draw.text(((x + 35) * s, (base + 10) * s), month, QUIET, font(16 * s), anchor="ma")
        points = [((left + i * step + 35) * s, (base - rain * 3.1) * s) for i, rain in enumerate(RAIN)]
        draw.line(points, (236, 120, 40), 4 * s, joint="curve")
        for x, y in points:
            draw.ellipse((x - 6 * s, y - 6 * s, x + 6 * s, y + 6 * s), fill=(236, 120, 40))
        draw.rectangle((80 * s, 552 * s, 98 * s, 570 * s), fill=BLUE)
        draw.text((108 * s, 561 * s), "visitors a day", INK, font(17 * s), anchor="lm")
        draw.rectangle((270 * s, 552 * s, 288 * s, 570 * s), fill=(236, 120, 40))
        draw.text((298 * s, 561 * s), "rain in mm, scale five times as large", INK, font(17 * s), anchor="lm")

    return smooth(2, (960, 600), paint)


PAGES = (
    (
        "Handbook of the tool library",
        (
            "The tool library lends what a household needs twice a year.",
            "Members borrow up to five tools at a time, for seven days.",
            "A tool may be kept for seven more days if nobody waits for it.",
            "Membership costs 24 a year, and nothing below the age of 25.",
            "Open on Tuesday from 16 to 19 and on Saturday from 9 to 13.",
        ),
    ),
    (
        "When something breaks",
        (
            "Wear is normal and costs you nothing: tell us, and we mend it.",
            "What was lost or broken by misuse is replaced at half its price.",
            "Blades, drill bits and sandpaper are yours to bring or to buy here.",
            "Do not repair electrical tools yourself. Bring them back as they are.",
            "In 2025 we mended 212 tools; the oldest was a plane from 1931.",
        ),
    ),
    ("Safety", ("Goggles go with every power tool.", "Ladders are checked each spring.")),
    ("Volunteers", ("Two hours a month keep the library open.", "Ask at the desk.")),
)


def handbook() -> bytes:
    """A PDF with a text layer, written by hand."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(PAGES)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(PAGES)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, (title, lines) in enumerate(PAGES, 1):
        text = f"BT /F1 26 Tf 64 740 Td ({title}) Tj 0 -20 Td /F1 14 Tf"
        text += "".join(f" 0 -28 Td ({line}) Tj" for line in lines) + " ET"
        text += f" BT /F1 11 Tf 290 40 Td ({number}) Tj ET 0.24 0.36 0.85 rg 64 724 468 3 re f"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {3 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{at:010d} 00000 n \n" for at in offsets)
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


SECONDS, RATE = 6, 12


def scene(seconds: float) -> Image.Image:
    """A ball rolls in from the left, falls off a step at three seconds, and comes to rest."""
    x = 60 + seconds * 130 if seconds < 4.6 else 658
    fall = max(0.0, seconds - 2.85)
    y = 188 + (0.0 if fall == 0 else min(116, 190 * fall * fall))

    def paint(draw: ImageDraw.ImageDraw, s: int) -> None:
        draw.rectangle((0, 216 * s, 400 * s, 405 * s), fill=(150, 118, 84))
        draw.rectangle((400 * s, 332 * s, 720 * s, 405 * s), fill=(126, 98, 70))
        draw.ellipse(((x - 28) * s, (y - 28) * s, (x + 28) * s, (y + 28) * s), fill=RED)
        draw.ellipse(((x - 14) * s, (y - 16) * s, (x - 4) * s, (y - 6) * s), fill=(255, 190, 180))
        draw.ellipse((600 * s, 40 * s, 670 * s, 110 * s), fill=YELLOW)

    return smooth(2, (720, 405), paint, (198, 224, 244))


def clip() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "30", "preset": "veryslow"})
        stream.width, stream.height, stream.pix_fmt, stream.time_base = (
            720,
            405 // 2 * 2,
            "yuv420p",
            Fraction(1, RATE),
        )
        for i in range(SECONDS * RATE):
            frame = av.VideoFrame.from_image(scene(i / RATE).crop((0, 0, 720, 404)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def first_page() -> Image.Image:
    import pypdfium2

    page = pypdfium2.PdfDocument(handbook())[0].render(scale=0.9).to_pil()
    return page.crop((0, 20, page.width, 20 + page.width * 9 // 16))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    shapes().quantize(64).save(FOLDER / "shapes.png", optimize=True)
    receipt().save(FOLDER / "receipt.jpg", quality=82)
    chart().quantize(64).save(FOLDER / "chart.png", optimize=True)
    first_page().quantize(16).save(FOLDER / "handbook.png", optimize=True)
    scene(2.4).quantize(64).save(FOLDER / "clip.png", optimize=True)
    (FOLDER / "handbook.pdf").write_bytes(handbook())
    (FOLDER / "clip.mp4").write_bytes(clip())
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.name:14} {path.stat().st_size:8,}")


if __name__ == "__main__":
    main()
