"""Tools of MCP servers that the owner lists in a file. The only place that knows the package `mcp`, which is an extra
and imported when a server is first used."""
