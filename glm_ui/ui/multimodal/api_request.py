"""What a program asks of `/multimodal`: files by path or address, a prompt, a history of texts. No HTTP, no Gradio."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from glm_ui.messages import ChatRequest, Message


@dataclass(frozen=True, slots=True)
class Asked:
    """`files` are paths of uploads or addresses."""

    model: str
    provider: str | None
    thinking: bool
    history: tuple[Message, ...]
    prompt: str
    files: tuple[str, ...]

    def request(self, message: Message) -> ChatRequest:
        return ChatRequest(
            model=self.model,
            provider=self.provider,
            messages=(*self.history, message),
            thinking=self.thinking,
        )


def is_address(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def name_of(place: str) -> str:
    return "" if is_address(place) else Path(place).name
