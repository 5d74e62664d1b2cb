# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes mutants of a Python file: each differs in one comparison, one condition, one number, one sign, or one check that finds nothing."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
SIGNS: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult}


@dataclass(frozen=True)
class Mutant:
    """:ivar where: `file.py, function`: it outlives other edits of the file.
    :ivar change: what was written, and what is instead.
    :ivar source: the whole file with the change.
    """

    where: str
    change: str
    source: str
    line: int


def mutants(name: str, source: str) -> Iterator[Mutant]:
    """All mutants of a file.

    :param name: of the file.
    """
    tree = ast.parse(source)
    for function, node in _nodes(tree):
        for before, after in _changes(node):
            # The change is made in a copy, at the place that the node has there.
            twin = copy.deepcopy(tree)
            place = next(other for other, original in zip(ast.walk(twin), ast.walk(tree), strict=True) if original is node)
            _become(place, after)
            instead = after.test if isinstance(after, ast.If | ast.IfExp) else after
            text = "finds nothing" if isinstance(after, ast.FunctionDef) else f"{before} -> {ast.unparse(instead)}"
            yield Mutant(f"{name}, {function}", text, ast.unparse(ast.fix_missing_locations(twin)), getattr(node, "lineno", 0))


def _nodes(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Each node with the function or class that it stands in; no annotations, which do nothing."""

    def walk(node: ast.AST, inside: str) -> Iterator[tuple[str, ast.AST]]:
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    name = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else ""
                    place = f"{inside}.{name}".strip(".") if name else inside
                    yield place or "module", child
                    yield from walk(child, place)

    return walk(tree, "")


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """(what is written, what would be instead)."""
    text = ast.unparse(node) if isinstance(node, ast.expr) else ""
    match node:
        case ast.Compare(ops=ops):
            for index, operator in enumerate(ops):
                for comparison in COMPARISONS.get(type(operator), ()):
                    compared = copy.deepcopy(node)
                    compared.ops[index] = comparison()
                    yield text, compared
        case ast.BoolOp(op=op):
            joined = copy.deepcopy(node)
            joined.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield text, joined
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield text, copy.deepcopy(operand)
        case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Compare | ast.UnaryOp):
            turned = copy.deepcopy(node)
            turned.test = ast.UnaryOp(ast.Not(), copy.deepcopy(test))
            yield f"if {ast.unparse(test)}", turned
        case ast.Constant(value=bool() as truth):
            yield text, ast.Constant(not truth)
        case ast.Constant(value=int() as number):
            yield text, ast.Constant(number + 1)
            yield text, ast.Constant(number - 1)
        case ast.BinOp(op=op) if type(op) in SIGNS:
            signed = copy.deepcopy(node)
            signed.op = SIGNS[type(op)]()
            yield text, signed
        case ast.FunctionDef(decorator_list=[ast.Call(func=ast.Name(id="check" | "probe_check")), *_]):
            silent = copy.deepcopy(node)
            silent.body = ast.parse("if False:\n    yield").body
            yield node.name, silent


def _become(place: ast.AST, other: ast.AST) -> None:
    """Turn a node into another one where it stands."""
    place.__class__ = other.__class__
    for field in list(vars(place)):
        if field not in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            delattr(place, field)
    for field, value in ast.iter_fields(other):
        setattr(place, field, value)
