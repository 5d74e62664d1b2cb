# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts a mutant in the place of a module that is loaded already, and that others have imported from."""

from __future__ import annotations

import sys
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

PACKAGE = "ansible_collections.proven.webapp.plugins.module_utils._audit"


def install(name: str, source: str) -> None:
    """Replace the code of a module's functions and the values of its constants, wherever they were imported.

    :param name: of the module, which is loaded.
    """
    module = sys.modules[name]
    registers = [value for value in vars(sys.modules[f"{PACKAGE}.checks"]).values() if isinstance(value, list)]
    before = [list(register) for register in registers]
    namespace: dict[str, Any] = {"__name__": name, "__file__": module.__file__}
    # Dataclasses look their module up.
    exec(compile(source, str(module.__file__), "exec"), namespace)
    for register, entries in zip(registers, before, strict=True):
        # Loading it has registered its checks once more.
        register[:] = entries
    for key, new in namespace.items():
        old = vars(module).get(key)
        if key.startswith("__") or isinstance(new, ModuleType) or getattr(new, "__module__", name) != name:
            continue
        if isinstance(old, FunctionType):
            _swap(old, new)
        elif isinstance(old, type):
            _swap_class(old, new)
        else:
            _replace(key, old, new)


def _swap(old: Any, new: Any) -> None:
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _swap_class(old: type, new: type) -> None:
    for key, member in vars(new).items():
        known = vars(old).get(key)
        if key == "__init__":
            # A dataclass keeps its defaults there, in a closure.
            setattr(old, key, member)
            continue
        match known:
            case FunctionType() if not known.__code__.co_freevars:
                _swap(known, member)
            case property():
                _swap(known.fget, member.fget)
            case cached_property():
                _swap(known.func, member.func)


def _replace(key: str, old: object, new: object) -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith(PACKAGE) and vars(module).get(key) is old:
            setattr(module, key, new)
