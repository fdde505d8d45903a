"""A turn as the page posts it: checked, bounded, and turned into a ChatRequest. No HTTP, no Gradio, no keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from glm_ui.backend import rounds
from glm_ui.errors import BadInput
from glm_ui.languages import say
from glm_ui.messages import ChatRequest, Message, Part, Sampling, Text, Thinking, ToolCall, ToolResult
from glm_ui.protocol import json_text
from glm_ui.serving.bodies import Name, Strict, object_of
from glm_ui.tools import results
from glm_ui.tools.pictures import LARGEST_PICTURE
from glm_ui.tools.toolbox import MOST_TOOLS

MAX_TEXT = 4_000_000
MAX_MESSAGES = 2_000
MAX_BLOCKS = 10_000
"""Blocks of thinking and tool calls of all messages."""
MAX_FILES_OF_ALL = 300
"""Files of all messages: as many as a visitor can have uploaded."""

Words = Annotated[str, Field(max_length=MAX_TEXT)]
Id = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]
DataUrl = Annotated[str, Field(max_length=LARGEST_PICTURE * 4 // 3 + 100)]
"""A picture in base64, behind its kind."""
MAX_FILES = 100
"""Of one message."""


PART, OPAQUE = 200, 64 * 1024
"""Bytes that a part comes to besides its text, and that a provider's own data in it is taken for."""


class ThinkingBlock(Strict):
    text: Words = ""
    opaque: dict[str, Any] | None = None


MAX_ROUNDS = 16
"""Rounds of one message."""


class Call(Strict):
    """A tool call. `key` is ours; `verdict`, `reason` and `pin` are what the person said of it. "began": it started,
    and its result never came."""

    id: Name = ""
    name: Name = ""
    arguments: Words = ""
    result: Words | None = None
    failed: bool = False
    key: Name = ""
    verdict: Literal["", "once", "no", "began"] = ""
    reason: Annotated[str, Field(max_length=4000)] = ""
    pin: Name = ""
    inline: bool = False
    pictures: list[DataUrl] = Field(default_factory=list, max_length=results.MOST_PICTURES)
    """Of a call that ran in the page, whose turn goes on now."""

    @property
    def is_whole(self) -> bool:
        """Whether the model had written all of it."""
        try:
            return bool(self.id and self.name) and isinstance(
                json_text.read_json(self.arguments.encode() or b"{}"), dict
            )
        except ValueError:
            return False

    def answer(self, *, is_over: bool = True) -> ToolResult | None:
        """What the model reads of it, once its turn `is_over`; None for a call that was cut off while it was written,
        and for one that may still run."""
        text = self.result
        if text is None and self.verdict == "began":
            text = results.UNKNOWN
        elif text is None and self.verdict == "no":
            text = results.refusal(self.reason)
        elif text is None and is_over and self.is_whole:
            text = results.NOT_RUN
        if text is None:
            return None
        if self.key:
            text = results.for_model(self.name, self.key, text)
        return ToolResult(self.id, text, self.failed or self.result is None)

    def made(self) -> rounds.Call:
        key = self.key or rounds.new_key()  # a page of an earlier version kept none for what asked nobody
        return rounds.Call(
            ToolCall(self.id, self.name, self.arguments), key, self.inline, self.verdict, self.reason,
            self.pin, self.result, self.failed,
        )  # fmt: skip


class FileRef(Strict):
    """A file of a message: `id` of an upload, or `url`; the rest are the choices made in its plan."""

    id: Name = ""
    url: Annotated[str, Field(max_length=4096)] = ""
    name: Annotated[str, Field(max_length=255)] = ""
    send_as: Literal["auto", "pictures", "text", "frames", "file"] = "auto"
    pages: Annotated[str, Field(max_length=4000)] = ""
    per_second: float = Field(default=1.0, gt=0, le=60)
    max_frames: int = Field(default=32, ge=1, le=256)
    pictures: int = Field(default=1, ge=1, le=64)


class Round(Strict):
    """A reply of the model that made calls, and what they gave."""

    text: Words = ""
    thinking: list[ThinkingBlock] = Field(default_factory=list, max_length=1000)
    calls: list[Call] = Field(default_factory=list, max_length=1000)

    @property
    def size(self) -> int:
        """About how many bytes it has; a provider's own data counts as `OPAQUE` each."""
        texts = [self.text, *(block.text for block in self.thinking)]
        texts += [text for call in self.calls for text in (call.arguments, call.result or "", *call.pictures)]
        opaque = sum(block.opaque is not None for block in self.thinking)
        return OPAQUE * opaque + sum(PART + len(text) for text in texts)

    @property
    def can_go_on(self) -> bool:
        """Whether there is an answer to go on with, or what a provider needs for it."""
        return bool(self.text.strip()) or any(block.opaque for block in self.thinking)

    def parts(self) -> tuple[Part, ...]:
        parts: list[Part] = [Thinking(t.text, t.opaque) for t in self.thinking if t.text or t.opaque]
        if self.text:
            parts.append(Text(self.text))
        return (*parts, *(ToolCall(c.id, c.name, c.arguments) for c in self.calls))

    def results(self, *, is_over: bool = True) -> tuple[Part, ...]:
        return tuple(answer for call in self.calls if (answer := call.answer(is_over=is_over)))

    def messages(self) -> list[Message]:
        made = [Message("assistant", self.parts())]
        return [*made, Message("user", given)] if (given := self.results()) else made


class Said(Round):
    """One message of the history as the browser keeps it. `rounds` lie before its own text. `searched`: the provider
    may have searched the web for it."""

    role: Literal["user", "assistant"]
    files: list[FileRef] = Field(default_factory=list, max_length=MAX_FILES)
    rounds: list[Round] = Field(default_factory=list, max_length=MAX_ROUNDS)
    searched: bool = False


class Numbered(Strict):
    """A source of the conversation."""

    number: int = Field(ge=1, le=1_000_000)
    url: Annotated[str, Field(max_length=4096)]


class TurnSettings(Strict):
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    stop: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=16)
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    json_output: bool = False


PROVIDER_SEARCH: Final = "provider/web_search"
"""Stands among a turn's `tools` where the provider shall search the web itself."""


class Turn(Strict):
    """What the page asks for. `model` is any name; `messages` ends with the person's message, or, when
    `continues`, with the unfinished answer. `visitor` is whose uploads the files are. A turn that `lasts`
    outlives its connection: `visitor` may follow it on another, and stop it, by that name. `consent`: go on
    where a provider may drop what it is given. `tools` are offered to the model, by their ids; `allowed` are
    those that the person lets run in this conversation (`consent.key_of`). `resumes`: the last message's calls
    are decided about, and the turn goes on; `sources` are those of the conversation so far, the newest first."""

    session: Name = ""
    visitor: Name = ""
    lasts: Id = ""
    consent: bool = False
    id: Id = ""
    model: Name
    provider: Name | None = None
    thinking: bool | None = True
    effort: Name | None = None
    system: Words = ""
    sampling: TurnSettings = Field(default_factory=TurnSettings)
    messages: list[Said] = Field(min_length=1, max_length=MAX_MESSAGES)
    continues: bool = False
    tools: list[Name] = Field(default_factory=list, max_length=MOST_TOOLS)
    allowed: list[Name] = Field(default_factory=list, max_length=1000)
    resumes: bool = False
    sources: list[Numbered] = Field(default_factory=list, max_length=1000)

    def pending(self) -> tuple[rounds.Call, ...]:
        """The calls that the turn goes on with. Raises BadInput where there are none."""
        calls = tuple(call.made() for call in self.messages[-1].calls) if self.resumes else ()
        if self.resumes and not any(call.key for call in self.messages[-1].calls):
            raise BadInput("There is nothing to go on with.", todo="Retry the question.")
        return calls

    @property
    def size(self) -> int:
        """About how many bytes it holds."""
        return sum(part.size for said in self.messages for part in (said, *said.rounds))

    @property
    def has_files(self) -> bool:
        return any(said.files for said in self.messages)

    def request(self, carried: Sequence[Sequence[Part]] = ()) -> ChatRequest:
        """`carried` are the parts that the files of each message have become. Raises BadInput for an empty turn."""
        messages: list[Message] = []
        for i, said in enumerate(self.messages):
            files = carried[i] if i < len(carried) else ()
            for earlier in said.rounds:
                messages += earlier.messages()
            messages.append(Message(said.role, (*files, *said.parts())))
            last = i == len(self.messages) - 1
            if not (self.resumes and last) and (given := said.results(is_over=not last)):
                messages.append(Message("user", given))
        asked = any(not isinstance(p, Text | Thinking) or p.text.strip() for p in messages[-1].parts)
        if not self.continues and not asked:
            raise BadInput("There is nothing to send.", todo="Type a message first.")
        sampling = self.sampling.model_dump()
        return ChatRequest(
            model=self.model,
            provider=self.provider or None,
            messages=tuple(messages),
            system=self.system,
            thinking=self.thinking,
            effort=self.effort or None,
            sampling=Sampling(**{**sampling, "stop": tuple(s for s in sampling["stop"] if s)}),
            continues=self.continues and self.messages[-1].can_go_on,
            provider_search=PROVIDER_SEARCH in self.tools,
            response_id=self.id,
        )


def read_turn(raw: bytes) -> Turn:
    """The posted JSON as a Turn. Raises BadInput that names the first wrong field, never its value.

    Messages are checked one by one, so that a thread that does it lets the event loop run in between."""
    said = object_of(raw)
    messages = said.get("messages")
    try:
        if isinstance(messages, list) and len(messages) <= MAX_MESSAGES:
            said["messages"] = _messages(messages)
        return Turn.model_validate(said)
    except ValidationError as err:
        first = err.errors(include_input=False, include_url=False)[0]
        if first["loc"][:1] == ("sampling",) and len(first["loc"]) > 1:
            name = str(first["loc"][1]).replace("_", " ")
            raise BadInput(
                say("The setting {name} cannot be used.", name=name),
                f"{first['msg']}.",
                "Change it under More.",
            ) from None
        where = ".".join(str(x) for x in first["loc"]) or "the body"
        raise BadInput("The request is not one this page sends.", f"{where}: {first['msg']}.") from None


def _messages(said: list[Any]) -> list[Said]:
    """Raises BadInput for more than `MAX_BLOCKS` in all of them, and what pydantic raises."""
    messages, blocks, files = [], 0, 0
    for message in said:
        messages.append(checked := Said.model_validate(message))
        for part in (checked, *checked.rounds):
            blocks += len(part.thinking) + len(part.calls)
        files += len(checked.files)
        for what, count, most in (("parts", blocks, MAX_BLOCKS), ("files", files, MAX_FILES_OF_ALL)):
            if count > most:
                raise BadInput(
                    say("The conversation has more than {most:,} {what}.", most=most, what=what),
                    "",
                    "Start a new chat.",
                )
    return messages
