"""The service does what its OpenAPI document says, whatever it is sent: thousands of calls, good and bad, made up from the document."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import httpx

from .conftest import Server, issuer
from .test_serving import service

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
EXAMPLES = 10


async def test_the_service_keeps_to_its_document(server: Server, database: str, tmp_path: Path) -> None:
    async with service(server.url(database)) as running:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{running.base}/api/openapi.json", "--checks", CHECKS]
        command += ["--header", f"Authorization: Bearer {issuer().token('ada')}", "--max-examples", str(EXAMPLES), "--seed", "1"]
        command += ["--phases", "examples,coverage,fuzzing,stateful", "--request-timeout", "20", "--no-color"]
        made = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = (await made.communicate())[0].decode()
        assert made.returncode == 0, out
        tested = re.search(r"Tested: (\d+)", out)
        assert tested is not None and int(tested[1]) >= 13, out
        async with httpx.AsyncClient(base_url=running.base) as client:
            assert (await client.get("/readyz")).status_code == 200
