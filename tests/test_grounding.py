from __future__ import annotations

import io
import json
from pathlib import Path

import media_files as files
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from glm_ui.media.grounding import Box, crop, find_boxes, to_coco, to_pixels

ONE = (120.0, 340.0, 560.0, 780.0)


@pytest.mark.parametrize(
    "answer",
    [
        "The cat is at <|begin_of_box|>[[120, 340, 560, 780]]<|end_of_box|>.",
        "The cat is at [[120,340,560,780]].",
        "[120, 340, 560, 780]",
        "<|begin_of_box|>[120,340,560,780]<|end_of_box|>",
        "<|begin_of_box|>(120,340,560,780)<|end_of_box|>",
        "((120,340,560,780))",
        "[(120,340),(560,780)]",
        "[[120, 340], [560, 780]] is the bounding box",
        "The position is (120, 340, 560, 780).",
        '{"bbox_2d": [120, 340, 560, 780], "label": "cat"}',
        '```json\n[\n  {"bbox_2d": [120, 340, 560, 780], "label": "cat"}\n]\n```',
        '{"label": "cat", "bbox_2d": [[120.0, 340.0, 560.0, 780.0]]}',
        "```\n[[120,340,560,780]]\n```",
        "The box is `[120, 340, 560, 780]`.",
        "猫的坐标是[[120,340,560,780]]。",
        "\n<|begin_of_box|>\n[[ 120 , 340 ,\n560 , 780 ]]\n<|end_of_box|>",
    ],
)
def test_every_way_of_writing_a_box_is_found(answer: str) -> None:
    (box,) = find_boxes(answer)
    assert box.box == ONE
    assert "120" in answer[slice(*box.span)]
    assert answer[box.span[0]] in "[("
    assert answer[box.span[1] - 1] in "])"


@pytest.mark.parametrize(
    "answer",
    [
        "As shown in [1], [2, 3] and [4, 5, 6, 7].",
        "It ran in the years [1999, 2001, 2010, 2020].",
        "The scores were [10, 20, 300, 400].",
        "<|begin_of_box|>[1, 2, 3, 4]<|end_of_box|>",
        "<|begin_of_box|>42<|end_of_box|>",
        "```python\nx = [[120, 340, 560, 780]]\n```",
        "```\nfor box in [[120, 340, 560, 780]]:\n    draw(box)\n```",
        "Call `draw([120, 340, 560, 780])` for the box.",
        "The matrix $[[120, 340, 560, 780]]$ has rank one.",
        r"So \([120, 340, 560, 780]\) and \[[[120, 340, 560, 780]]\].",
        "rgba(120, 34, 560, 780) is where the colour is.",
        "See [the box](120, 340, 560, 780).",
        "The box [[560, 780, 120, 340]] is inside out.",
        "The box [[120, 340, 1560, 1780]] is beyond the picture.",
        "The vector <120, 340, 560, 780> is where it points.",
        "Lists [120, 340, 560] and [120, 340, 560, 780, 900] are where it ends.",
        "IP 10.20.30.40 and version [1.2.3.4]",
        "",
    ],
)
def test_numbers_that_are_no_boxes_are_left_alone(answer: str) -> None:
    assert find_boxes(answer) == ()


def test_without_a_picture_nothing_is_a_box() -> None:
    assert find_boxes("[[120,340,560,780]]", pictures=0) == ()


def test_plain_brackets_count_when_places_were_asked_for() -> None:
    answer = "- **Dog**: [100, 200, 300, 400]\n- Cat: [300, 200, 900, 400]"
    assert find_boxes(answer) == ()
    assert [b.label for b in find_boxes(answer, asked="Locate the animals")] == ["Dog", "Cat"]


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        ("The red car is located at [[1,2,300,400]].", ["red car"]),
        ("Two cats: [[1,2,300,400],[5,6,700,800]]", ["Two cats", "Two cats"]),
        ("1. **dog** – [[1,2,300,400]]\n2. *bird* – [[5,6,700,800]]", ["dog", "bird"]),
        ("The dog [[1,2,300,400]] and the bird [[5,6,700,800]].", ["dog", "bird"]),
        ("[[1,2,300,400]] is a dog.", ["is a dog"]),
        (
            '[{"label": "a \\"b\\" 猫", "bbox_2d": [1,2,3,4]}, {"bbox_2d": [5,6,7,8], "label": "c"}]',
            ['a "b" 猫', "c"],
        ),
        ('{"bbox_2d": [1,2,3,4], "label": "cut o', [""]),
        ("红色的车位于[[1,2,300,400]]", ["红色的车"]),
    ],
)
def test_labels_come_from_beside_the_box(answer: str, labels: list[str]) -> None:
    assert [b.label for b in find_boxes(answer)] == labels


def test_a_box_belongs_to_the_picture_named_last() -> None:
    answer = "In picture 2 the ball is at [[100,200,300,400]], in the first picture at [[10,20,300,400]]."
    assert [(b.picture, b.label) for b in find_boxes(answer, 2)] == [(1, "ball"), (0, "")]
    assert [b.picture for b in find_boxes("第二张图的球在[[1,2,300,400]]", 2)] == [1]
    assert [b.picture for b in find_boxes('{"image": 3, "bbox_2d": [1,2,3,4]}', 3)] == [2]
    assert [b.picture for b in find_boxes("Picture 9: [[1,2,300,400]]", 2)] == [0]


def test_a_list_of_many_boxes_is_found_in_good_time() -> None:
    answer = '{"bbox_2d": [' + ", ".join(f"[{i},{i},{i + 2},{i + 2}]" for i in range(900)) + "]}"
    assert len(find_boxes(answer)) >= 100


FOUND = json.loads((Path(__file__).parent / "data" / "boxes_found.json").read_text("utf-8"))
"""Answers as models write them, with the boxes that were found in them before the search became linear."""


def test_what_was_found_in_ordinary_answers_is_found_still() -> None:
    for row in FOUND:
        boxes = [
            {
                "box": list(box.box),
                "label": box.label,
                "text": row["answer"][slice(*box.span)],
                "start": box.span[0],
                "picture": box.picture,
            }
            for box in find_boxes(row["answer"], row["pictures"], row["asked"])
        ]
        assert boxes == row["boxes"], row["answer"]


@settings(max_examples=60)
@given(st.text(alphabet='[](){}<>,. 0123456789\n`$"bbox_2d:label|', max_size=200), st.integers(1, 3))
def test_any_answer_gives_boxes_within_the_picture(answer: str, pictures: int) -> None:
    for box in find_boxes(answer, pictures, "where"):
        left, top, right, bottom = box.box
        assert 0 <= left < right <= 1000
        assert 0 <= top < bottom <= 1000
        assert 0 <= box.picture < pictures
        assert 0 <= box.span[0] < box.span[1] <= len(answer)


@settings(max_examples=60)
@given(st.integers(1, 20_000), st.integers(1, 20_000), st.tuples(*[st.integers(0, 1000)] * 4))
def test_pixels_are_at_most_one_off(width: int, height: int, four: tuple[int, ...]) -> None:
    (left, right), (top, bottom) = sorted((four[0], four[2])), sorted((four[1], four[3]))
    x1, y1, x2, y2 = to_pixels((left, top, right, bottom), (width, height))
    assert 0 <= x1 < x2 <= width
    assert 0 <= y1 < y2 <= height
    for got, true in ((x1, left * width), (x2, right * width), (y1, top * height), (y2, bottom * height)):
        assert abs(got - true / 1000) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_is_of_the_upright_picture_at_every_orientation(orientation: int) -> None:
    data = files.jpeg(120, 80, orientation)
    region = Image.open(io.BytesIO(crop(data, (500, 0, 1000, 500)))).convert("RGB")
    assert region.size == (60, 40)
    colour = region.getpixel((30, 20))
    assert all(abs(a - b) < 15 for a, b in zip(colour, files.GREEN, strict=True))


def test_coco_counts_from_one_and_measures_in_pixels() -> None:
    boxes = [Box((0, 0, 500, 500), "cat", (0, 1)), Box((500, 500, 1000, 1000), "", (2, 3), 1)]
    coco = to_coco(boxes, [("a.jpg", (200, 100)), ("b.jpg", (50, 50))])
    assert json.loads(json.dumps(coco)) == coco
    assert coco["images"][1] == {"id": 2, "file_name": "b.jpg", "width": 50, "height": 50}
    assert [c["name"] for c in coco["categories"]] == ["cat", "object"]
    assert coco["annotations"][0] == {
        "id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 100, 50], "area": 5000, "iscrowd": 0,
    }  # fmt: skip
    assert coco["annotations"][1]["bbox"] == [25, 25, 25, 25]
