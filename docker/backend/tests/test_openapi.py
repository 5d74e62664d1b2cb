"""The service does what its OpenAPI document says, whatever it is sent: hundreds of calls, good and bad, made up from the document.

The chat talks to a scripted stand-in for the model's service.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
from pathlib import Path

import httpx
from openai_server import OpenAiServer

from .conftest import Server, issuer
from .test_serving import service

EXCEPT = "positive_data_acceptance"
"""Not all that is asked of a value can be said in the document, such as that a key lies on a curve."""
EXAMPLES = 10


async def test_the_service_keeps_to_its_document(server: Server, database: str, tmp_path: Path) -> None:
    model = OpenAiServer()
    threading.Thread(target=model.serve_forever, daemon=True).start()
    many = str(10**9)
    limits = {"LLM_MESSAGES_PER_MINUTE": many, "LLM_DAILY_TOKENS": many, "LLM_DAILY_COST_USD": many}
    async with service(server.url(database), LLM_BASE_URL=model.url, LLM_API_KEY="k", **limits) as running:
        command = [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "run",
            f"{running.base}/api/openapi.json",
            "--checks",
            "all",
            "--exclude-checks",
            EXCEPT,
        ]
        command += ["--header", f"Authorization: Bearer {issuer().token('ada')}", "--max-examples", str(EXAMPLES), "--seed", "1"]
        command += ["--phases", "examples,coverage,fuzzing,stateful", "--request-timeout", "20", "--no-color"]
        made = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = (await made.communicate())[0].decode()
        assert made.returncode == 0, out
        tested = re.search(r"Tested: (\d+)", out)
        assert tested is not None and int(tested[1]) >= 13, out
        async with httpx.AsyncClient(base_url=running.base) as client:
            assert (await client.get("/readyz")).status_code == 200
    model.shutdown()
    model.server_close()
