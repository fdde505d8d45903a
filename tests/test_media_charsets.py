"""Texts in the encodings that programs wrote before UTF-8: which one is told, and what is said of it."""

# ruff: noqa: RUF001  Texts in other scripts.
from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glm_ui.media.formats import charsets
from glm_ui.media.formats.charsets import LABELS, decode
from glm_ui.media.formats.documents import MAX_CHARS, read_text
from glm_ui.media.formats.kinds import identify

TEXTS = {
    "de": "Der Zug nach München fährt heute später. Bitte prüfen Sie die Tür, bevor Sie über die Straße gehen.",
    "fr": "Le café était déjà fermé quand nous sommes arrivés. Où êtes-vous allés après la fête de l'école ?",
    "es": "El niño soñó que viajaba a España. ¿Cuánto cuesta la habitación? Mañana volveré a la estación.",
    "pt": "A reunião começa amanhã às nove. Não há informação sobre a situação das crianças na região.",
    "sv": "Båten går över sjön på måndag. Vi måste köpa bröd och ägg före frukosten på söndag också.",
    "pl": "Książka leży na stole obok okna. Proszę przyjść jutro wieczorem, ponieważ dzień był długi i męczący.",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy. Děkuji vám za včerejší večeři, byla opravdu výborná.",
    "hu": "A gyerekek már elmentek az iskolába. Köszönöm szépen a segítséget, holnap újra eljövök hozzátok.",
    "ru": "Москва является столицей России. Завтра утром мы поедем на поезде к морю, если погода будет хорошей.",
    "uk": "Київ є столицею України. Завтра вранці ми поїдемо до їхнього села, якщо буде гарна погода.",
    "bg": "София е столицата на България. Утре сутринта ще пътуваме с влака към морето, ако времето е хубаво.",
    "el": "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας. Αύριο το πρωί θα ταξιδέψουμε με το τρένο προς τη θάλασσα.",
    "tr": "İstanbul çok büyük bir şehirdir. Yarın sabah güneş doğmadan önce yola çıkacağız, çünkü yağmur yağacak.",
    "he": "ירושלים היא בירת ישראל. מחר בבוקר ניסע ברכבת אל הים אם מזג האוויר יהיה טוב.",
    "ar": "القاهرة هي عاصمة مصر. غدا صباحا سنسافر بالقطار إلى البحر إذا كان الطقس جيدا.",
    "th": "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย พรุ่งนี้เช้าเราจะเดินทางโดยรถไฟไปทะเล",
    "lt": "Vilnius yra Lietuvos sostinė. Rytoj ryte važiuosime traukiniu prie jūros, jeigu oras bus geras ir šiltas.",
    "vi": "Hà Nội là thủ đô của Việt Nam. Sáng mai chúng tôi sẽ đi tàu hỏa ra biển nếu thời tiết đẹp.",
    "ja": "東京は日本の首都です。明日の朝、天気がよければ電車で海へ行きます。カメラを忘れないでください。",
    "ko": "서울은 대한민국의 수도입니다. 내일 아침 날씨가 좋으면 기차를 타고 바다로 갈 것입니다.",
    "zh": "北京是中国的首都。如果天气好的话，明天早上我们坐火车去海边。请不要忘记带照相机。",
    "tw": "臺北是一座現代化的城市。如果天氣好的話，明天早上我們坐火車去海邊。請不要忘記帶照相機。",
}
LEGACY = {
    "zh": "gbk gb2312 gb18030 hz",
    "tw": "big5 big5hkscs",
    "ja": "shift_jis cp932 euc_jp iso2022_jp",
    "ko": "euc_kr cp949 iso2022_kr johab",
    "ru": "koi8_r cp1251 iso8859_5 cp866 mac_cyrillic",
    "uk": "koi8_u cp1251 mac_cyrillic",
    "bg": "cp1251 iso8859_5",
    "el": "cp1253 iso8859_7 cp737",
    "he": "cp1255 iso8859_8 cp862",
    "ar": "cp1256 iso8859_6 cp720",
    "th": "tis_620 cp874",
    "tr": "cp1254 iso8859_9 cp857",
    "vi": "cp1258",
    "lt": "cp1257 iso8859_13 cp775",
    "pl": "cp1250 iso8859_2 cp852 mac_latin2",
    "cs": "cp1250 iso8859_2 cp852 mac_latin2",
    "hu": "cp1250 iso8859_2 cp852",
    "de": "cp1252 iso8859_1 iso8859_15 cp850 cp437 mac_roman",
    "fr": "cp1252 iso8859_1 iso8859_15 cp850 mac_roman",
    "es": "cp1252 iso8859_1 cp850 cp437 mac_roman",
    "pt": "cp1252 iso8859_1 cp850",
    "sv": "cp1252 iso8859_1 cp850 cp437",
}
UNICODE = ("utf_8", "utf_8_sig", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be")


def encoded(text: str, codec: str) -> bytes:
    """Windows-1258 has the tones of Vietnamese as characters of their own."""
    if codec != "cp1258":
        return text.encode(codec, "ignore")
    marks = "\u0300\u0301\u0303\u0309\u0323"
    out = []
    for char in text:
        parts = unicodedata.normalize("NFD", char)
        base = unicodedata.normalize("NFC", "".join(c for c in parts if c not in marks))
        out.append(base + "".join(c for c in parts if c in marks))
    return "".join(out).encode(codec)


def corpus() -> Iterator[tuple[str, str, bytes, str]]:
    """(language, encoding, bytes, text), each text whole and three times as long, without what the encoding lacks."""
    for language, text in TEXTS.items():
        for codec in [*LEGACY[language].split(), *UNICODE]:
            for words in (text, "\n".join([text] * 3)):
                data = encoded(words, codec)
                yield language, codec, data, data.decode(codec)


def test_nineteen_of_twenty_texts_in_sixty_encodings_are_read_right() -> None:
    wrong, count = [], 0
    for language, codec, data, text in corpus():
        read = decode(data, MAX_CHARS)
        count += 1
        if (read.text, read.damaged) != (text, 0):
            wrong.append((language, codec, read.encoding))
    assert count > 450
    assert len(wrong) <= count * 0.02, wrong


@pytest.mark.parametrize(
    ("codec", "label"),
    [
        ("cp1251", "Windows-1251"), ("koi8_r", "KOI8-R"), ("shift_jis", "Shift_JIS"), ("euc_jp", "EUC-JP"),
        ("iso2022_kr", "ISO-2022-KR"), ("utf_32", "UTF-32"), ("utf_16_be", "UTF-16"),
    ],
)  # fmt: skip
def test_another_encoding_than_utf8_is_named_in_a_note(codec: str, label: str) -> None:
    text = TEXTS["ru" if codec in ("cp1251", "koi8_r") else "ko" if codec == "iso2022_kr" else "ja"]
    data = text.encode(codec)
    extract = read_text(data, identify(data, "a.txt").format, "a.txt")
    assert extract.text == text
    assert extract.notes == (f"Read as {label}.",)
    utf8 = text.encode()
    assert read_text(utf8, identify(utf8, "a.txt").format, "a.txt").notes == ()


@pytest.mark.parametrize(
    ("data", "text", "label"),
    [
        ("Город;Цена\nМосква;100\n".encode("cp1251"), "Город;Цена\nМосква;100\n", "Windows-1251"),
        ("Café".encode("latin-1"), "Café", "Windows-1252"),
        (b"caf\xc3\xa9 \xe2\x80", None, None),
        (b"plain", "plain", "UTF-8"),
        (b"a + b - c ~ d", "a + b - c ~ d", "UTF-8"),
    ],
)
def test_short_texts(data: bytes, text: str | None, label: str | None) -> None:
    read = decode(data, 100)
    if text is not None:
        assert (read.text, read.encoding) == (text, label)


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        ('<html><head><meta charset="Shift_JIS"></head><p>{}', "shift_jis"),
        ('<meta http-equiv=Content-Type content="text/html; charset=x-sjis"><p>{}', "cp932"),
        ("<?xml version='1.0' encoding='EUC-JP'?><a>{}</a>", "euc_jp"),
        ('@charset "shift_jis"; /* {} */', "shift_jis"),
        ("# -*- coding: euc-jp -*-\n# {}", "euc_jp"),
        ('msgid ""\nmsgstr "Content-Type: text/plain; charset=EUC-JP\\n"\n"{}"', "euc_jp"),
        ("{}\n# vim: set fileencoding=euc-jp :", "euc_jp"),
        ("\\usepackage[latin2]{{inputenc}} {}", "iso8859_2"),
    ],
)
def test_a_declared_encoding_is_taken(head: str, codec: str) -> None:
    said = "žluť" if codec == "iso8859_2" else "日本"  # too short to guess
    text = head.format(said)
    assert decode(text.encode(codec), 1000).text == text


def test_a_declaration_that_is_not_true_is_not_believed() -> None:
    for declared in ("iso-8859-1", "windows-1252", "utf-8", "utf-16", "shift_jis", "base64", "no such"):
        text = f"<meta charset={declared}><p>{TEXTS['ru']}"
        assert decode(text.encode("cp1251"), 1000).text == text, declared
        assert decode(text.encode(), 1000).text == text, declared


def test_a_byte_that_is_broken_costs_one_character() -> None:
    data = TEXTS["ja"].encode()
    read = decode(data[:30] + b"\xff" + data[30:], 1000)
    assert (read.text.replace("\ufffd", ""), read.encoding, read.damaged) == (TEXTS["ja"], "UTF-8", 1)
    cut = decode(data[:-1], 1000)
    assert (cut.text[:-1], cut.encoding) == (TEXTS["ja"][:-1], "UTF-8")
    extract = read_text(data[:-1], identify(data, "a.txt").format, "a.txt")
    assert extract.notes == ("Characters that could not be read and are shown as �: 1.",)


def test_text_far_behind_much_ascii_is_told_too() -> None:
    text = "plain words\n" * 40_000 + TEXTS["ru"]
    assert decode(text.encode("koi8_r"), len(text)).text == text


def test_a_long_text_is_counted_whole_and_kept_in_part() -> None:
    read = decode(("я" * 3_000_000).encode("cp1251"), 1000)
    assert (len(read.text), read.length) == (1000, 3_000_000)


def test_only_encodings_of_text_are_ever_used() -> None:
    assert all(codecs.lookup(codec)._is_text_encoding for codec in LABELS)
    assert charsets._codec("zip") == charsets._codec("rot13") == charsets._codec("idna") == ""


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_decode_to_some_text(data: bytes) -> None:
    assert "\r" not in decode(data, 1000).text
