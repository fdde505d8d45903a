from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from glm_ui.backend.prepare import endpoint_and_credential
from glm_ui.catalogue import load
from glm_ui.catalogue.base_url import tidy_base_url
from glm_ui.errors import BadSettings, MissingKey
from glm_ui.gateway.names import without_personal_plans
from glm_ui.settings import ACCESS, Settings, faults_of, key_name, load_settings, overlooked


@pytest.fixture(autouse=True)
def _an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def setting(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def test_with_nothing_set_there_is_nobody_to_ask_and_the_defaults_hold() -> None:
    s = load_settings()
    assert s.offline
    assert s.ready() == frozenset()
    assert s.custom_server is None
    assert (s.glm_ui_host, s.glm_ui_port) == ("127.0.0.1", 7860)
    assert (s.glm_ui_connect_timeout, s.glm_ui_first_byte_timeout, s.glm_ui_silence_timeout) == (8, 300, 120)
    assert (s.glm_ui_retries, s.glm_ui_thinking, s.glm_ui_log_level) == (2, True, "INFO")


def test_every_provider_of_the_catalogue_has_its_key_and_address_fields() -> None:
    providers = load().providers
    assert set(ACCESS) == set(providers) - {"demo"}
    for key, row in providers.items():
        assert row.key_env is None or key_name(key) == row.key_env


def test_the_addresses_are_the_catalogues_until_the_owner_sets_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    s = load_settings()
    assert s.base_url("zai") == "https://api.z.ai/api/paas/v4"
    assert s.base_url("zai-anthropic") == "https://api.z.ai/api/anthropic"
    assert s.base_url("gateway") == "http://localhost:9090/v1"
    assert s.base_url("gateway-anthropic") == "http://localhost:9090/anthropic"
    assert s.base_url("custom") is None
    assert s.base_url("nobody") is None
    s = setting(monkeypatch, GLM_UI_ZAI_BASE_URL="https://open.bigmodel.cn/api/paas/v4")
    assert s.base_url("zai") == "https://open.bigmodel.cn/api/paas/v4"


@pytest.mark.parametrize(
    ("variable", "ready"),
    [
        ("ZAI_API_KEY", {"zai", "zai-anthropic"}),
        ("OPENROUTER_API_KEY", {"openrouter"}),
        ("HF_TOKEN", {"huggingface"}),
        ("GATEWAY_API_KEY", {"gateway", "gateway-anthropic"}),
        ("GLM_UI_GATEWAY_BASE_URL", {"gateway"}),
        ("GLM_UI_CUSTOM_BASE_URL", {"custom"}),
        ("GLM_UI_CUSTOM_API_KEY", set()),
    ],
)
def test_a_key_or_an_address_makes_a_provider_ready(
    monkeypatch: pytest.MonkeyPatch, variable: str, ready: set[str]
) -> None:
    s = setting(
        monkeypatch, **{variable: "http://localhost:8000" if "URL" in variable else "any form. at all"}
    )
    assert s.ready() == ready
    assert s.offline is not bool(ready)


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_a_blank_value_is_the_same_as_none(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    s = setting(
        monkeypatch, ZAI_API_KEY=blank, GLM_UI_PORT=blank, GLM_UI_CUSTOM_BASE_URL=blank, GLM_UI_MODEL=blank
    )
    assert s.key("zai") is None
    assert s.glm_ui_port == 7860
    assert s.glm_ui_model is None
    assert s.offline


def test_keys_lose_the_blanks_around_them_and_show_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    s = setting(monkeypatch, ZAI_API_KEY=" the-secret.value \n")
    key = s.key("zai-anthropic")
    assert key is not None
    assert key.get_secret_value() == "the-secret.value"
    assert "the-secret" not in f"{s!r} {s} {s.model_dump_json()}"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.z.ai/api/paas/v4/", "https://api.z.ai/api/paas/v4"),
        ("https://api.z.ai/api/paas/v4/chat/completions", "https://api.z.ai/api/paas/v4"),
        ("https://api.z.ai/api/anthropic/v1/messages/", "https://api.z.ai/api/anthropic"),
        (" http://127.0.0.1:8000/v1 ", "http://127.0.0.1:8000/v1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://host", "https://host"),
    ],
)
def test_an_address_is_taken_as_it_was_meant(given: str, kept: str) -> None:
    assert tidy_base_url(given) == kept


@pytest.mark.parametrize(
    "given",
    ["http://h:9090", "http://h:9090/", "http://h:9090/v1", "http://h:9090/anthropic/v1/messages", "http://h:9090/anthropic",
     "http://h:9090/v1/chat/completions"],
)  # fmt: skip
def test_the_gateway_takes_a_root(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    s = setting(monkeypatch, GLM_UI_GATEWAY_BASE_URL=given)
    assert s.base_url("gateway") == "http://h:9090/v1"
    assert s.base_url("gateway-anthropic") == "http://h:9090/anthropic"


BAD_ADDRESSES = [
    "localhost:8000", "ftp://h", "http://", "https:///v1", "http://u:p@h/v1", "http://h/v1?key=1", "http://h/#x",
    "http://h?", "http://h:port/", "http://h:99999/", "http://a b/", "http://h\\@evil/", "javascript:alert(1)",
]  # fmt: skip


@pytest.mark.parametrize("given", BAD_ADDRESSES)
def test_a_bad_address_stops_the_start_with_one_line(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    for name in sorted({access.address.upper() for access in ACCESS.values()}):
        with monkeypatch.context() as environment, pytest.raises(BadSettings) as caught:
            setting(environment, **{name: given})
        line = str(caught.value)
        assert line.startswith(f"{name} is not usable: it takes an http:// or https:// address")
        assert "\n" not in line
        assert given == "http://" or given not in line


@pytest.mark.parametrize(
    ("name", "value", "accepts"),
    [
        ("GLM_UI_PORT", "eighty", "1 to 65535"),
        ("GLM_UI_PORT", "0", "1 to 65535"),
        ("GLM_UI_CONNECT_TIMEOUT", "soon", "seconds"),
        ("GLM_UI_SILENCE_TIMEOUT", "-1", "seconds"),
        ("GLM_UI_FIRST_BYTE_TIMEOUT", "nan", "seconds"),
        ("GLM_UI_FIRST_BYTE_TIMEOUT", "inf", "seconds"),
        ("GLM_UI_RETRIES", "many", "0 to 5"),
        ("GLM_UI_RETRIES", "99", "0 to 5"),
        ("GLM_UI_LOG_LEVEL", "loud", "DEBUG"),
        ("GLM_UI_THINKING", "maybe", "true or false"),
        ("GLM_UI_CUSTOM_DIALECT", "latin", "openai or anthropic"),
        ("GLM_UI_CUSTOM_THINKING", "headers", "chat_template_kwargs"),
        ("GLM_UI_PROVIDER", "nosuch", "one of zai, "),
    ],
)
def test_a_bad_value_is_named_with_what_is_accepted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, accepts: str
) -> None:
    with pytest.raises(BadSettings) as caught:
        setting(monkeypatch, **{name: value})
    line = str(caught.value)
    assert line.startswith(f"{name} is not usable")
    assert accepts in line
    assert "\n" not in line
    assert caught.value.__cause__ is None


def test_a_bad_gradio_port_is_named_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings, match=r"^GRADIO_SERVER_PORT is not usable"):
        setting(monkeypatch, GRADIO_SERVER_PORT="x")


def test_no_key_is_in_the_message_about_another_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings) as caught:
        setting(monkeypatch, ZAI_API_KEY="the-secret", GLM_UI_PORT="x")
    assert "the-secret" not in repr(caught.value.public())


def test_gradios_own_variables_work_and_ours_go_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    s = setting(monkeypatch, GRADIO_SERVER_NAME="0.0.0.0", GRADIO_SERVER_PORT="7000")
    assert (s.glm_ui_host, s.glm_ui_port) == ("0.0.0.0", 7000)
    s = setting(monkeypatch, GLM_UI_HOST="::1", GLM_UI_PORT="7001")
    assert (s.glm_ui_host, s.glm_ui_port) == ("::1", 7001)


def test_the_custom_server_is_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    s = setting(
        monkeypatch,
        GLM_UI_CUSTOM_BASE_URL="http://127.0.0.1:8000/v1",
        GLM_UI_CUSTOM_MODELS=" zai-org/GLM-4.6 , tiny,,",
        GLM_UI_CUSTOM_DIALECT="anthropic",
        GLM_UI_CUSTOM_THINKING="chat_template_kwargs",
    )
    server = s.custom_server
    assert server is not None
    assert (server.dialect, server.thinking) == ("anthropic", "chat_template_kwargs")
    assert server.models == ("zai-org/GLM-4.6", "tiny")


def test_a_dotenv_file_counts_and_the_environment_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("ZAI_API_KEY=from-file\nGLM_UI_PORT=7002\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("GLM_UI_PORT", "7003")
    s = load_settings(tmp_path / ".env")
    key = s.key("zai")
    assert key is not None
    assert (key.get_secret_value(), s.glm_ui_port) == ("from-file", 7003)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_dotenv_file_may_be_in_any_encoding_that_windows_writes(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    (tmp_path / ".env").write_bytes((mark + "GLM_UI_MODEL=glm-4.6-√\nGLM_UI_PORT=7002\n").encode(encoding))
    s = load_settings(tmp_path / ".env")
    assert (s.glm_ui_model, s.glm_ui_port) == ("glm-4.6-√", 7002)


def test_a_dotenv_file_that_is_no_text_is_one_line_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"ZAI_API_KEY=secret-\xff\xfe\x81\n")
    with pytest.raises(BadSettings, match=r"\.env cannot be read\. Save it as text in UTF-8\.") as raised:
        load_settings(tmp_path / ".env")
    assert "secret" not in str(raised.value)


def test_a_dotenv_file_that_may_not_be_read_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / ".env").write_text("GLM_UI_PORT=7002\n")
    monkeypatch.setattr(Path, "read_bytes", refuse)  # the tests may run as root, who may read all
    with pytest.raises(BadSettings, match=r"\.env cannot be read: Permission denied\. Let the account"):
        load_settings(tmp_path / ".env")


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert load_settings(tmp_path / ".env").glm_ui_port == 7860
    assert overlooked(tmp_path / ".env") == [
        f"{tmp_path / '.env'} is a folder, so no settings are read from it."
    ]


def test_a_misspelt_name_is_told_with_the_nearest_one_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "GLM_UI_TURNS_PER_DAYS=5\nglm_ui_port=7002\nGLM_UI_MODLE=\nGLM_UI_PUBLISH=8080\nSOMETHING_ELSE=1\n"
    )
    monkeypatch.setenv("GLM_UI_NOTHING_LIKE_IT", "secret-value")
    assert overlooked(tmp_path / ".env") == [
        "GLM_UI_NOTHING_LIKE_IT is not a setting of GLM UI, and is not read. docs/settings.md lists them all.",
        "GLM_UI_TURNS_PER_DAYS is not a setting of GLM UI, and is not read. Did you mean GLM_UI_TURNS_PER_DAY?",
    ]
    assert len(overlooked(tmp_path / "none")) == 1


def test_faults_are_those_of_the_given_variables_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLM_UI_PORT", "no port")
    assert faults_of({"GLM_UI_TURNS_PER_DAY": "300", "GRADIO_SERVER_PORT": "7000", "OTHER": "1"}) == []
    assert faults_of({"GLM_UI_RETRY": "1", "GLM_UI_RETRIES": "nine"}) == [
        "GLM_UI_RETRY is not a setting of GLM UI, and is not read. Did you mean GLM_UI_RETRIES?",
        "GLM_UI_RETRIES is not usable: it takes a whole number from 0 to 5.",
    ]


def test_the_working_directory_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("GLM_UI_PORT=7002\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings().glm_ui_port == 7860


@pytest.mark.parametrize(
    ("values", "open_to_all"),
    [
        ({}, False),
        ({"glm_ui_host": "localhost"}, False),
        ({"glm_ui_host": "[::1]"}, False),
        ({"glm_ui_host": "0.0.0.0"}, True),
        ({"glm_ui_host": "::"}, True),
        ({"glm_ui_host": "192.168.1.7"}, True),
        ({"glm_ui_host": "my-laptop.local"}, True),
        ({"glm_ui_host": "0.0.0.0", "glm_ui_auth": "ann:secret"}, False),
        ({"space_id": "owner/name"}, False),
    ],
)
def test_who_opens_the_app_to_all_without_a_password_is_told(
    values: dict[str, str], open_to_all: bool
) -> None:
    assert Settings(_env_file=None, **values).open_to_all is open_to_all  # type: ignore[call-arg, arg-type]


def test_settings_do_not_change_once_they_are_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().glm_ui_port = 1  # type: ignore[misc]


# ---- plans that are for their holder alone


CODING = ("zai-coding", "zai-coding-anthropic")


@pytest.mark.parametrize(
    ("listens", "sign_ins", "used"),
    [
        ("127.0.0.1", "", True),  # nobody else reaches it
        ("0.0.0.0", "", False),
        ("0.0.0.0", "ann:secret", True),  # one person, from elsewhere
        ("0.0.0.0", "ann:secret,ben:secret", False),
    ],
)
def test_the_owners_key_of_a_coding_plan_is_used_only_where_nobody_else_can_spend_it(
    monkeypatch: pytest.MonkeyPatch, listens: str, sign_ins: str, used: bool
) -> None:
    s = setting(
        monkeypatch, GLM_UI_HOST=listens, GLM_UI_AUTH=sign_ins, ZAI_CODING_API_KEY="plan", ZAI_API_KEY="paid"
    )
    assert s.withheld == (() if used else CODING)
    assert all((s.key(provider) is not None) is used for provider in CODING)
    assert s.ready() == {"zai", "zai-anthropic", *(CODING if used else ())}


BEHIND_A_PROXY = [{"GLM_UI_TRUSTED_PROXIES": "127.0.0.1"}, {"GLM_UI_HOSTS": "chat.example.org"}]


@pytest.mark.parametrize("public", BEHIND_A_PROXY)
def test_behind_a_proxy_on_this_machine_a_coding_plan_is_for_one_person_too(
    monkeypatch: pytest.MonkeyPatch, public: dict[str, str]
) -> None:
    behind = {"GLM_UI_HOST": "127.0.0.1", "ZAI_CODING_API_KEY": "plan", **public}
    s = setting(monkeypatch, **behind)
    assert s.withheld == CODING
    assert s.offline
    assert without_personal_plans(s).key("zai-coding") is None
    one_person = setting(monkeypatch, GLM_UI_AUTH="ann:secret", **behind)
    assert one_person.ready() == set(CODING)
    assert not without_personal_plans(one_person).ready()  # programs send no password


def test_a_space_never_uses_a_coding_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    s = setting(monkeypatch, SPACE_ID="me/chat", ZAI_CODING_API_KEY="plan")
    assert s.offline
    assert s.key("zai-coding") is None


def test_a_visitors_own_plan_is_theirs_to_use_and_the_owners_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    s = setting(monkeypatch, GLM_UI_HOST="0.0.0.0", ZAI_CODING_API_KEY="owners-plan-key")
    provider = load().providers["zai-coding"]
    with pytest.raises(MissingKey, match="its holder alone") as told:
        endpoint_and_credential(provider, s, {})
    assert "owners-plan-key" not in str(told.value)
    _, credential = endpoint_and_credential(provider, s, {"zai-coding": SecretStr("visitors-own-key")})
    assert credential
    assert credential.secret == "visitors-own-key"


def test_the_gateway_spends_no_plan_of_one_person_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"ZAI_CODING_API_KEY": "plan", "ZAI_API_KEY": "paid"}
    s = setting(monkeypatch, GLM_UI_HOST="0.0.0.0", GLM_UI_AUTH="ann:secret", **keys)
    assert "zai-coding" in s.ready()
    assert without_personal_plans(s).ready() == {"zai", "zai-anthropic"}
    home = setting(monkeypatch, GLM_UI_HOST="127.0.0.1", **keys)
    assert without_personal_plans(home) is home
