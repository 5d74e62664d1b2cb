"""The catalog: how entries are read, and what their cache keys depend on."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._toolchain import catalog

VERSIONS = Path(__file__).parents[3] / "roles" / "toolchain" / "vars" / "main.yml"
RAW = {
    "version": "1.2.3",
    "download": {"url": "https://example.org/{version}/{arch}", "checksum": "https://example.org/{version}/{arch}.sha256"},
    "go": {"module": "example.org/tool"},
}


def test_key_begins_with_the_version_and_changes_with_the_recipe() -> None:
    tool = catalog.parse_tool("tool", RAW)
    other = catalog.parse_tool("tool", {**RAW, "go": {"module": "example.org/tool", "packages": ["cmd/x"]}})
    assert tool.key.startswith("1.2.3-")
    assert tool.key == catalog.parse_tool("tool", RAW).key
    assert tool.key != other.key


def test_version_and_architecture_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    tool = catalog.parse_tool("tool", RAW)
    assert tool.download is not None
    assert tool.fill(tool.download.url) == "https://example.org/1.2.3/arm64"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_some_projects_call_a_machine_as_the_kernel_does(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert catalog.parse_tool("tool", RAW).fill("tool-{machine}") == f"tool-{machine}"


def test_other_architectures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(ProvenError, match="riscv64 is not supported"):
        catalog.architecture()


@pytest.mark.parametrize("helm", ["3", "4"])
def test_every_entry_of_the_versions_file_can_be_read_and_has_a_source(helm: str) -> None:
    loader = DataLoader()
    document = loader.load_from_file(str(VERSIONS), trusted_as_template=True)
    templar = Templar(loader, {**document, "toolchain_helm": helm})
    entries = templar.template(document["__toolchain_catalog"]) | templar.template(document["__toolchain_more"])
    for name, raw in entries.items():
        tool = catalog.parse_tool(name, raw)
        assert tool.go or tool.download, name
        assert not tool.download or tool.download.checksum, name
    wanted = catalog.parse_tool("helm", entries["helm"])
    assert wanted.version.startswith(f"{helm}.")
    assert wanted.go is not None
    assert wanted.go.module == f"helm.sh/helm/v{helm}"
