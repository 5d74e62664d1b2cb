"""What is made of helm's answers; a script stands for helm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm, Rendered


def helm(folder: Path, *, server: str, client: str) -> Helm:
    """:param server: shell that runs where the cluster is asked.
    :param client: shell that runs where it isn't.
    """
    file = folder / "helm"
    file.write_text(f'#!/bin/sh\ncat > /dev/null\ncase "$*" in *--dry-run=server*) {server};; *) {client};; esac\n')
    file.chmod(0o755)
    return Helm(str(file), None, None)


def render(tool: Helm) -> Rendered:
    return tool.template("todo", "space", "chart", {}, upgrade=False, version="1.34", kinds=["v1/Pod"])


def test_what_the_cluster_takes_is_rendered_once(tmp_path: Path) -> None:
    assert render(helm(tmp_path, server="echo objects", client="echo never")) == Rendered("objects\n")


def test_what_helm_refuses_on_this_cluster_is_rendered_all_the_same(tmp_path: Path) -> None:
    refuses = "echo 'Error: no matches for kind \"Widget\"' >&2; exit 1"
    assert render(helm(tmp_path, server=refuses, client="echo objects")) == Rendered("objects\n", 'no matches for kind "Widget"')


def test_a_chart_with_a_fault_of_its_own_is_refused_in_helm_s_words(tmp_path: Path) -> None:
    fails = "echo 'Error: parse error' >&2; exit 1"
    with pytest.raises(ProvenError, match="can't be rendered: parse error"):
        render(helm(tmp_path, server=fails, client=fails))


def test_a_run_that_ends_asks_helm_to_end_which_writes_that_down(tmp_path: Path) -> None:
    binary = tmp_path / "helm"
    trap = f"trap 'touch {tmp_path}/cancelled; exit 1' TERM"
    binary.write_text(f"#!/bin/sh\n{trap}\ntouch {tmp_path}/begun\nwhile :; do sleep 0.05; done\n")
    binary.chmod(0o755)

    def interrupted(_process: object) -> None:
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Helm(str(binary), None, None).upgrade(["upgrade"], {}, interrupted)
    assert (tmp_path / "cancelled").exists()
