"""Kinds of files that are known here and not read, each with its way out: by their first bytes, or by their name where
the bytes say nothing. Tables only; what is read stands in `kinds`."""

from __future__ import annotations

from collections.abc import Mapping

_PICTURE = "Save it as JPEG or PNG and choose that."
_FILM = "Save it as MP4 and choose that."
_SOUND = "Save it as WAV or MP3 and choose that."
_INSIDE = "Unpack it and choose the files inside."
_PDF = "Save it as PDF and choose that."

BY_CONTENT: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"Rar!", "a RAR archive", _INSIDE),
    (0, b"7z\xbc\xaf", "a 7-Zip archive", _INSIDE),
    (0, b"\x1f\x8b", "a gzip archive", _INSIDE),
    (0, b"BZh", "a bzip2 archive", _INSIDE),
    (0, b"\xfd7zXZ", "an XZ archive", _INSIDE),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive", _INSIDE),
    (0, b"MZ", "a program", "Programs cannot be sent."),
    (0, b"\x7fELF", "a program", "Programs cannot be sent."),
    (0, b"%!PS", "a PostScript file", _PDF),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript file", _PDF),
    (0, b"{\\rtf", "an RTF document", "Save it as DOCX or PDF and choose that."),
    (0, b"8BPS", "a Photoshop file", _PICTURE),
    (0, b"gimp xcf", "a GIMP file", _PICTURE),
    (4, b"jP  ", "a JPEG 2000 picture", _PICTURE),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture", _PICTURE),
    (4, b"JXL ", "a JPEG XL picture", _PICTURE),
    (0, b"\xff\x0a", "a JPEG XL picture", _PICTURE),
    (0, b"\0\0\1\0", "an icon", _PICTURE),
    (0, b"v/1\1", "an OpenEXR picture", _PICTURE),
    (0, b"#?RADIANCE", "a Radiance picture", _PICTURE),
    (0, b"P5\n", "a Netpbm picture", _PICTURE),
    (0, b"P6\n", "a Netpbm picture", _PICTURE),
    (8, b"AVI ", "an AVI video", _FILM),
    (0, b"RIFF", "a RIFF file of a kind that is not read here", "Save it as MP4 or WAV and choose that."),
    (0, b"FLV\1", "a Flash video", _FILM),
    (0, b"YUV4MPEG2", "a raw video", _FILM),
    (0, b"\0\0\1\xba", "an MPEG video", _FILM),
    (0, b"\0\0\1\xb3", "an MPEG video", _FILM),
    (0, b"\x30\x26\xb2\x75", "a Windows Media file", "Save it as MP4 or MP3 and choose that."),
    (28, b"\x80theora", "an Ogg video", _FILM),
    (8, b"AIFF", "an AIFF recording", _SOUND),
    (8, b"AIFC", "an AIFF recording", _SOUND),
    (0, b"caff\0", "a Core Audio recording", _SOUND),
    (0, b"#!AMR", "an AMR recording", _SOUND),
    (0, b".snd", "a Sun recording", _SOUND),
)
"""(offset, bytes, what it is, way out), the first that fits. `what it is` reads well after "is"."""

_NAMES = (
    ("jp2 j2k jpf jpx jpm", "a JPEG 2000 picture", _PICTURE),
    ("tga vda icb vst", "a TGA picture", _PICTURE),
    ("pcx dcx", "a PCX picture", _PICTURE),
    ("ppm pgm pbm pnm pam pfm", "a Netpbm picture", _PICTURE),
    ("ico cur", "an icon", _PICTURE),
    ("sgi rgb rgba bw", "an SGI picture", _PICTURE),
    ("wmf emf", "a Windows drawing", _PICTURE),
    ("ts m2ts mts", "an MPEG transport stream", _FILM),
    ("mpg mpeg vob m2v", "an MPEG video", _FILM),
    ("mxf", "an MXF video", _FILM),
    ("aac", "a bare AAC recording", _SOUND),
    ("ac3 eac3", "a Dolby recording", _SOUND),
    ("aif aiff aifc", "an AIFF recording", _SOUND),
    ("mp2 mpa", "an MP2 recording", _SOUND),
    ("w64", "a Wave64 recording", _SOUND),
    ("ape wv tta tak mpc ofr dsf dff", "a recording of a rare kind", _SOUND),
)
BY_NAME: Mapping[str, tuple[str, str]] = {
    extension: (label, way_out) for names, label, way_out in _NAMES for extension in names.split()
}
"""extension -> (what it is, way out), for files whose content tells nothing."""

_RAW = "3fr arw cr2 dcr dng erf kdc mef mos nef nrw orf pef raf raw rw2 sr2 srf srw x3f"
CAMERA_RAW = frozenset(_RAW.split())
"""Extensions of what cameras write: mostly TIFF files, whose first picture is often only a thumbnail."""

OPEN_DOCUMENT: Mapping[str, tuple[str, str]] = {
    "application/vnd.oasis.opendocument.text": ("an OpenDocument text", "DOCX or PDF"),
    "application/vnd.oasis.opendocument.spreadsheet": ("an OpenDocument spreadsheet", "XLSX or PDF"),
    "application/vnd.oasis.opendocument.presentation": ("an OpenDocument presentation", "PPTX or PDF"),
    "application/epub+zip": ("an EPUB book", "PDF or TXT"),
}
"""What an archive's `mimetype` says -> (what it is, what to save it as)."""
