"""What people come for, each as a whole task in the real page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chat_page import answer_text, answers, ask, box, chip, last, pick_model, wait_idle
from tests.browser.conftest import KEY, READY, App
from tests.upstream import Reply, Upstream, anthropic_frames, openai_frames

Open = Callable[..., Page]

EVERYTHING_THE_PAGE_KEEPS = """JSON.stringify([
    {...localStorage}, {...sessionStorage}, document.cookie,
    Object.keys(window).map(k => { try { return JSON.stringify(window[k]) } catch { return '' } }),
])"""


def test_a_question_gets_its_thinking_and_its_answer_apart(page: Page, up: Upstream) -> None:
    up.reply(
        sse=openai_frames(
            ["Seven ", "sixes."], ["It is ", "**42**."], usage={"prompt_tokens": 9, "completion_tokens": 12}
        )
    )
    ask(page, "What is 7 times 6?")
    expect(answer_text(page)).to_have_text("It is 42.")
    expect(answer_text(page).locator("strong")).to_have_text("42")
    for text in (answer_text(page), page.locator("#chat-log .bubble")):
        expect(text).to_have_css("font-size", "16px")
        expect(text).to_have_css("line-height", "25.6px")
    wait_idle(page)
    expect(last(page).locator(".thinking-label")).to_contain_text("Thought for")
    expect(last(page).locator(".thinking-body")).to_be_hidden()
    last(page).locator(".thinking summary").click()
    expect(last(page).locator(".thinking-body")).to_have_text("Seven sixes.")
    expect(last(page).locator(".metrics")).to_contain_text("9 in")
    expect(page.locator("#chat-log .turn.user .bubble")).to_have_text("What is 7 times 6?")
    expect(box(page)).to_have_value("")
    body = up.requests[0].json
    assert body["thinking"]["type"] == "enabled"
    assert body["messages"][-1] == {"role": "user", "content": "What is 7 times 6?"}


STACK_OF_THE_TURN = """() => {
    Error.stackTraceLimit = 50;
    const real = window.fetch;
    window.fetch = (url, ...rest) => {
        if (String(url) === "glm_ui/chat") window.stackOfTheTurn = new Error().stack;
        return real(url, ...rest);
    };
}"""


def with_sources(route: Route) -> None:
    """The page as the app serves it while `web/built` is older than the scripts."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("built/app.js", "app.js"))


def test_a_turn_takes_the_way_that_the_design_names(page: Page, up: Upstream) -> None:
    """Four files are on the stack while the request goes out; the fifth, `chat/turn.js`, has made the turn by then."""
    page.route(page.url, with_sources)
    page.reload()
    page.wait_for_selector(READY, state="attached")
    up.reply(sse=openai_frames("", "Hi."))
    page.evaluate(STACK_OF_THE_TURN)
    ask(page, "Hello")
    wait_idle(page)
    stack = page.evaluate("window.stackOfTheTurn")
    ours = list(dict.fromkeys(re.findall(r"/glm_ui/static/[^/]+/(\S+?\.js)", stack)))
    assert ours == ["server/request.js", "server/stream.js", "chat/reply.js", "chat/chat.js"]


def test_copying_the_answer_leaves_the_thinking_out(open_page: Open, shared_app: App, up: Upstream) -> None:
    up.reply(sse=openai_frames("secret thought", "The **answer**."))
    page = open_page(shared_app.url, permissions=["clipboard-read", "clipboard-write"])
    ask(page, "Hi")
    wait_idle(page)
    last(page).get_by_label("Copy", exact=True).click()
    assert page.evaluate("navigator.clipboard.readText()") == "The **answer**."
    last(page).locator(".thinking summary").click()
    last(page).get_by_label("Copy the thinking").click()
    assert page.evaluate("navigator.clipboard.readText()") == "secret thought"


def test_stop_closes_a_silent_upstream_and_keeps_what_came(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Half an ans", finish=None), then="stall")
    ask(page, "Hi")
    expect(answer_text(page)).to_have_text("Half an ans")
    page.locator("#chat-input .stop-button").click()
    up.wait_aborted(1, patience=1.5)
    wait_idle(page)
    expect(answer_text(page)).to_have_text("Half an ans")
    expect(chip(page)).to_contain_text("Stopped")


def test_escape_stops(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("Hm", finish=None), then="stall")
    ask(page, "Hi")
    expect(last(page).locator(".thinking-body")).to_have_text("Hm")
    box(page).press("Escape")
    up.wait_aborted(1, patience=1.5)
    wait_idle(page)


def test_closing_the_tab_closes_a_silent_upstream(open_page: Open, hasty_app: App, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Some", finish=None), then="stall")
    page = open_page(hasty_app.url)
    ask(page, "Hi")
    expect(answer_text(page)).to_have_text("Some")
    page.close()
    up.wait_aborted(1, patience=1.5)


def test_a_retry_that_waits_says_what_for_and_can_be_stopped(page: Page, up: Upstream) -> None:
    busy = {"error": {"code": "1305", "message": "Overloaded."}}
    up.reply(Reply(status=429, body=busy, headers={"retry-after": "50"}))
    ask(page, "Hi")
    expect(last(page)).to_contain_text(
        re.compile(r"overload.*Retrying in \d+ s \(2/3\)", re.IGNORECASE | re.DOTALL)
    )
    page.get_by_label("Stop").click()
    wait_idle(page)
    assert len(up.requests) == 1


def test_retry_keeps_the_earlier_answer_one_click_away(page: Page, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", "First.")), Reply(sse=openai_frames("", "Second.")))
    ask(page, "Hi")
    expect(answer_text(page)).to_have_text("First.")
    wait_idle(page)
    last(page).get_by_label("Retry").click()
    expect(answer_text(page)).to_have_text("Second.")
    wait_idle(page)
    expect(answers(page)).to_have_count(1)
    expect(last(page).locator(".branches")).to_have_text("2/2")
    last(page).get_by_label("Previous version").click()
    expect(answer_text(page)).to_have_text("First.")
    assert up.requests[1].json["messages"] == up.requests[0].json["messages"]


def test_edit_and_resend_asks_with_the_new_words_alone(page: Page, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("", "First.")), Reply(sse=openai_frames("", "Second.")))
    ask(page, "Hi")
    wait_idle(page)
    page.locator("#chat-log .turn.user").hover()
    page.locator("#chat-log .turn.user").get_by_label("Edit").click()
    page.locator(".edit-box").fill("Hello")
    page.locator(".edit-box").press("Enter")
    expect(answer_text(page)).to_have_text("Second.")
    wait_idle(page)
    assert [m["content"] for m in up.requests[1].json["messages"]] == ["Hello"]


def test_a_question_that_is_being_rewritten_outlives_looking_elsewhere_and_a_reload(
    page: Page, up: Upstream
) -> None:
    up.reply(Reply(sse=openai_frames("", "First.")), Reply(sse=openai_frames("", "Second.")))
    ask(page, "Hi")
    wait_idle(page)
    edited = page.locator(".turn.user .edit-box")
    page.locator("#chat-log .turn.user").hover()
    page.locator("#chat-log .turn.user").get_by_label("Edit").click()
    edited.fill("Hello, at length")
    page.locator(".new-chat").first.click()
    expect(edited).to_have_count(0)
    page.go_back()
    expect(edited).to_have_value("Hello, at length")
    page.reload()
    expect(edited).to_have_value("Hello, at length")
    edited.press("Escape")
    expect(page.locator(".turn.user .bubble")).to_have_text("Hi")
    page.reload()
    expect(page.locator(".turn.user .bubble")).to_have_text("Hi")
    page.locator("#chat-log .turn.user").hover()
    page.locator("#chat-log .turn.user").get_by_label("Edit").click()
    edited.fill("Hello")
    edited.press("Enter")
    expect(answer_text(page)).to_have_text("Second.")


def test_the_thinking_is_told_as_over_from_the_first_word_of_the_answer(page: Page, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("Let me see.", ["One", " two."]), hold=(2,)))
    ask(page, "Hi")
    expect(answer_text(page)).to_have_text("One")
    label = last(page).locator(".thinking-label")
    expect(label).to_have_text(re.compile("^Thought for [0-9.]+ s"))
    page.reload()
    expect(answer_text(page)).to_have_text("One")
    expect(label).to_have_text(re.compile("^Thought"))
    up.release()
    wait_idle(page)
    expect(label).to_have_text(re.compile("^Thought for [0-9.]+ s"))


def test_thinking_that_comes_without_its_tag_takes_nothing_from_the_answer_it_goes_on_with(
    page: Page, up: Upstream
) -> None:
    whole = openai_frames("", ["Let me see.</think>", "Second."])
    up.reply(
        Reply(sse=openai_frames("", "First.", finish="length")),
        Reply(sse=[*whole[:-1], '{"choices":[{"delta":{"content":5}}]}', whole[-1]]),
    )
    ask(page, "Tell me")
    chip(page).get_by_role("button", name="Continue").click()
    expect(answer_text(page)).to_contain_text("Second.")
    wait_idle(page)
    expect(answer_text(page)).to_have_text("First.Second.")
    expect(last(page).locator(".thinking-body")).to_have_text("Let me see.")
    expect(last(page).locator(".notes")).to_contain_text("could not be read")
    page.reload()
    expect(answer_text(page)).to_have_text("First.Second.")
    expect(last(page).locator(".notes")).to_contain_text("could not be read")


def test_undo_takes_the_exchange_away_and_gives_its_words_back(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "First."))
    ask(page, "A long question")
    wait_idle(page)
    last(page).get_by_label("Remove this exchange").click()
    expect(answers(page)).to_have_count(0)
    expect(box(page)).to_have_value("A long question")


def test_the_next_turn_carries_the_history(page: Page, up: Upstream) -> None:
    up.reply(Reply(sse=openai_frames("Hm.", "One.")), Reply(sse=openai_frames("", "Two.")))
    ask(page, "First?")
    expect(answer_text(page)).to_have_text("One.")
    wait_idle(page)
    ask(page, "Second?")
    expect(answer_text(page)).to_have_text("Two.")
    wait_idle(page)
    messages = up.requests[1].json["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant", "user"]
    assert messages[1]["content"] == "One."
    assert messages[1]["reasoning_content"] == "Hm."


def test_thinking_switched_off_is_said_on_the_wire(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Quick."))
    page.locator("#chat-thinking input").uncheck()
    ask(page, "Hi")
    wait_idle(page)
    assert up.requests[0].json["thinking"]["type"] == "disabled"
    expect(last(page).locator(".thinking")).to_be_hidden()


def test_a_wrong_key_says_so_and_gives_the_words_back(page: Page, up: Upstream) -> None:
    up.reply(status=401, body={"error": {"code": "1000", "message": "Authentication Failed"}})
    ask(page, "My question")
    expect(chip(page)).to_contain_text("did not accept the key")
    expect(box(page)).to_have_value("My question")
    up.forget()
    up.reply(sse=openai_frames("", "Now it works."))
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("Now it works.")
    assert [m["content"] for m in up.requests[0].json["messages"]] == ["My question"]


def test_a_cut_answer_is_kept_and_goes_on_at_its_seam(page: Page, up: Upstream) -> None:
    goes_on_at_its_seam(page, up, openai_frames)
    page.locator("#new-chat").click()
    expect(answers(page)).to_have_count(0)
    pick_model(page, "GLM-4.6 · Z.ai (A")
    expect(page.locator("#chat-facts")).to_contain_text("Model ID")
    expect(page.locator("#bar-state")).to_contain_text("Anthropic")
    goes_on_at_its_seam(page, up, anthropic_frames)


def goes_on_at_its_seam(page: Page, up: Upstream, frames: Callable[..., list[dict[str, Any]]]) -> None:
    up.forget()
    up.reply(
        Reply(sse=frames("", "The quick brown fox jum", finish=None), then="cut"),
        Reply(sse=frames("", "ps over the lazy dog.")),
    )
    ask(page, "Say it")
    expect(chip(page)).to_be_visible()
    expect(answer_text(page)).to_have_text("The quick brown fox jum")
    chip(page).get_by_role("button", name="Continue").click()
    expect(answer_text(page)).to_have_text("The quick brown fox jumps over the lazy dog.")
    wait_idle(page)
    expect(chip(page)).to_be_hidden()
    expect(page.locator("#chat-log .turn")).to_have_count(2)
    assert up.requests[1].path == up.requests[0].path


@pytest.mark.parametrize("width", [1440, 390])
def test_the_way_to_the_end_stays_at_hand_in_the_middle_of_a_conversation(
    open_page: Callable[..., Page], shared_app: App, up: Upstream, width: int
) -> None:
    page = open_page(shared_app.url, viewport={"width": width, "height": 844})
    code = "\n".join(f"print({n})" for n in range(200))
    up.reply(sse=openai_frames("", f"Here:\n\n```python\n{code}\n```\n\nDone."))
    ask(page, "A lot, please")
    wait_idle(page)
    log = page.locator("glm-log")
    log.evaluate("(log) => log.scrollTo(0, log.scrollHeight / 2)")
    way = page.locator("#chat-log").get_by_label("To the end")
    copy = last(page).locator(".md-code-head").get_by_role("button", name="Copy")
    for button in (way, copy):
        expect(button).to_be_in_viewport(ratio=1)
    middle = way.bounding_box()
    foot = log.bounding_box()
    assert middle
    assert foot
    assert foot["y"] + foot["height"] / 2 < middle["y"]
    way.click()
    expect(way).to_have_css("opacity", "0")
    expect(last(page).get_by_text("Done.")).to_be_in_viewport()


def test_a_conversation_survives_a_reload(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("Hm.", "Remember **me**."))
    ask(page, "Hi")
    wait_idle(page)
    page.reload()
    expect(answer_text(page)).to_have_text("Remember me.")
    expect(page.locator("#chat-log .bubble")).to_have_text("Hi")
    last(page).locator(".thinking summary").click()
    expect(last(page).locator(".thinking-body")).to_have_text("Hm.")


def test_leaving_the_page_ends_the_upstream_and_keeps_the_text(
    open_page: Open, hasty_app: App, up: Upstream
) -> None:
    page = open_page(hasty_app.url)
    up.reply(sse=openai_frames("", ["Once upon", " a time"], finish=None), then="stall")
    ask(page, "Tell")
    expect(answer_text(page)).to_have_text("Once upon a time")
    page.goto("about:blank")  # a reload may be back before the reply is given up
    up.wait_aborted(1, patience=1.5)
    page.goto(hasty_app.url)
    expect(answer_text(page)).to_have_text("Once upon a time")
    expect(chip(page)).to_contain_text(re.compile("Interrupted|Stopped"))


def test_two_visitors_do_not_see_each_other(open_page: Open, shared_app: App, up: Upstream) -> None:
    def by_question(request: object) -> Reply:
        said = request.json["messages"][-1]["content"]  # type: ignore[attr-defined]
        return Reply(sse=openai_frames(f"think {said}", f"answer {said}"))

    up.script(by_question)
    first, second = open_page(shared_app.url), open_page(shared_app.url)
    ask(first, "alpha")
    ask(second, "beta")
    expect(answer_text(first)).to_have_text("answer alpha")
    expect(answer_text(second)).to_have_text("answer beta")
    assert "beta" not in first.content()
    assert "alpha" not in second.content()


def test_a_typed_key_is_used_and_is_nowhere_on_the_page(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "Hello."))
    canary = "visitor-canary.0123456789"
    page.locator("#api-key input").fill(canary)
    page.locator("#api-key input").press("Enter")
    expect(page.locator("#bar-state")).to_contain_text("your key")
    expect(page.locator("#api-key input")).to_have_value("")
    ask(page, "Hi")
    expect(answer_text(page)).to_have_text("Hello.")
    wait_idle(page)
    assert up.requests[0].headers["authorization"] == f"Bearer {canary}"
    everywhere = page.content() + page.evaluate(EVERYTHING_THE_PAGE_KEEPS)
    assert canary not in everywhere
    assert KEY not in everywhere


def test_a_tool_call_is_a_card_and_not_raw_json(page: Page, up: Upstream) -> None:
    call = {
        "index": 0,
        "id": "c1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
    }
    frames = openai_frames("Look it up.", "", finish=None)
    frames.append(
        {
            "id": "x",
            "model": "glm-4.6",
            "choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}}],
        }
    )
    frames.append(
        {"id": "x", "model": "glm-4.6", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    )
    up.reply(sse=frames)
    ask(page, "Weather?")
    card = last(page).locator(".tool")
    expect(card.locator("summary")).to_have_text("get_weatherOsloNot run")
    expect(card.locator("pre")).to_be_hidden()
    card.locator("summary").click()
    expect(card.locator("pre")).to_contain_text("Oslo")


def test_shift_enter_breaks_the_line(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "ok"))
    box(page).fill("one")
    box(page).press("Shift+Enter")
    box(page).press_sequentially("two")
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("ok")
    wait_idle(page)
    assert up.requests[0].json["messages"][-1]["content"] == "one\ntwo"


def test_each_control_reaches_the_wire(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "{}"))
    page.locator("#chat-more button").first.click()
    page.locator("#chat-system textarea").fill("Be brief.")
    for name, value in (("temperature", "0.4"), ("top-p", "0.5"), ("max-tokens", "900")):
        page.locator(f"#chat-{name} input").fill(value)
        page.locator(f"#chat-{name} input").blur()
    page.locator("#chat-stop textarea, #chat-stop input").first.fill("END")
    page.locator("#chat-json-output input").check()
    ask(page, "Hi")
    wait_idle(page)
    body = up.requests[0].json
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.4, 0.5, 900)
    assert body["stop"] == ["END"]
    assert body["response_format"] == {"type": "json_object"}


def test_a_model_with_levels_shows_them_and_sends_the_chosen_one(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "ok", model="glm-5.3"))
    pick_model(page, "GLM-5.3 · Z.ai")
    expect(page.locator("#chat-thinking input")).to_be_disabled()
    page.locator("#chat-effort").get_by_label("low").check()
    ask(page, "Hi")
    wait_idle(page)
    assert up.requests[0].json["reasoning_effort"] == "low"
    assert up.requests[0].json["model"] == "glm-5.3"


def test_a_reader_who_scrolled_up_is_left_in_peace(page: Page, up: Upstream) -> None:
    lines = [f"Line {i}.\n\n" for i in range(120)]
    up.reply(sse=openai_frames("", lines), hold=(100,))
    ask(page, "Long")
    expect(answer_text(page)).to_contain_text("Line 98.")
    log = page.locator("glm-log")
    log.hover()
    page.mouse.wheel(0, -1500)
    page.wait_for_function(
        "{const l = document.querySelector('glm-log'); l.scrollHeight - l.scrollTop - l.clientHeight > 800}"
    )
    top = log.evaluate("l => l.scrollTop")
    up.release()
    expect(answer_text(page)).to_contain_text("Line 119.")
    wait_idle(page)
    assert abs(log.evaluate("l => l.scrollTop") - top) < 5


def test_a_number_that_is_none_is_named_and_nothing_is_lost(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", "ok"))
    page.locator("#chat-more button").first.click()
    expect(page.locator("#chat-facts")).to_contain_text("Window")  # then the controls fit the model
    page.locator("#chat-temperature input").fill("warm")
    ask(page, "My words")
    expect(chip(page)).to_contain_text("temperature")
    expect(box(page)).to_have_value("My words")
    assert not up.requests


def test_an_answer_that_breaks_the_drawing_ends_is_kept_and_later_questions_are_sent(
    page: Page, up: Upstream
) -> None:
    odd = '<a\u00a0href="http://example.org/">x</a>' + "\n\n" + ">" * 1500 + "\n\n" + "x<sub>" * 2000
    up.reply(*(Reply(sse=openai_frames("", [said])) for said in (odd, "second", "third")))
    ask(page, "One")
    wait_idle(page)
    page.evaluate(
        """async () => {
          const { LiveMarkdown } = await import("/glm_ui/static/markdown/markdown.js");
          for (const name of ["append", "finish"]) LiveMarkdown.prototype[name] = () => { throw new Error("broken"); };
        }"""
    )
    ask(page, "Two")
    wait_idle(page)
    ask(page, "Three")
    wait_idle(page)
    assert up.requests[-1].json["messages"][-1]["content"] == "Three"
    page.reload()
    expect(page.locator("#chat-log .turn.assistant")).to_have_count(3)
    expect(page.locator("#chat-log .turn.assistant").nth(1)).to_contain_text("second")


def test_a_long_paste_shows_its_beginning_and_all_of_it_when_asked(page: Page, up: Upstream) -> None:
    up.reply(sse=openai_frames("", ["fine"]))
    box(page).fill("line of a paste\n" * 400)
    box(page).press("Enter")
    expect(answer_text(page)).to_have_text("fine")
    bubble = page.locator("#chat-log .bubble")
    assert page.evaluate("document.querySelector('glm-log').scrollHeight") < 3000
    bubble.get_by_role("button").click()
    assert page.evaluate("document.querySelector('glm-log').scrollHeight") > 8000
    expect(bubble.get_by_role("button")).to_have_text("Show less")
