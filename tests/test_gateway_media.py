"""Files that programs send go the way of the page's own: looked at, made to fit, stripped, or refused in words."""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx
import PIL.Image
import pytest

from tests.serving import Served
from tests.upstream import openai_frames

PRIVATE = b"secret place"


def picture(form: str, size: tuple[int, int] = (64, 64)) -> bytes:
    exif = PIL.Image.Exif()
    exif[0x010E] = PRIVATE.decode()
    file = io.BytesIO()
    PIL.Image.effect_noise(size, 60).convert("RGB").save(file, form, exif=exif)
    return file.getvalue()


def pdf(words: str) -> bytes:
    """One page with this text."""
    stream = f"BT /F1 24 Tf 72 700 Td ({words}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    file = b"%PDF-1.4\n"
    places = []
    for number, said in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, said)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        file
        + b"xref\n0 6\n0000000000 65535 f \n%btrailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
        % (
            table,
            len(file),
        )
    )


def source(data: bytes, mime: str) -> dict[str, str]:
    return {"type": "base64", "media_type": mime, "data": base64.b64encode(data).decode()}


def ask(served: Served, content: list[dict[str, Any]], model: str = "glm-4.5v") -> httpx.Response:
    served.up.reply(sse=openai_frames("", "Seen."))
    message = {"role": "user", "content": [*content, {"type": "text", "text": "What is it?"}]}
    body = {"model": model, "max_tokens": 50, "messages": [message]}
    return httpx.post(f"{served.url}/anthropic/v1/messages", json=body, timeout=60)


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG"])
def test_a_picture_is_made_to_fit_and_loses_what_its_camera_wrote(served: Served, form: str) -> None:
    raw = picture(form)
    assert PRIVATE in raw
    block = {"type": "image", "source": source(raw, "image/png")}  # said wrongly for two of three
    assert ask(served, [block]).status_code == 200
    (sent,) = [p for p in served.up.requests[-1].json["messages"][0]["content"] if p["type"] == "image_url"]
    address = sent["image_url"]["url"]
    assert address.startswith(("data:image/jpeg;base64,", "data:image/png;base64,"))
    assert PRIVATE not in base64.b64decode(address.partition(",")[2])


def test_a_pdf_goes_as_the_model_can_read_it(served: Served) -> None:
    block = {"type": "document", "source": source(pdf("The answer is forty-two"), "application/pdf")}
    assert ask(served, [block], "glm-4.6").status_code == 200
    assert "forty-two" in str(served.up.requests[-1].json["messages"][0]["content"])


@pytest.mark.parametrize(
    ("block", "model"),
    [
        ({"type": "image", "source": source(b"not a picture", "image/png")}, "glm-4.5v"),
        ({"type": "image", "source": source(picture("PNG"), "image/png")}, "glm-4.6"),
        ({"type": "image", "source": {"type": "url", "url": "http://127.0.0.1:1/cat"}}, "glm-4.5v"),
        ({"type": "image", "source": {"type": "url", "url": "http://169.254.169.254/x.png"}}, "glm-4.5v"),
    ],
    ids=["no picture", "a model without eyes", "a private address", "a private address, by the provider"],
)
def test_what_cannot_go_is_refused_before_anything_is_asked(
    served: Served, block: dict[str, Any], model: str
) -> None:
    got = ask(served, [block], model)
    assert got.status_code == 400, got.text
    assert got.json()["error"]["type"] == "invalid_request_error"
    assert not served.up.requests
