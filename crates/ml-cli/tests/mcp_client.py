"""Uses the tools of `ml mcp` through the official Python client: mcp_client.py COMMAND ARGUMENT..."""

import os
import sys

import anyio
from mcp import Client, StdioServerParameters

TOOLS = ["ml_generate", "ml_score", "ml_probe", "ml_status", "ml_backends"]


async def result(client, name, arguments, told=None):
    """The structured result of a call, which the client checks against the tool's schema."""
    called = await client.call_tool(name, arguments, progress_callback=told)
    assert not called.is_error, called
    return called.structured_content


async def use(client):
    listed = await client.list_tools()
    assert [tool.name for tool in listed.tools] == TOOLS, listed
    progress = []

    async def told(done, total, message):
        progress.append((done, total, message))

    arguments = {"prompt": "What is the capital of France?", "max_tokens": 16}
    answer = await result(client, "ml_generate", arguments, told)
    assert "Paris" in answer["response"], answer
    assert progress and progress[0][:2] == (1, 16), progress
    arguments = {"prompt": "2 + 2?", "response": "4", "suites": "exact", "correct_answer": "4"}
    scored = await result(client, "ml_score", arguments)
    assert scored["scores"]["exact"]["values"]["correct"] == 1, scored
    probed = await result(client, "ml_probe", {"limit": 1, "max_tokens": 16})
    assert probed["total"] == probed["checked"] == 1, probed
    status = await result(client, "ml_status", {})
    assert status["models"][0]["loaded"], status
    backends = await result(client, "ml_backends", {})
    assert backends["default"] == "smol", backends
    wrong = await client.call_tool("ml_generate", {"prompt": ""})
    assert wrong.is_error and "prompt" in wrong.content[0].text, wrong


async def main(command, *arguments):
    # The client hands on a few variables only unless it is told.
    server = StdioServerParameters(command=command, args=list(arguments), env=dict(os.environ))
    for mode in ["auto", "legacy"]:
        with anyio.fail_after(120):
            async with Client(server, mode=mode) as client:
                await use(client)
    print("passed")


anyio.run(main, *sys.argv[1:])
