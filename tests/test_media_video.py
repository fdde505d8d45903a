from __future__ import annotations

import io
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import media_files as files
import pytest
from PIL import Image

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media.formats import audio, film_memory, video
from glm_ui.media.formats.images import Limits
from glm_ui.media.formats.kinds import FORMATS

JPEG = Limits(5 << 20, (6000, 6000), ("image/jpeg", "image/png"))


def brightness(frame: video.Frame) -> int:
    image = Image.open(io.BytesIO(frame.picture.data)).convert("L")
    return image.getpixel((image.width - 5, image.height - 5))  # type: ignore[return-value]


@pytest.mark.parametrize("form", ["mp4", "mov", "mkv", "webm"])
def test_one_frame_a_second_each_with_its_time(form: str) -> None:
    clip = video.clip(files.film(form, 4), FORMATS[form], "a", JPEG)
    assert [round(f.seconds, 1) for f in clip.frames] == pytest.approx([0, 1, 2, 3], abs=0.31)
    assert all(abs(brightness(f) - 40 * int(f.seconds + 0.01)) < 16 for f in clip.frames)
    assert clip.recording.size == (96, 64)
    assert clip.recording.seconds == pytest.approx(4, abs=0.2)
    assert clip.recording.audio_codec


# times of the frames, what is asked for, the times of the frames that come
PACES = {
    "1 fps": (range(40), {"per_second": 1, "most": 64}, range(40)),
    "0.5 fps": (range(0, 40, 2), {"per_second": 1, "most": 64}, range(0, 40, 2)),
    "15 fps": ([i / 15 for i in range(60)], {"per_second": 5}, [i / 5 for i in range(20)]),
    "25 fps, closely": ([i / 25 for i in range(50)], {"per_second": 12.5}, [i / 12.5 for i in range(25)]),
    "a slide show": ([0, 0.1, 5, 5.1, 9, 20], {}, [0, 0.1, 5, 5.1, 9, 20]),
    "begins late": ([5 + i / 10 for i in range(40)], {}, range(4)),
    "one frame": ([0], {}, [0]),
}


@pytest.mark.parametrize("form", ["mp4", "mkv"])
@pytest.mark.parametrize("pace", PACES)
def test_at_each_time_comes_the_frame_that_is_shown_then(pace: str, form: str) -> None:
    at, asked, expected = PACES[pace]
    clip = video.clip(files.film_at(list(at), form), FORMATS[form], "a", JPEG, **asked)  # type: ignore[arg-type]
    assert [f.seconds for f in clip.frames] == pytest.approx(list(expected), abs=0.04)
    assert clip.notes == ()


def test_far_apart_frames_are_sought_and_no_frame_comes_twice() -> None:
    clip = video.clip(files.film_at(range(0, 300, 4), "mp4"), FORMATS["mp4"], "a", JPEG, most=10)
    assert len(clip.frames) == 10
    assert all(0 <= i * 29.6 - f.seconds <= 4.1 for i, f in enumerate(clip.frames))


def test_a_film_that_ends_early_says_so_and_a_whole_one_does_not() -> None:
    whole = files.film_at([i / 10 for i in range(200)], "mkv")
    assert video.clip(whole, FORMATS["mkv"], "a", JPEG).notes == ()
    cut = video.clip(whole[: len(whole) // 2], FORMATS["mkv"], "a", JPEG)
    assert cut.frames
    assert "ends early" in cut.notes[0]


def test_a_long_film_is_sampled_over_its_whole_length() -> None:
    clip = video.clip(files.film(seconds=6, sound=False), FORMATS["mp4"], "a", JPEG, most=3)
    assert [f.seconds for f in clip.frames] == pytest.approx([0, 2, 4], abs=0.31)


def test_the_rate_can_be_chosen() -> None:
    assert len(video.clip(files.film(seconds=2), FORMATS["mp4"], "a", JPEG, per_second=4).frames) >= 7


@pytest.mark.parametrize(
    ("rotation", "corner"), [(0, (5, 5)), (90, (5, -6)), (180, (-6, -6)), (-90, (-6, 5))]
)
def test_rotation_is_applied(rotation: int, corner: tuple[int, int]) -> None:
    clip = video.clip(files.film(seconds=1, rotation=rotation), FORMATS["mp4"], "a", JPEG)
    image = Image.open(io.BytesIO(clip.frames[0].picture.data)).convert("RGB")
    assert image.size == ((64, 96) if rotation % 180 else (96, 64)) == clip.recording.size
    red = image.getpixel((corner[0] % image.width, corner[1] % image.height))
    assert red[0] > 180
    assert red[1] < 60


@pytest.mark.parametrize("form", ["mp4", "mkv", "webm", "mov"])
def test_a_broken_film_is_one_sentence_or_its_first_frames(form: str) -> None:
    whole = files.film(form, 3)
    for keep in (0.05, 0.5):
        said, clip = "", None
        try:
            clip = video.clip(whole[: int(len(whole) * keep)], FORMATS[form], "a", JPEG)
        except BadInput as e:
            said = str(e)
        assert "damaged" in said or (clip and clip.frames)


def test_noise_is_no_film() -> None:
    with pytest.raises(BadInput, match="damaged"):
        video.facts(b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 20, FORMATS["mp4"], "a.mp4")


def test_a_film_without_pictures_says_so() -> None:
    with pytest.raises(BadInput, match="only sound"):
        video.clip(files.tone("m4a"), FORMATS["mp4"], "a.mp4", JPEG)


def test_times_of_frames() -> None:
    assert video.times(3.0, 1, 32) == (0, 1, 2)
    assert video.times(3.5, 1, 32) == (0, 1, 2, 3)
    assert video.times(0.2, 1, 32) == (0,)
    assert len(video.times(1e5, 1, 32)) == 32
    assert [video.clock(s) for s in (0, 7.25, 61, 3723)] == ["0:00", "0:07.2", "1:01", "1:02:03"]


@pytest.mark.parametrize("form", ["wav", "mp3", "m4a", "flac", "ogg"])
@pytest.mark.parametrize("mime", ["audio/wav", "audio/mpeg"])
def test_every_recording_becomes_wav_or_mp3(form: str, mime: str) -> None:
    sound = audio.convert(files.tone(form, 0.5), FORMATS[form], "a", mime)
    again = video.facts(sound.data, FORMATS["wav" if mime == "audio/wav" else "mp3"], "b")
    assert (again.sample_rate, again.channels) == (16_000, 1)
    assert sound.seconds == pytest.approx(0.5, abs=0.1)
    assert again.seconds == pytest.approx(0.5, abs=0.15)


def test_the_sound_of_a_film_can_be_taken_out() -> None:
    assert audio.convert(files.film(seconds=1), FORMATS["mp4"], "a").seconds == pytest.approx(1, abs=0.1)


def test_a_broken_recording_is_said_to_be_damaged() -> None:
    for form in ("wav", "mp3", "flac", "ogg", "m4a"):
        with pytest.raises(BadInput):
            audio.convert(files.tone(form)[:60], FORMATS[form], "a")


def test_a_recording_that_says_how_long_it_is_is_not_heard_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = files.tone("wav", 3)
    monkeypatch.setattr(audio, "MAX_SECONDS", 2)
    monkeypatch.setattr(audio, "AudioResampler", None)  # nothing is decoded
    with pytest.raises(CannotSend, match="is longer than 0:02"):
        audio.convert(sound, FORMATS["wav"], "a")


def test_a_recording_that_breaks_off_is_heard_as_far_as_it_goes() -> None:
    whole = files.tone("flac", 4)
    sound = audio.convert(whole[: len(whole) * 3 // 4], FORMATS["flac"], "a")
    assert 1 < sound.seconds < 4
    assert "ends early" in sound.note
    assert not audio.convert(whole, FORMATS["flac"], "a").note


FILES = Path(__file__).parent / "files"
MOST_MB = 300
HEAVY_CHILD = """
import json, sys
from pathlib import Path
from glm_ui.media import worker
from glm_ui.media.formats import images, kinds, video

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024

worker._limit()
small, large = map(Path, sys.argv[1:])
video.clip(small, kinds.FORMATS["mp4"], "a", images.Limits())
before = peak()
video.facts(large, kinds.FORMATS["mp4"], "a")
clip = video.clip(large, kinds.FORMATS["mp4"], "a", images.Limits())
print(json.dumps([peak() - before, len(clip.frames), clip.notes]))
"""


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="the system does not tell what memory is held"
)
@pytest.mark.parametrize("name", ["large_frames_16_references.mp4", "largest_frames_4_references.mp4"])
def test_a_film_that_refers_to_many_large_frames_takes_little_memory(name: str, tmp_path: Path) -> None:
    """4096x2304 pixels with 16 frames to refer to, and 7680x4320 with 4."""
    small = files.write(tmp_path, "a.mp4", files.film(seconds=1))
    command = [sys.executable, "-c", HEAVY_CHILD, str(small), str(FILES / name)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    rise, frames, notes = json.loads(ran.stdout)
    assert rise < MOST_MB
    assert frames > 1
    assert "some times are not shown" in notes[0]


def test_a_film_is_told_by_its_header_when_one_frame_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    film = files.film(seconds=1, sound=False)
    monkeypatch.setattr(film_memory, "HELD", 3 * 96 * 64 * 1.5)
    assert video.facts(film, FORMATS["mp4"], "a").size == (96, 64)
    monkeypatch.setattr(film_memory, "HELD", 3 * 96 * 64 * 1.5 - 1)
    with pytest.raises(CannotSend, match="Its frames are 96×64"):
        video.facts(film, FORMATS["mp4"], "a")


def test_frames_that_grow_on_the_way_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each key frame of a film may say another size than its header."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as container:
        track = container.add_stream("libvpx", rate=1)
        track.width, track.height, track.pix_fmt = 96, 64, "yuv420p"
        for second, size in enumerate(((96, 64), (96, 64), (960, 640))):
            encoder = av.CodecContext.create("libvpx", "w")
            encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
            encoder.time_base = Fraction(1)
            frame = av.VideoFrame.from_image(Image.new("RGB", size, (200, 30, 30)))
            frame.pts, frame.time_base = second, Fraction(1)
            for packet in (*encoder.encode(frame), *encoder.encode(None)):
                packet.stream, packet.time_base = track, Fraction(1)
                container.mux(packet)
    assert len(video.clip(out.getvalue(), FORMATS["mkv"], "a", JPEG).frames) == 3
    monkeypatch.setattr(film_memory, "ONE_THREAD", 96 * 64)
    monkeypatch.setattr(film_memory, "THREADS", 1)
    assert len(video.clip(out.getvalue(), FORMATS["mkv"], "a", JPEG).frames) == 1
