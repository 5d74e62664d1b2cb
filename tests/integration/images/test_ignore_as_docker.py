"""The table of ignore rules, against what the engine's builder really copies."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.proven.webapp.tests.unit.images.test_ignore import CASES, make_tree, seen


def test_docker_copies_the_same_files(tmp_path: Path, buildx: str) -> None:
    context = tmp_path / "context"
    context.mkdir()
    make_tree(context)

    def copied(index: int) -> set[str]:
        folder = tmp_path / str(index)
        folder.mkdir()
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        (folder / "Dockerfile.dockerignore").write_text(CASES[index][1], newline="")
        command = [
            buildx,
            "build",
            "--quiet",
            "--provenance=false",
            "--file",
            str(folder / "Dockerfile"),
            "--output",
            f"{folder}/out",
            str(context),
        ]
        subprocess.run(command, check=True, capture_output=True, text=True)
        return {str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*") if path.is_file()}

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(copied, range(len(CASES))))
    different = {
        name: sorted(result ^ seen(context, text))
        for (name, text, _expected), result in zip(CASES, results, strict=True)
        if result != seen(context, text)
    }
    assert different == {}
