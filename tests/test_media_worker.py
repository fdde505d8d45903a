from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import media_files as files
import pytest

from glm_ui.errors import BadInput, CannotSend
from glm_ui.media import worker
from glm_ui.media.formats import images, pdf, source

LIMITS = images.Limits(5 << 20, (6000, 6000))


@pytest.fixture(scope="module", autouse=True)
def _workers_end() -> Iterator[None]:
    yield
    worker.close()


async def test_a_picture_comes_back_from_another_process() -> None:
    (picture,) = await worker.run(images.prepare_image, files.jpeg(), "a.jpg", LIMITS)
    assert (picture.width, picture.height) == (120, 80)


async def test_what_a_function_refuses_keeps_its_sentence_and_details() -> None:
    with pytest.raises(BadInput, match="locked with a password") as caught:
        await worker.run(pdf.count_pages, files.locked_pdf("x"), "a.pdf")
    assert caught.value.details == {"needs": "password"}


async def test_progress_is_heard_on_the_loop() -> None:
    heard: list[tuple[int, int]] = []
    pages = await worker.run(
        pdf.page_pictures,
        files.pdf(3),
        "a.pdf",
        (1, 2, 3),
        LIMITS,
        "",
        300,
        on_progress=lambda d, t: heard.append((d, t)),
    )
    await asyncio.sleep(0)
    assert len(pages) == 3
    assert heard == [(0, 3), (1, 3), (2, 3), (3, 3)]


async def test_a_worker_that_takes_too_long_is_ended_and_the_next_call_works() -> None:
    with pytest.raises(CannotSend, match=r"“big.pdf” takes too long"):
        await worker.run(time.sleep, 60, seconds=0.3, about="“big.pdf”")
    assert await worker.run(pdf.count_pages, files.pdf(2), "a.pdf") == 2


async def test_a_worker_that_dies_is_one_sentence_and_the_pool_heals() -> None:
    for _ in range(2):
        with pytest.raises(BadInput, match=r"“a.png” cannot be read"):
            await worker.run(os.abort, about="“a.png”")
    assert await worker.run(pdf.count_pages, files.pdf(2), "a.pdf") == 2


async def test_a_worker_that_wants_too_much_memory_is_refused() -> None:
    with pytest.raises(CannotSend, match="more memory"):
        await worker.run(bytes, 8 << 30)


async def test_an_unforeseen_fault_is_one_sentence() -> None:
    with pytest.raises(BadInput, match=r"cannot be read. Its content is broken \(ZeroDivisionError\)"):
        await worker.run(divmod, 1, 0, about="“a.bin”")


async def test_cancelling_ends_the_work_at_once(tmp_path: Path) -> None:
    """The pipe has a reader's end here and a writer's in the worker: it opens when the work has begun, and ends when
    the worker does, which would sleep for a day."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    endless = f"import time\nwith open({str(pipe)!r}, 'w') as pipe: time.sleep(86_400)"
    task = asyncio.create_task(worker.run(exec, endless, seconds=86_400))
    reader = await asyncio.to_thread(pipe.open)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(reader.read) == ""
    reader.close()
    assert await worker.run(pdf.count_pages, files.pdf(1), "a.pdf") == 1


async def test_only_values_of_this_package_come_out_of_a_worker() -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        await worker.run(source.Path, "/etc/passwd")  # a Path would come back, as anything else might


async def test_keys_do_not_reach_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    worker.close()
    monkeypatch.setenv("ZAI_API_KEY", "id.secret")
    assert await worker.run(os.getenv, "ZAI_API_KEY") is None
    assert await worker.run(os.getenv, "PATH")


async def test_gradio_is_not_imported_in_a_worker() -> None:
    code = "import sys, glm_ui.media.prepare_file; sys.exit('gradio' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0


async def test_the_loop_turns_while_a_long_document_is_prepared(tmp_path: Path) -> None:
    """It hears of the pages while they are drawn, and spends far less processor time on them than the drawing takes."""
    path = files.write(tmp_path, "long.pdf", files.pdf(120))
    drawn = 0

    def heard(done: int, _: int) -> None:
        nonlocal drawn
        drawn = done

    work = asyncio.create_task(
        worker.run(
            pdf.page_pictures,
            path,
            "long.pdf",
            tuple(range(1, 121)),
            LIMITS,
            "",
            420,
            seconds=600,
            on_progress=heard,
        )
    )
    begun, seen = time.thread_time(), set[int]()
    while not work.done():
        seen.add(drawn)
        await asyncio.wait([work], timeout=0.01)
    assert len(await work) == 120
    assert len(seen) > 3
    assert time.thread_time() - begun < 0.5


async def test_an_app_that_is_large_itself_keeps_its_workers() -> None:
    """`ru_maxrss` of a new process begins at its parent's peak, which once retired every worker after one job."""
    worker.close()
    large = bytearray(worker.RETIRE + (50 << 20))
    large[::4096] = b"\1" * len(large[::4096])
    del large
    await worker.run(len, b"")
    before = worker.processes()
    assert before
    await worker.run(len, b"")
    assert set(before) <= set(worker.processes())


async def test_a_worker_whose_memory_has_grown_is_replaced() -> None:
    """Any of the workers that are up may get the job, so it tells its own process id."""
    grown_and_id = "(setattr(__import__('__main__'), 'RETIRE', 1), __import__('os').getpid())[1]"
    grown = await worker.run(eval, grown_and_id)  # as if it had grown beyond it
    assert grown not in worker.processes()
    kept = await worker.run(eval, "__import__('os').getpid()")
    assert kept != grown
    assert kept in worker.processes()


async def test_one_visitors_slow_files_do_not_hold_up_another(tmp_path: Path) -> None:
    """Ann's two sleep until a file appears, which is written only when Bob has his answer; three more of hers wait."""
    sign = tmp_path / "bob-was-served"

    async def as_visitor(who: str, *call: Any) -> Any:
        worker.visitor.set(who)
        return await worker.run(*call, seconds=60)

    waits = f"import os, time\nwhile not os.path.exists({str(sign)!r}): time.sleep(0.02)"
    slow = [asyncio.create_task(as_visitor("ann", exec, waits)) for _ in range(5)]
    assert await asyncio.create_task(as_visitor("bob", pdf.count_pages, files.pdf(2), "a.pdf")) == 2
    assert not any(task.done() for task in slow)
    assert len(worker.processes()) == worker.WORKERS  # the spare one ended with its work
    sign.touch()
    await asyncio.gather(*slow)
    assert len(worker.processes()) <= worker.WORKERS + worker.SPARE


async def test_work_that_waits_is_taken_out_when_nobody_wants_it_any_more(tmp_path: Path) -> None:
    sign, made = tmp_path / "go", tmp_path / "made"
    waits = f"import os, time\nwhile not os.path.exists({str(sign)!r}): time.sleep(0.02)"
    slow = [asyncio.create_task(worker.run(exec, waits)) for _ in range(worker.WORKERS)]
    unwanted = asyncio.create_task(worker.run(exec, f"open({str(made)!r}, 'w')"))
    await asyncio.sleep(0)
    unwanted.cancel()
    with pytest.raises(asyncio.CancelledError):
        await unwanted
    sign.touch()
    await asyncio.gather(*slow)
    await worker.run(len, b"")
    assert not made.exists()
