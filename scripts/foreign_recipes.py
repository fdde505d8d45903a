"""Files that other programs write, as a table: name -> the commands that make it, run in a folder of their own.

`OUT` is the name itself; every word after it is a command of ImageMagick, ffmpeg, exiftool or LibreOffice, and `;`
stands between two. Nothing is judged here.
"""

# ruff: noqa: E501  A row of the table is a line.
from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

CANARY = "foreign-canary"
"""Stands in the metadata of what is made, and may stand in nothing that is sent."""
PASSWORD = "secret"  # noqa: S105  Of the locked PDF below.
PROGRAMS = ("convert", "ffmpeg", "exiftool", "soffice")

# Red, green, blue and yellow quarters: whatever turns, mirrors or miscolours them shows.
_BASE = "convert ( xc:red xc:lime +append ) ( xc:blue xc:yellow +append ) -append -sample 120x80! +repage base.png"
_STILL = "ffmpeg -loop 1 -framerate 10 -i base.png -t 3"
_TONE = "ffmpeg -f lavfi -i sine=440:duration=2"
_BOTH = _STILL + " -f lavfi -i sine=440:duration=3 -shortest"
_TAGS = (
    f"exiftool -q -overwrite_original -Artist={CANARY} -XMP:Description={CANARY} -GPSLatitude=48.85 "
    "-GPSLatitudeRef=N OUT"
)
_UPRIGHT = ("", "-flop", "-rotate 180", "-flip", "-transpose", "-rotate -90", "-transverse", "-rotate 90")

IMAGES = {
    **{f"orientation-{n}.jpg": f"convert base.png {turn} OUT; exiftool -q -n -overwrite_original -Orientation={n} OUT; {_TAGS}"
       for n, turn in enumerate(_UPRIGHT, 1)},
    **{f"orientation-{n}.tif": f"convert base.png {turn} OUT; exiftool -q -n -overwrite_original -Orientation={n} OUT"
       for n, turn in enumerate(_UPRIGHT, 1)},
    **{f"orientation-{n}.{form}": f"convert base.png {turn} OUT; exiftool -q -n -overwrite_original -Orientation={n} OUT"
       for n, turn in ((3, "-rotate 180"), (6, "-rotate -90")) for form in ("png", "webp")},
    **{f"quality-{q}.jpg": f"convert base.png -quality {q} -set comment {CANARY} OUT" for q in (1, 30, 100)},
    "progressive.jpg": f"convert base.png -interlace JPEG OUT; {_TAGS}",
    "420.jpg": "convert base.png -sampling-factor 2x2 OUT",
    "411.jpg": "convert base.png -sampling-factor 4x1 OUT",
    "gray.jpg": "convert base.png -colorspace Gray OUT",
    "cmyk.jpg": f"convert base.png -colorspace CMYK OUT; {_TAGS}",
    "cmyk.tif": "convert base.png -colorspace CMYK OUT",
    "profile.jpg": "convert base.png OUT; exiftool -q -overwrite_original -icc_profile<=srgb.icc OUT",
    "restart.jpg": "ffmpeg -i base.png -q:v 3 OUT",
    "huge-canvas.jpg": "convert base.png -sample 7000x4700! -quality 90 OUT",
    "truncated.jpg": "convert base.png -sample 2000x1500! full.jpg; cut full.jpg 0.5 OUT",
    "trailing.jpg": f"convert base.png OUT; append OUT {CANARY}",
    "truecolour.png": "convert base.png -define png:color-type=2 OUT",
    "alpha.png": "convert base.png -alpha set -channel A -evaluate set 100% -define png:color-type=6 OUT",
    "half-alpha.png": "convert base.png -alpha set -channel A -evaluate set 50% OUT",
    "gray-alpha.png": "convert base.png -colorspace Gray -alpha set -define png:color-type=4 OUT",
    "gray-alpha-16.png": "convert base.png -colorspace Gray -alpha set -depth 16 -define png:color-type=4 -define png:bit-depth=16 OUT",
    "sixteen.png": "convert base.png -depth 16 -define png:color-type=2 -define png:bit-depth=16 OUT",
    "sixteen-alpha.png": "convert base.png -alpha set -depth 16 -define png:color-type=6 -define png:bit-depth=16 OUT",
    **{f"gray-{bits}.png": f"convert base.png -colorspace Gray -depth {bits} -define png:color-type=0 -define png:bit-depth={bits} OUT"
       for bits in (1, 2, 4, 8, 16)},
    **{f"palette-{bits}.png": f"convert base.png -colors 4 -define png:color-type=3 -define png:bit-depth={bits} OUT"
       for bits in (2, 4, 8)},
    "interlaced.png": f"convert base.png -interlace PNG -set comment {CANARY} OUT; {_TAGS}",
    "gamma.png": "convert base.png -define png:include-chunk=gAMA,cHRM OUT",
    "one-pixel.png": "convert -size 1x1 xc:red OUT",
    "strip.png": "convert -size 1x9000 xc:red OUT",
    "truncated.png": "convert base.png -sample 2000x1500! +noise Random full.png; cut full.png 0.5 OUT",
    "animated.apng": "ffmpeg -loop 1 -framerate 5 -i base.png -t 1 -f apng OUT",
    **{f"bits-{bits}.tif": f"convert base.png -depth {bits} OUT" for bits in (8, 16, 32)},
    "float.tif": "convert base.png -depth 32 -define quantum:format=floating-point OUT",
    "gray-float.tif": "convert base.png -colorspace Gray -depth 32 -define quantum:format=floating-point OUT",
    "gray-16.tif": "convert base.png -colorspace Gray -depth 16 OUT",
    "lab.tif": "convert base.png -colorspace Lab OUT",
    "planar.tif": "convert base.png -interlace Plane OUT",
    "tiled.tif": "convert base.png -type TrueColor -define tiff:tile-geometry=32x32 OUT",
    "truecolour.tif": "convert base.png -type TrueColor OUT",
    "truecolour-alpha.tif": "convert base.png -alpha set -type TrueColorAlpha OUT",
    "pages.tif": "convert base.png base.png base.png OUT",
    "big-endian.tif": "convert base.png -endian MSB OUT",
    "bigtiff.tif": "convert base.png TIFF64:OUT",
    "pyramid.tif": "convert base.png -sample 1200x800! PTIF:OUT",
    **{f"{how.lower()}.tif": f"convert base.png -compress {how} OUT" for how in ("LZW", "Zip", "RLE", "JPEG", "None", "LZMA", "WebP", "Zstd")},
    **{f"{how.lower()}-fax.tif": f"convert base.png -colorspace Gray -threshold 50% -type bilevel -compress {how} OUT" for how in ("Fax", "Group4")},
    **{f"version-{n}.bmp": f"convert base.png BMP{n}:OUT" for n in ("2", "3")},
    "version-4.bmp": "convert base.png OUT",
    "alpha.bmp": "convert base.png -alpha set OUT",
    "palette.bmp": "convert base.png -colors 4 -type Palette BMP3:OUT",
    "rle.bmp": "convert base.png -colors 4 -type Palette -compress RLE BMP3:OUT",
    "bilevel.bmp": "convert base.png -monochrome BMP3:OUT",
    "555.bmp": "ffmpeg -i base.png -pix_fmt rgb555le OUT",
    "565.bmp": "ffmpeg -i base.png -pix_fmt rgb565le OUT",
    "still.gif": f"convert base.png -set comment {CANARY} OUT",
    "animated.gif": "convert -delay 10 base.png -loop 0 ( base.png -negate ) OUT",
    "optimised.gif": "convert -delay 10 base.png ( base.png -fill white -draw 'rectangle 50,30 70,50' ) -layers OptimizeFrame OUT",
    "transparent.gif": "convert base.png -transparent yellow OUT",
    "lossy.webp": f"convert base.png -quality 80 OUT; {_TAGS}",
    "lossless.webp": "convert base.png -define webp:lossless=true OUT",
    "alpha.webp": "convert base.png -alpha set -channel A -evaluate set 50% OUT",
    "animated.webp": "ffmpeg -loop 1 -framerate 5 -i base.png -t 1 -loop 0 -c:v libwebp_anim OUT",
    "photo.heic": f"convert base.png OUT; {_TAGS}",
    "alpha.heic": "convert base.png -alpha set OUT",
    "ten-bit.heic": "convert base.png -depth 10 OUT",
    "photo.avif": "convert base.png OUT",
    "av1.avif": "ffmpeg -i base.png -frames:v 1 -c:v libaom-av1 -still-picture 1 -pix_fmt yuv420p OUT",
    **{f"photo.{ext}": "convert base.png OUT" for ext in ("jp2", "tga", "pcx", "ppm", "psd", "ico", "sgi", "xpm", "svg", "dng", "exr", "hdr")},
}  # fmt: skip

_CODECS = {
    "h264": "-c:v libx264 -pix_fmt yuv420p -preset ultrafast",
    "hevc": "-c:v libx265 -pix_fmt yuv420p -preset ultrafast -x265-params log-level=error",
    "vp8": "-c:v libvpx -deadline realtime",
    "vp9": "-c:v libvpx-vp9 -pix_fmt yuv420p -deadline realtime",
    "av1": "-c:v libsvtav1 -preset 12 -pix_fmt yuv420p",
    "mpeg4": "-c:v mpeg4",
    "mjpeg": "-c:v mjpeg -pix_fmt yuvj420p",
    "prores": "-c:v prores_ks",
}
_HOLDERS = {
    "mp4": ("h264", "hevc", "vp9", "av1", "mpeg4"),
    "mov": ("h264", "hevc", "mpeg4", "mjpeg", "prores"),
    "mkv": tuple(_CODECS),
    "webm": ("vp8", "vp9", "av1"),
}
_H264 = f"{_STILL} {_CODECS['h264']}"
_TURNED = {"90": "transpose=1", "180": "transpose=2,transpose=2", "270": "transpose=2"}

VIDEOS = {
    **{f"{codec}.{holder}": f"{_BOTH} {_CODECS[codec]} -metadata title={CANARY} OUT"
       for holder, codecs in _HOLDERS.items() for codec in codecs},
    **{f"turned-{turn}.{holder}": f"{_STILL} -vf {back} {_CODECS['h264']} plain.mp4; ffmpeg -i plain.mp4 -c copy -metadata:s:v rotate={turn} OUT"
       for turn, back in _TURNED.items() for holder in ("mp4", "mov")},
    "silent.mp4": f"{_H264} OUT",
    "odd.mp4": "ffmpeg -loop 1 -framerate 10 -i base.png -t 2 -vf scale=121:81 -c:v libx264 -pix_fmt yuv444p OUT",
    "odd.webm": "ffmpeg -loop 1 -framerate 10 -i base.png -t 2 -vf scale=121:81 -c:v libvpx OUT",
    "tiny.mp4": "ffmpeg -loop 1 -framerate 10 -i base.png -t 1 -vf scale=16:16 -c:v libx264 -pix_fmt yuv420p OUT",
    "narrow.mp4": "ffmpeg -loop 1 -framerate 5 -i base.png -t 1 -vf scale=16:3000 -c:v libx264 -pix_fmt yuv420p OUT",
    "4k.mp4": "ffmpeg -loop 1 -framerate 10 -i base.png -t 2 -vf scale=3840:2160 -c:v libx264 -preset ultrafast -pix_fmt yuv420p OUT",
    "fast-60fps.mp4": "ffmpeg -f lavfi -i testsrc2=size=1280x720:rate=60 -t 20 -c:v libx264 -preset ultrafast OUT",
    "two-hours.mp4": "ffmpeg -loop 1 -framerate 1 -i base.png -t 7200 -c:v libx264 -preset ultrafast -pix_fmt yuv420p OUT",
    "seven-hours.mp4": "ffmpeg -loop 1 -framerate 1/10 -i base.png -t 25200 -c:v libx264 -preset ultrafast -pix_fmt yuv420p OUT",
    "variable-rate.mp4": f"{_STILL} -vf 'select=not(mod(n\\,7))+lt(n\\,5)' -vsync vfr {_CODECS['h264']} OUT",
    "ten-bit.mp4": f"{_STILL} -c:v libx264 -pix_fmt yuv420p10le OUT",
    "422.mp4": f"{_STILL} -c:v libx264 -pix_fmt yuv422p OUT",
    "full-range.mp4": f"{_STILL} -c:v libx264 -pix_fmt yuvj420p OUT",
    "bt2020.mp4": f"{_STILL} -vf scale=out_color_matrix=bt2020 -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc {_CODECS['hevc']} OUT",
    "alpha.webm": f"{_STILL} -c:v libvpx-vp9 -pix_fmt yuva420p OUT",
    "alpha.mov": f"{_STILL} -c:v prores_ks -pix_fmt yuva444p10le OUT",
    "interlaced.mp4": f"{_STILL} -flags +ilme+ildct {_CODECS['h264']} OUT",
    "wide-pixels.mp4": f"{_STILL} -vf scale=60:80,setsar=2 {_CODECS['h264']} OUT",
    "fragmented.mp4": f"{_BOTH} {_CODECS['h264']} -movflags frag_keyframe+empty_moov OUT",
    "faststart.mp4": f"{_BOTH} {_CODECS['h264']} -movflags +faststart OUT",
    "late-start.mp4": f"{_H264} -output_ts_offset 10 OUT",
    "late-start.mkv": f"{_H264} -output_ts_offset 10 OUT",
    "one-frame.mp4": "ffmpeg -i base.png -frames:v 1 -c:v libx264 -pix_fmt yuv420p OUT",
    "one-frame.webm": "ffmpeg -i base.png -frames:v 1 -c:v libvpx OUT",
    "tenth-of-a-second.mp4": "ffmpeg -loop 1 -framerate 30 -i base.png -t 0.1 -c:v libx264 -pix_fmt yuv420p OUT",
    "sound-only.mp4": f"{_TONE} -c:a aac OUT",
    "sound-only.webm": f"{_TONE} -c:a libopus OUT",
    "sound-only.mkv": f"{_TONE} -c:a flac OUT",
    "live.webm": f"{_BOTH} {_CODECS['vp8']} -f webm -live 1 OUT",
    "no-index.mp4": f"{_BOTH} {_CODECS['h264']} full.mp4; cut full.mp4 0.6 OUT",
    "cut.mp4": f"{_BOTH} {_CODECS['h264']} -movflags +faststart full.mp4; cut full.mp4 0.6 OUT",
    "cut.mkv": f"{_BOTH} {_CODECS['h264']} full.mkv; cut full.mkv 0.6 OUT",
    "cut.webm": f"{_BOTH} {_CODECS['vp8']} full.webm; cut full.webm 0.6 OUT",
    "phone.3gp": f"{_STILL} -vf scale=176:144 -c:v h263 OUT",
    "apple.m4v": f"{_H264} OUT",
    **{f"other.{ext}": f"{_STILL} {codec} OUT" for ext, codec in {
        "avi": "-c:v mpeg4", "wmv": "-c:v msmpeg4", "flv": "-c:v flv", "ts": "-c:v libx264 -pix_fmt yuv420p",
        "mpg": "-r 25 -c:v mpeg2video", "ogv": "-c:v libtheora", "mxf": "-r 25 -c:v mpeg2video", "gif": "", "y4m": "-pix_fmt yuv420p",
    }.items()},
}  # fmt: skip

SOUNDS = {
    **{f"{codec}.wav": f"{_TONE} -c:a {codec} -metadata artist={CANARY} OUT" for codec in (
        "pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw",
        "adpcm_ms", "adpcm_ima_wav")},
    **{f"rate-{rate}.wav": f"{_TONE} -ar {rate} OUT" for rate in (8000, 11025, 48000, 192000)},
    "rf64.wav": f"{_TONE} -rf64 always OUT",
    "stereo.wav": f"{_TONE} -ac 2 OUT",
    **{f"surround.{ext}": f"{_TONE} -ac 6 {codec} OUT" for ext, codec in (
        ("wav", ""), ("flac", ""), ("m4a", "-c:a aac"), ("ogg", "-c:a libvorbis"))},
    "constant.mp3": f"{_TONE} -b:a 128k -metadata title={CANARY} OUT",
    "variable.mp3": f"{_TONE} -q:a 4 OUT",
    "bare.mp3": f"{_TONE} -id3v2_version 0 -write_xing 0 OUT",
    "low.mp3": f"{_TONE} -ar 8000 -b:a 8k OUT",
    "version-1.mp3": f"{_TONE} -write_id3v1 1 -id3v2_version 0 OUT",
    **{f"cover.{ext}": f"ffmpeg -f lavfi -i sine=440:duration=2 -i base.png -map 0 -map 1 {codec} -disposition:v attached_pic OUT"
       for ext, codec in (("mp3", ""), ("m4a", "-c:a aac -c:v mjpeg -pix_fmt yuvj420p"), ("flac", ""))},
    "aac.m4a": f"{_TONE} -c:a aac OUT",
    "alac.m4a": f"{_TONE} -c:a alac OUT",
    "book.m4b": f"{_TONE} -c:a aac -f ipod OUT",
    "sixteen.flac": f"{_TONE} -sample_fmt s16 OUT",
    "twenty-four.flac": f"{_TONE} -sample_fmt s32 OUT",
    "vorbis.ogg": f"{_TONE} -c:a libvorbis OUT",
    "opus.ogg": f"{_TONE} -c:a libopus OUT",
    "flac.ogg": f"{_TONE} -c:a flac OUT",
    "opus.opus": f"{_TONE} -c:a libopus OUT",
    "moment.wav": "ffmpeg -f lavfi -i sine=440:duration=0.02 OUT",
    "nothing.wav": "ffmpeg -f lavfi -i sine=440:duration=1 -t 0 OUT",
    "hour.mp3": "ffmpeg -f lavfi -i sine=440:duration=3500 -b:a 16k -ar 16000 OUT",
    "two-hours.mp3": "ffmpeg -f lavfi -i sine=440:duration=7300 -b:a 8k -ar 8000 OUT",
    "cut.flac": f"{_TONE} full.flac; cut full.flac 0.5 OUT",
    "cut.m4a": f"{_TONE} -c:a aac full.m4a; cut full.m4a 0.5 OUT",
    "cut.ogg": f"{_TONE} -c:a libvorbis full.ogg; cut full.ogg 0.5 OUT",
    "cut.mp3": f"{_TONE} full.mp3; cut full.mp3 0.5 OUT",
    **{f"other.{ext}": f"{_TONE} OUT" for ext in ("aac", "ac3", "aiff", "wma", "caf", "mka", "au", "w64", "mp2")},
}  # fmt: skip

_OFFICE = "soffice --headless --convert-to"
_LOCKED = '{"EncryptFile":{"type":"boolean","value":"true"},"DocumentOpenPassword":{"type":"string","value":"secret"}}'

DOCUMENTS = {
    "letter.odt": f"{_OFFICE} odt:writer8 letter.fodt",
    "letter.docx": f"{_OFFICE} docx letter.odt",
    "letter.doc": f"{_OFFICE} doc letter.odt",
    "old.docx": f"copy letter.doc old.doc; {_OFFICE} docx old.doc",
    "letter.rtf": f"{_OFFICE} rtf letter.odt",
    "letter.txt": f"{_OFFICE} txt:Text letter.odt",
    "letter.html": f"{_OFFICE} html letter.odt",
    "letter.xhtml": f"{_OFFICE} xhtml letter.odt",
    "letter.epub": f"{_OFFICE} epub letter.odt",
    "letter.pdf": f"{_OFFICE} pdf letter.odt",
    "locked.pdf": f"copy letter.odt locked.odt; {_OFFICE} 'pdf:writer_pdf_Export:{_LOCKED}' locked.odt",
    "archive.pdf": f"copy letter.odt archive.odt; {_OFFICE} 'pdf:writer_pdf_Export:"
    '{"SelectPdfVersion":{"type":"long","value":"2"}}\' archive.odt',
    "cut.pdf": "cut letter.pdf 0.5 OUT",
    "cut.docx": "cut letter.docx 0.5 OUT",
    "table.ods": f"{_OFFICE} ods table.csv",
    "table.xlsx": f"{_OFFICE} xlsx table.ods",
    "table.xls": f"{_OFFICE} xls table.ods",
    "old.xlsx": f"copy table.xls old.xls; {_OFFICE} xlsx old.xls",
    "sheet.csv": f"copy table.ods sheet.ods; {_OFFICE} csv sheet.ods",
    "sheet.html": f"copy table.ods sheet.ods; {_OFFICE} html sheet.ods",
    "sheet.pdf": f"copy table.ods sheet.ods; {_OFFICE} pdf sheet.ods",
    "deck.odp": f"{_OFFICE} odp deck.fodp",
    "deck.pptx": f"{_OFFICE} pptx deck.odp",
    "deck.ppt": f"{_OFFICE} ppt deck.odp",
    "old.pptx": f"copy deck.ppt old.ppt; {_OFFICE} pptx old.ppt",
    "deck.pdf": f"{_OFFICE} pdf deck.odp",
    "picture.pdf": f"{_OFFICE} pdf base.png",
}

RECIPES = {"image": IMAGES, "video": VIDEOS, "audio": SOUNDS, "document": DOCUMENTS}

_FLAT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<office:document office:version="1.2" '
    + " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (
            ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("svg", "svg-compatible")
        )
    )
    + ' office:mimetype="application/vnd.oasis.opendocument.'
)  # fmt: skip
SOURCES = {
    "letter.fodt": _FLAT + 'text"><office:body><office:text><text:h text:outline-level="1">Harvest</text:h>'
    "<text:p>Apples ripen late – “very” late; 苹果 и яблоки.</text:p>"
    "<text:list><text:list-item><text:p>First point</text:p></text:list-item></text:list>"
    "<table:table><table:table-row><table:table-cell><text:p>Year</text:p></table:table-cell>"
    "<table:table-cell><text:p>Apples</text:p></table:table-cell></table:table-row></table:table>"
    "</office:text></office:body></office:document>",
    "deck.fodp": _FLAT + 'presentation"><office:body><office:presentation><draw:page draw:name="one">'
    '<draw:frame svg:width="20cm" svg:height="4cm" svg:x="2cm" svg:y="2cm"><draw:text-box>'
    "<text:p>Apples for everyone</text:p></draw:text-box></draw:frame></draw:page>"
    '<draw:page draw:name="two"/></office:presentation></office:body></office:document>',
    "table.csv": 'Year,Apples,Note\n2024,10,"a | bar"\n2025,12,=1+1\n',
}


def make(folder: Path, kinds: tuple[str, ...]) -> Iterator[tuple[str, Path, str]]:
    """(kind, file, why it could not be made) for each recipe of these kinds, in order."""
    for name, text in SOURCES.items():
        (folder / name).write_text(text, encoding="utf-8")
    _run(folder, _BASE, "")
    for kind in kinds:
        for name, line in RECIPES[kind].items():
            out = folder / name
            why = ""
            for command in line.split("; "):
                why = why or _run(folder, command, name)
            yield kind, out, "" if out.is_file() else why or "The program wrote nothing."


def _run(folder: Path, command: str, out: str) -> str:
    """Runs one command; "" or the last line that it complained with. `cut`, `copy` and `append` are done here."""
    words = [word.replace("OUT", out) for word in shlex.split(command)]
    program, arguments = words[0], words[1:]
    if program == "cut":
        whole = (folder / arguments[0]).read_bytes()
        (folder / arguments[2]).write_bytes(whole[: int(len(whole) * float(arguments[1]))])
        return ""
    if program == "copy":
        shutil.copy(folder / arguments[0], folder / arguments[1])
        return ""
    if program == "append":
        (folder / arguments[0]).write_bytes((folder / arguments[0]).read_bytes() + arguments[1].encode() * 20)
        return ""
    more = {"ffmpeg": ["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]}.get(program, [])
    if program == "soffice":
        more = [f"-env:UserInstallation={(folder / 'office').as_uri()}"]
    done = subprocess.run([_found(program), *more, *arguments], cwd=folder, capture_output=True, timeout=240)
    told = done.stderr.decode(errors="replace").strip().splitlines()
    return (told[-1] if told else "It failed.") if done.returncode else ""


def _written(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return ""


def _found(program: str) -> str:
    """Debian's own program first: something else on the path may bear its name."""
    return shutil.which(program, path="/usr/bin") or shutil.which(program) or program
