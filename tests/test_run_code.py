"""What runs around a model's code inside the browser's Python, here in this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from glm_ui.web.python.run_code import LARGEST_PICTURE, run


@pytest.mark.parametrize(
    ("code", "ok", "value", "printed"),
    [
        ("print('a')\n6 * 7", True, "42", "a\n"),
        ("x = 1", True, "", ""),
        ("", True, "", ""),
        ("None", True, "", ""),
        ("import asyncio\nawait asyncio.sleep(0, 5)", True, "5", ""),
        ("def f():\n    return g()\ndef g():\n    return 3\nf()", True, "3", ""),
        ("if __name__ == '__main__':\n    print('main')", True, "", "main\n"),
        ("import sys\nsys.exit()", True, "", ""),
        ("import sys\nsys.exit(2)", False, "", ""),
        ("print('before')\n1 / 0", False, "", "before\n"),
        ("def f(:", False, "", ""),
        ("raise KeyboardInterrupt", False, "", ""),
        ("'x' * 30_000", True, "'" + "x" * 19_999 + "… (30,002 characters)", ""),
    ],
)
async def test_code_gives_what_it_prints_and_its_last_value(
    code: str, ok: bool, value: str, printed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(code, str(tmp_path)) == (ok, value, [])
    assert capsys.readouterr().out == printed


async def test_an_error_names_the_line_of_the_code_and_nothing_around_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await run("def half(x):\n    return x / 0\nhalf(1)", str(tmp_path))
    said = capsys.readouterr().err
    assert said.startswith('Traceback (most recent call last):\n  File "<your code>", line 3, in <module>\n')
    assert "    return x / 0\n" in said
    assert said.endswith("ZeroDivisionError: division by zero\n")
    assert "run_code" not in said


async def test_the_first_picture_files_are_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b.svg", "a.PNG", "notes.txt", "c.jpg", "d.webp", "e.gif", "f.png"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "a.PNG").write_bytes(b"x" * (LARGEST_PICTURE + 1))
    _, _, pictures = await run("", str(tmp_path))
    assert pictures == [("image/svg+xml", b"b.svg"), ("image/jpeg", b"c.jpg"), ("image/webp", b"d.webp")]
    assert (
        capsys.readouterr().out
        == "a.PNG is too large to be shown: at most 4 MB.\n2 more pictures are not shown.\n"
    )
