from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import media_files as files
import pytest
from PIL import Image as Pillow

from glm_ui.accounting.tokens import estimate_request, visual_tokens
from glm_ui.catalogue import resolve
from glm_ui.catalogue.route import Route
from glm_ui.errors import BadInput, CannotSend, MissingKey
from glm_ui.media import plan as plans
from glm_ui.media import worker
from glm_ui.media.models import Chosen, Options, Ready
from glm_ui.media.plan import Plan, make_plan
from glm_ui.messages import Audio, ChatRequest, Document, Image, Message, Text, Video
from glm_ui.net.public_fetch import Fetched
from glm_ui.protocol import DIALECTS

PUBLIC = "https://93.184.215.14"
"""A host that is checked without a resolver."""


@pytest.fixture(scope="module", autouse=True)
def _workers_end() -> Iterator[None]:
    yield
    worker.close()


def route(model: str = "glm-4.5v", provider: str = "zai") -> Route:
    found = resolve(model, provider).route
    assert found is not None
    return found


def wire(plan: Plan, to: Route, prompt: str = "What is this?") -> list[dict[str, Any]]:
    """The content of the user's message as the dialect writes it."""
    request = ChatRequest(model="m", messages=(plan.message(prompt),))
    body = json.loads(json.dumps(DIALECTS[to.dialect].encode(request, to).body))
    content = body["messages"][-1]["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def pictures_of(content: list[dict[str, Any]]) -> list[bytes]:
    urls = [p["image_url"]["url"] for p in content if p["type"] == "image_url"]
    return [base64.b64decode(u.split(",", 1)[-1]) for u in urls]


async def plan_of(folder: Path, *names: str, to: Route | None = None, options: Options | None = None) -> Plan:
    chosen = [Chosen(files.write(folder, n), name=n) for n in names]
    return await make_plan(chosen, to or route(), options)


async def test_every_file_of_the_table_goes_to_glm_45v_in_some_way_or_says_why(tmp_path: Path) -> None:
    plan = await plan_of(tmp_path, *files.EVERY)
    ways = {f.name: f.sent_as or type(f.refusal).__name__ for f in plan.files}
    expected = {
        "image": "picture", "pdf": "pages", "document": "text", "video": "frames", "audio": "CannotSend",
    }  # fmt: skip
    for file in plan.files:
        kind = "pdf" if file.name.endswith(".pdf") else str(file.kind)
        assert ways[file.name] == expected[kind], (file.name, file.refusal)
    assert not plan.refusals
    assert not plan.warnings
    assert [f.name for f in plan.files] == list(files.EVERY)


async def test_what_the_plan_says_is_what_the_wire_carries(tmp_path: Path) -> None:
    to = route()
    plan = await plan_of(tmp_path, "photo.jpg", "report.pdf", "film.mp4", "note.txt", to=to)
    content = wire(plan, to)
    sent = pictures_of(content)
    items = [i for f in plan.files for i in f.items if i.size]
    assert [len(data) for data in sent] == [i.weight for i in items]
    assert [Pillow.open(io.BytesIO(data)).size for data in sent] == [i.size for i in items]
    assert [p["type"] for p in content] == [
        "image_url" if isinstance(p, Image) else "text" for p in plan.parts
    ] + ["text"]
    assert [p["text"] for p in content if p["type"] == "text"][:-1] == [
        p.text for p in plan.parts if isinstance(p, Text)
    ]
    assert files.GPS_TEXT not in b"".join(sent)
    assert plan.visual_tokens == sum(visual_tokens(*i.size) for i in items if i.size)
    assert content[-1]["text"] == "What is this?"


async def test_six_photos_of_a_phone_go_to_glm_45v_at_the_size_that_it_looks_at(tmp_path: Path) -> None:
    photo = files.write(tmp_path, "photo.jpg", files.saved(Pillow.new("RGB", (4032, 3024), "green"), "JPEG"))
    plan = await make_plan([Chosen(photo, name="photo.jpg")] * 6, route())
    assert not plan.refused
    assert plan.visual_tokens == 6 * 6030
    assert {f.items[0].size for f in plan.files} == {(2520, 1876)}
    assert plan.files[0].original_size == (4032, 3024)
    sent = estimate_request(ChatRequest(model="m", messages=(plan.message(""),)))
    assert sent - plan.tokens < 60  # the labels between the pictures and the template


async def test_frames_go_each_after_its_time(tmp_path: Path) -> None:
    plan = await plan_of(tmp_path, "film.mp4")
    file = plan.files[0]
    assert [i.label for i in file.items] == ["0:00", "0:01", "0:02"]
    kinds = [p.text if isinstance(p, Text) else type(p) for p in plan.parts]
    assert kinds == [
        "Frames of the video “film.mp4”, 0:03 long:",
        "[0:00]",
        Image,
        "[0:01]",
        Image,
        "[0:02]",
        Image,
    ]
    assert file.notes == ("Its sound is not sent.",)


async def test_rate_and_number_of_frames_are_adjustable(tmp_path: Path) -> None:
    path = files.write(tmp_path, "film.mp4")
    plan = await make_plan(
        [Chosen(path, name="f.mp4", per_second=2), Chosen(path, name="f.mp4", max_frames=1)], route()
    )
    assert [len(f.items) for f in plan.files] == [6, 1]


async def test_picked_pages_go_in_order_each_after_its_number(tmp_path: Path) -> None:
    path = files.write(tmp_path, "r.pdf", files.pdf(30))
    plan = await make_plan([Chosen(path, name="r.pdf", pages="3,1"), Chosen(path, name="r.pdf")], route())
    picked, whole = plan.files
    assert [i.label for i in picked.items] == ["page 3", "page 1"]
    assert picked.parts[0] == Text("Page 3 of “r.pdf”:")
    assert picked.pages == 30
    assert whole.sent_as == "text"
    assert "## Page 30\n\nPage 30 of the report" in whole.parts[0].text  # type: ignore[union-attr]
    assert "pick pages" in whole.notes[0]


@pytest.mark.parametrize("typed", [",", "3-1", "0", "999", "x", "1-99999999999"])
async def test_pages_that_cannot_be_read_leave_the_document_where_it_is(tmp_path: Path, typed: str) -> None:
    path = files.write(tmp_path, "r.pdf", files.pdf(14))
    (file,) = (await make_plan([Chosen(path, name="r.pdf", pages=typed)], route())).files
    assert isinstance(file.refusal, BadInput)
    assert file.pages == 14


async def test_many_pages_are_drawn_smaller_so_that_they_fit(tmp_path: Path) -> None:
    path = files.write(tmp_path, "r.pdf", files.pdf(40))
    plan = await make_plan([Chosen(path, name="r.pdf", send_as="pictures")], route())
    assert plan.fill is not None
    assert 0.3 < plan.fill < 0.9
    assert not plan.refused


async def test_the_encoding_of_a_text_stands_in_its_plan(tmp_path: Path) -> None:
    note = files.write(tmp_path, "note.csv", "Город;Цена\nМосква;100\n".encode("cp1251"))  # noqa: RUF001
    (file,) = (await make_plan([Chosen(note, name="note.csv")], route())).files
    assert file.notes == ("Read as Windows-1251.",)
    assert "Москва" in str(file.parts[0])


async def test_a_pdf_whose_text_cannot_be_read_is_offered_as_pictures(tmp_path: Path) -> None:
    path = files.write(tmp_path, "r.pdf", files.pdf_without_letters(30))
    (file,) = (await make_plan([Chosen(path, name="r.pdf")], route("glm-4.6v"))).files
    assert str(file.refusal) == (
        "“r.pdf” has no text that can be read. Its fonts do not say which letters they draw. "
        "Send it as pictures."
    )


@pytest.mark.parametrize("send_as", ["text", "pictures"])
async def test_a_damaged_page_is_noted_and_the_others_go(tmp_path: Path, send_as: Any) -> None:
    path = files.write(tmp_path, "r.pdf", files.pdf_with_a_bad_page())
    (file,) = (await make_plan([Chosen(path, name="r.pdf", send_as=send_as)], route())).files
    assert file.refusal is None
    assert file.notes == ("Damaged pages, left out: 2.",)


async def test_a_locked_pdf_asks_for_the_password_and_the_other_files_stay(tmp_path: Path) -> None:
    locked = files.write(tmp_path, "l.pdf", files.locked_pdf("sesame"))
    note = files.write(tmp_path, "note.txt")
    plan = await make_plan([Chosen(locked, name="l.pdf"), Chosen(note, name="note.txt")], route())
    assert plan.files[0].refusal is not None
    assert plan.files[0].refusal.details == {"needs": "password"}
    assert plan.files[1].sent_as == "text"
    assert len(plan.parts) == 1
    opened = await make_plan([Chosen(locked, name="l.pdf", password="sesame")], route())
    assert opened.files[0].sent_as == "pages"
    assert "sesame" not in repr(opened.files) + repr(Chosen(locked, password="sesame"))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("bomb.png", files.pixel_bomb, "too large to open"),
        ("bomb.docx", lambda: files.zip_bomb(megabytes=30), "unpacks to far more"),
        ("cut.jpg", lambda: files.jpeg(400, 300)[:900], "damaged"),
        ("cut.mp4", lambda: files.film()[:200], "damaged"),
        ("cut.pdf", lambda: files.pdf()[:100], "damaged"),
        ("empty.png", lambda: b"", "is empty"),
        ("evil.svg", lambda: files.SVG, "SVG"),
        ("many.pdf", lambda: files.pdf(5001), "too many to read"),
    ],
)
async def test_hostile_and_broken_files_are_one_sentence_each(
    tmp_path: Path, name: str, data: Any, says: str
) -> None:
    path = files.write(tmp_path, "upload", data())
    plan = await make_plan(
        [Chosen(path, name=name), Chosen(files.write(tmp_path, "note.txt"), name="n.txt")], route()
    )
    refusal = plan.files[0].refusal
    assert isinstance(refusal, BadInput | CannotSend)
    assert says in str(refusal)
    assert name in str(refusal)
    assert plan.files[0].parts == ()
    assert plan.files[1].refusal is None


@pytest.mark.parametrize(
    "name",
    ['a"b’c.png', "a'; rm -rf ~ #.png", "-rf --help.png", "a\nb\r\n.png", "$(id)`id`.png", "。\u202e.png"],
)
async def test_names_cannot_do_anything(tmp_path: Path, name: str) -> None:
    path = files.write(tmp_path, "upload.png", files.EVERY["drawing.png"]())
    text = files.write(tmp_path, "upload.txt", b"words")
    plan = await make_plan([Chosen(path, name=name), Chosen(text, name=name + ".txt")], route())
    assert not plan.refused
    assert "\n" not in plan.parts[-1].text.split("\n\n", 1)[0]  # type: ignore[union-attr]


async def test_a_wrong_extension_is_decided_by_content_and_said(tmp_path: Path) -> None:
    path = files.write(tmp_path, "x.png", files.jpeg())
    plan = await make_plan([Chosen(path, name="x.png")], route())
    assert plan.files[0].notes == ("“x.png” is really a JPEG picture; it is treated as one.",)
    assert plan.files[0].sent_as == "picture"


async def test_an_upload_that_is_gone_asks_for_it_again(tmp_path: Path) -> None:
    plan = await make_plan([Chosen(tmp_path / "gone.png", name="gone.png")], route())
    assert "Choose it again" in str(plan.files[0].refusal)


async def test_several_pictures_are_called_by_number(tmp_path: Path) -> None:
    plan = await plan_of(tmp_path, "drawing.png", "photo.jpg")
    assert [p.text for p in plan.parts if isinstance(p, Text)] == ["Picture 1:", "Picture 2:"]
    alone = await plan_of(tmp_path, "drawing.png")
    assert [type(p) for p in alone.parts] == [Image]


async def test_a_model_without_eyes_is_refused_with_the_way_out(tmp_path: Path) -> None:
    plan = await plan_of(tmp_path, "photo.jpg", "film.mp4", "report.pdf", to=route("glm-4.6"))
    photo, film, report = plan.files
    assert "does not accept images" in str(photo.refusal)
    assert photo.refusal is not None
    assert photo.refusal.way_out == "model"
    assert film.refusal is not None
    assert report.sent_as == "text"


async def test_sound_is_refused_with_transcription_as_the_way_out(tmp_path: Path) -> None:
    for provider in ("zai", "gateway", "openrouter"):
        plan = await plan_of(tmp_path, "tone.mp3", to=route(provider=provider))
        refusal = plan.files[0].refusal
        assert refusal is not None
        assert refusal.way_out == "transcribe"


async def test_sound_goes_as_wav_where_it_is_taken(tmp_path: Path) -> None:
    to = route()
    hearing = replace(
        to.provider,
        media={**to.provider.media, "audio": replace(to.provider.media["image"], mimes=("audio/wav",))},
    )
    assert to.model is not None
    plan = await plan_of(
        tmp_path,
        "tone.ogg",
        to=replace(to, provider=hearing, model=replace(to.model, inputs=("text", "audio"))),
    )
    (part,) = plan.parts
    assert isinstance(part, Audio)
    assert part.data is not None
    assert part.data[:4] == b"RIFF"


async def test_files_and_pictures_do_not_stand_together_at_zai(tmp_path: Path) -> None:
    picture = Chosen(files.write(tmp_path, "photo.jpg"), name="photo.jpg")
    by_address = Chosen(url=f"{PUBLIC}/report.pdf", name="report.pdf")
    plan = await make_plan([picture, by_address], route())
    assert "does not take" in str(plan.refusals[0])
    assert "documents as text" in plan.refusals[0].todo
    with pytest.raises(CannotSend):
        plan.message("?")
    earlier = Options(earlier=(Video(url="https://a.example/f.mp4"),))
    assert (await make_plan([picture], route(), earlier)).refusals
    assert not (await make_plan([replace(by_address, send_as="auto")], route())).refusals


async def test_the_number_of_pictures_is_the_models(tmp_path: Path) -> None:
    chosen = [Chosen(files.write(tmp_path, "photo.jpg"), name="photo.jpg")] * 51
    assert "51 pictures are too many" in str((await make_plan(chosen, route())).refusals[0])
    assert not (await make_plan(chosen, route("glm-4.6v"))).refusals
    earlier = Options(earlier=(Image(url="https://a.example/a.png"),) * 2)
    assert (await make_plan(chosen[:49], route(), earlier)).refusals


async def test_the_gateway_needs_a_key_for_files(tmp_path: Path) -> None:
    to = route(provider="gateway")
    assert isinstance(
        (await plan_of(tmp_path, "photo.jpg", to=to, options=Options(has_key=False))).refusals[0], MissingKey
    )
    assert not (await plan_of(tmp_path, "photo.jpg", to=to)).refusals
    assert not (await plan_of(tmp_path, "note.txt", to=to, options=Options(has_key=False))).refusals


async def test_what_is_known_to_be_dropped_goes_only_after_a_warning(tmp_path: Path) -> None:
    plan = await plan_of(tmp_path, "photo.jpg", to=route(provider="zai-anthropic"))
    assert plan.needs_consent
    assert "lost" in plan.warnings[0]
    film = Chosen(files.write(tmp_path, "film.mp4"), name="film.mp4", send_as="file")
    tried = await make_plan([film, replace(film, send_as="auto")], route(provider="gateway"))
    assert tried.needs_consent
    assert [f.sent_as for f in tried.files] == ["file", "frames"]


async def test_a_local_film_as_a_file_is_refused_at_zai_with_frames_as_the_way_out(tmp_path: Path) -> None:
    film = Chosen(files.write(tmp_path, "film.mp4"), name="film.mp4", send_as="file")
    plan = await make_plan([film], route())
    assert "by address only" in str(plan.files[0].refusal)
    assert "frames" in plan.files[0].refusal.todo  # type: ignore[union-attr]


async def test_a_pdf_goes_whole_to_openrouter_when_asked_for(tmp_path: Path) -> None:
    to = route(provider="openrouter")
    path = files.write(tmp_path, "report.pdf")
    plan = await make_plan([Chosen(path, name="report.pdf", send_as="file")], to)
    assert [type(p) for p in plan.parts] == [Document]
    part = wire(plan, to)[0]
    assert base64.b64decode(part["file"]["file_data"].split(",")[1]) == path.read_bytes()
    office = files.write(tmp_path, "report.docx")
    refused = await make_plan([Chosen(office, name="report.docx", send_as="file")], to)
    assert "Send it as text" in str(refused.files[0].refusal)


async def test_an_address_goes_as_an_address_where_the_provider_fetches() -> None:
    plan = await make_plan([Chosen(url=f"{PUBLIC}/x/cat.jpg?s=1")], route())
    assert plan.parts == (Image(url=f"{PUBLIC}/x/cat.jpg?s=1", mime="image/jpeg", name="cat.jpg"),)
    assert plan.files[0].sent_as == "address"


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("glm-4.5v", "zai"),
        ("glm-4.5v", "openrouter"),
        ("glm-4.5v", "gateway"),
        ("mine", "custom"),
        ("glm-4.5v", "demo"),
    ],
)
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/x.png", "http://127.0.0.1:8080/x.jpg", "http://[::1]/x.png", "http://localhost/x.jpg",
        "file:///etc/passwd.png", "gopher://93.184.215.14/x.png", "ftp://93.184.215.14/x.jpg",
        "https://user@93.184.215.14/x.png", "http://93.184.215.14:22/x.png", "http://10.0.0.1/film.mp4",
    ],
)  # fmt: skip
async def test_no_address_of_a_private_network_or_another_kind_reaches_a_provider(
    url: str, model: str, provider: str
) -> None:
    plan = await make_plan([Chosen(url=url)], route(model, provider))
    assert plan.files[0].refusal is not None
    assert plan.parts == ()


@pytest.mark.parametrize(("model", "provider"), [("glm-4.5v", "gateway"), ("mine", "custom")])
async def test_a_server_that_may_stand_in_its_owners_network_is_given_no_address(
    model: str, provider: str
) -> None:
    asked = []

    async def fetch(url: str) -> Fetched:
        asked.append(url)
        return Fetched(files.jpeg(), "cat.jpg", url)

    plan = await make_plan([Chosen(url=f"{PUBLIC}/cat.jpg")], route(model, provider), Options(fetch=fetch))
    assert asked == [f"{PUBLIC}/cat.jpg"]
    (part,) = plan.parts
    assert isinstance(part, Image)
    assert part.data
    assert part.url is None


async def test_an_address_is_fetched_where_the_provider_does_not() -> None:
    async def fetch(url: str) -> Fetched:
        return Fetched(files.jpeg(), "cat.heic", url)

    plan = await make_plan([Chosen(url="https://a.example/cat.heic")], route(), Options(fetch=fetch))
    (part,) = plan.parts
    assert isinstance(part, Image)
    assert part.data
    private = await make_plan([Chosen(url="http://169.254.169.254/latest")], route())
    assert "private network" in str(private.files[0].refusal)


async def test_a_turn_beyond_the_window_is_refused(tmp_path: Path) -> None:
    path = files.write(tmp_path, "long.txt", b"many words " * 90_000)
    plan = await make_plan([Chosen(path, name="long.txt")], route())
    assert plan.refusals[0].way_out == "shorten"
    assert plan.refusals[0].todo == "Send a part of the text. Or pick a model with a larger window."
    assert plan.fill is not None
    assert plan.fill > 1.25
    assert not (await make_plan([Chosen(path, name="long.txt")], route("glm-5.3-flash"))).refusals


async def test_only_a_few_files_are_made_ready_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, open_now, most = plans.make_ready, 0, 0

    async def counted(*arguments: Any) -> Ready:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            return await make(*arguments)
        finally:
            open_now -= 1

    monkeypatch.setattr(plans, "make_ready", counted)
    note = files.write(tmp_path, "note.txt")
    plan = await make_plan([Chosen(note, name=f"{n}.txt") for n in range(3 * plans.AT_ONCE)], route())
    assert [file.name for file in plan.files] == [f"{n}.txt" for n in range(3 * plans.AT_ONCE)]
    assert most == plans.AT_ONCE


async def test_a_follow_up_costs_no_second_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = Options()
    first = await plan_of(tmp_path, "photo.jpg", "film.mp4", "report.pdf", options=options)

    async def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(worker, "run", never)
    again = await plan_of(tmp_path, "photo.jpg", "film.mp4", "report.pdf", options=options)
    assert again.parts == first.parts


async def test_what_is_kept_by_content_never_carries_anothers_name(tmp_path: Path) -> None:
    options, data = Options(), files.pdf(2)
    path = files.write(tmp_path, "up.pdf", data)
    await make_plan([Chosen(path, name="salary of Ann.pdf")], route(), options)
    second = await make_plan([Chosen(path, name="b.pdf")], route(), options)
    assert "Ann" not in repr(second)


async def test_progress_is_heard_per_file_and_stopping_stops(tmp_path: Path) -> None:
    heard: list[tuple[int, int, int]] = []
    note, report = files.write(tmp_path, "note.txt"), files.write(tmp_path, "report.pdf", files.pdf(4))
    chosen = [Chosen(note, name="n.txt"), Chosen(report, name="r.pdf")]
    await make_plan(chosen, route(), None, lambda i, d, t: heard.append((i, d, t)))
    assert (1, 4, 4) in heard
    long = files.write(tmp_path, "long.pdf", files.pdf(400))
    started = asyncio.Event()
    to = replace(route(), model=None)
    task = asyncio.create_task(
        make_plan([Chosen(long, name="l.pdf", send_as="pictures")], to, None, lambda *_: started.set())
    )
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_prompt_comes_last_and_an_empty_turn_is_still_a_message() -> None:
    plan = await make_plan([], route())
    assert plan.message("hi") == Message.user("hi")
    assert plan.fill == 0
