"""A server written with the Python SDK whose tool asks the person: the servers of others leave such a tool out where
the client does not offer to ask."""

from __future__ import annotations

from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

server = MCPServer("elicits", version="1")


class Name(BaseModel):
    name: str


@server.tool()
async def greet(context: Context) -> str:
    """Greets the person by name."""
    answer = await context.elicit("What is your name?", Name)
    return f"Hello: {answer.action}"


server.run("stdio")
