"""Visitors' keys: apart, bounded, forgotten."""

from __future__ import annotations

from glm_ui.serving.visitor_keys import KEPT_SECONDS, MAX_SESSIONS, Sessions


def secret(sessions: Sessions, session: str, provider: str = "zai") -> str | None:
    key = sessions.keys(session).get(provider)
    return key.get_secret_value() if key else None


def test_one_visitor_never_sees_the_key_of_another() -> None:
    sessions = Sessions()
    sessions.save("a", "zai", "key-a")
    assert secret(sessions, "a") == "key-a"
    assert sessions.keys("b") == {}
    assert sessions.keys("") == {}


def test_a_blank_key_takes_the_kept_one_away() -> None:
    sessions = Sessions()
    sessions.save("a", "zai", "key")
    sessions.save("a", "zai", "  ")
    assert sessions.keys("a") == {}


def test_no_session_keeps_nothing() -> None:
    sessions = Sessions()
    sessions.save("", "zai", "key")
    assert sessions.keys("") == {}


def test_a_closed_page_and_long_silence_forget_the_key() -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    sessions.save("a", "zai", "key")
    sessions.save("b", "zai", "key")
    sessions.forget("a")
    assert sessions.keys("a") == {}
    now[0] = KEPT_SECONDS + 1
    assert sessions.keys("b") == {}


def test_a_used_session_outlives_an_idle_one() -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    sessions.save("a", "zai", "key")
    sessions.save("b", "zai", "key")
    now[0] = KEPT_SECONDS - 1
    sessions.keys("a")
    now[0] = KEPT_SECONDS + 1
    assert sessions.keys("b") == {}
    assert secret(sessions, "a") == "key"


def test_a_flood_of_sessions_is_bounded_and_drops_the_oldest() -> None:
    sessions = Sessions()
    for i in range(MAX_SESSIONS + 10):
        sessions.save(f"s{i}", "zai", "key")
    assert sessions.keys("s0") == {}
    assert secret(sessions, f"s{MAX_SESSIONS + 9}") == "key"


def test_who_makes_up_pages_pushes_out_no_key_of_others() -> None:
    sessions = Sessions()
    sessions.save("anna", "zai", "key-of-anna", "house of anna")
    for i in range(MAX_SESSIONS + 10):
        sessions.save(f"made up {i}", "zai", "key", "one address")
    assert secret(sessions, "anna") == "key-of-anna"
    assert secret(sessions, f"made up {MAX_SESSIONS + 9}") == "key"
    assert sessions.keys("made up 0") == {}


def test_the_key_is_in_no_printed_form() -> None:
    sessions = Sessions()
    sessions.save("a", "zai", "canary-key")
    assert "canary" not in repr(sessions.keys("a"))
