"""llm (Simon Willison's), with a model of its own file `extra-openai-models.yaml`, which the driver's folder holds."""

import base64
import os
from pathlib import Path

from common import BASE, KEY, MODEL, PNG, QUESTION, WEATHER_QUESTION, Asked, main, weather

HOME = Path(os.environ["LLM_USER_PATH"])
HOME.mkdir(parents=True, exist_ok=True)
(HOME / "extra-openai-models.yaml").write_text(
    f"- model_id: gateway\n  model_name: {MODEL}\n  api_base: {BASE}/v1\n"
    "  api_key_name: gateway\n  vision: true\n  supports_tools: true\n  can_stream: true\n"
)
import llm  # noqa: E402 - it reads the file

model = llm.get_model("gateway")


def turn(asked: Asked):
    pictures = [llm.Attachment(content=base64.b64decode(PNG), type="image/png")] if asked.picture else None
    pieces = iter(model.prompt(QUESTION, attachments=pictures, stream=asked.stream, key=KEY))
    try:
        for piece in pieces:
            yield "text", str(piece)
    finally:
        pieces.close()


def tools():
    chain = model.chain(WEATHER_QUESTION, tools=[weather], key=KEY)
    return chain.text()


main(turn, tools, leaves_by_ending=True)
