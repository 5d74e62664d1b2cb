# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shape of a module: its arguments as data, and one function that does the work.

So the same work runs as a module anywhere, and on this machine in the process of its action plugin (see plugin_utils/progress.py),
which saves the third of a second that packing a module and starting its Python takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


@dataclass(frozen=True)
class Call:
    """One call of a module.

    :ivar params: its arguments, as the argument spec makes them.
    :ivar check: nothing may be changed.
    :ivar diff: a diff is wanted.
    :ivar say: shows one line of progress.
    :ivar warn: shows a warning with the result.
    """

    params: Mapping[str, Any]
    check: bool
    diff: bool
    say: Callable[[str], None]
    warn: Callable[[str], None]


Work = Callable[[Call], dict[str, Any]]
"""Gives what the module returns; with ``failed`` among it, and ``msg``, the module fails. Raises ProvenError for the user."""


def answer(work: Work, call: Call) -> dict[str, Any]:
    """What the module returns, a ProvenError as a failure."""
    try:
        return {"changed": False, **work(call)}
    except ProvenError as error:
        return {"changed": False, "failed": True, "msg": str(error)}


def run_module(arguments: Mapping[str, Any], work: Work, **rules: Any) -> None:
    """Be a module.

    :param arguments: the argument spec.
    :param rules: what AnsibleModule takes besides, such as required_if.
    """
    from ansible.module_utils.basic import AnsibleModule
    from ansible_collections.proven.webapp.plugins.module_utils._progress import Progress

    module = AnsibleModule(argument_spec=dict(arguments), supports_check_mode=True, **rules)
    say = Progress(module.params.get("progress_file"))
    result = answer(work, Call(module.params, module.check_mode, module._diff, say, module.warn))
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)
