"""The least that a gateway can do: bytes from httpx to the client, whatever they say. The floor of bench_gateway."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

client = httpx.AsyncClient(
    base_url=os.environ["BENCH_UPSTREAM"],
    timeout=None,  # noqa: S113 - a benchmark ends by itself
    trust_env=False,
    limits=httpx.Limits(max_connections=1000),
)


async def passed_on(request: Request) -> Response:
    body = await request.body()
    asked = client.build_request("POST", request.url.path, content=body)
    reply = await client.send(asked, stream=True)

    async def pieces() -> AsyncIterator[bytes]:
        try:
            async for piece in reply.aiter_raw():
                yield piece
        finally:
            await reply.aclose()

    return StreamingResponse(pieces(), media_type="text/event-stream")


async def ready(_: Request) -> Response:
    return PlainTextResponse("ready")


app = Starlette(
    routes=[
        Route("/", ready),
        Route("/v1/chat/completions", passed_on, methods=["POST"]),
        Route("/v1/messages", passed_on, methods=["POST"]),
    ]
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["BENCH_PORT"]), log_level="error")
