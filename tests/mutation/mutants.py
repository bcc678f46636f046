"""Mutants of a module, made by mutmut, and how one takes the place of the living code.

A mutant is never written anywhere: what it makes of a function is compiled and put into the
function object, so that whoever holds the function, under whatever decorator, calls the mutant.
"""

from __future__ import annotations

import difflib
import gc
import hashlib
import importlib
import types
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.file_mutation import Mutation, create_mutations


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small change of one function.

    ``lines`` are those of the statement that it is in; of the whole function for a default.
    ``digest`` is that of the function as it is without the change.
    """

    name: str
    source: Source
    digest: str
    function: str
    first_line: int
    lines: range
    mutation: Mutation
    in_parameters: bool

    def text(self) -> str:
        """The whole module with the change in it."""
        changed = self.source.tree.deep_replace(
            self.mutation.original_node, self.mutation.mutated_node
        )
        assert isinstance(changed, cst.Module)
        return changed.code

    def difference(self) -> str:
        """What changes, line by line."""
        before, after = self.source.text.splitlines(), self.text().splitlines()
        lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
        return "\n".join(line for line in lines if not line.startswith("@@"))

    def put_in(self) -> None:
        """Let the mutant take the place of the function."""
        module = compile(self.text(), self.source.file, "exec")
        code = next(each for each in _codes(module) if self._is(each))
        living = self.source.functions[self.function, self.first_line]
        if self.in_parameters:
            (made,) = self._executed(module)
            for function in living:
                function.__defaults__ = made.__defaults__
                function.__kwdefaults__ = made.__kwdefaults__
        for function in living:
            function.__code__ = code

    def _is(self, code: types.CodeType) -> bool:
        return (code.co_name, code.co_firstlineno) == (self.function, self.first_line)

    def _executed(self, code: types.CodeType) -> list[types.FunctionType]:
        """The function with its mutated defaults, from the module executed beside the living."""
        space = {key: vars(self.source.module)[key] for key in ("__name__", "__package__")}
        exec(code, space)  # noqa: S102 - our own source
        return [
            function
            for function in _functions(self.source.file)
            if self._is(function.__code__) and function.__globals__ is space
        ]


class Source:
    """A module of the package: its text, and what of it lives."""

    def __init__(self, path: Path) -> None:
        self.name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        self.module = importlib.import_module(self.name)
        self.file = str(self.module.__file__)
        self.text = Path(self.file).read_text(encoding="utf-8")
        self.tree, self._mutations, *_ = create_mutations(self.file, self.text)

    @cached_property
    def functions(self) -> dict[tuple[str, int], list[types.FunctionType]]:
        """The functions that live, by their name and their first line."""
        found: dict[tuple[str, int], list[types.FunctionType]] = {}
        for function in _functions(self.file):
            code = function.__code__
            found.setdefault((code.co_name, code.co_firstlineno), []).append(function)
        return found

    def mutants(self) -> Iterator[Mutant]:
        """All mutants, in the order of the text."""
        wrapper = MetadataWrapper(self.tree, unsafe_skip_copy=True)
        spans = wrapper.resolve(PositionProvider)
        parents = wrapper.resolve(ParentNodeProvider)
        owners = {
            function: f"{owner.name.value}."
            for owner in self.tree.body
            if isinstance(owner, cst.ClassDef)
            for function in owner.body.body
        }
        counts: Counter[str] = Counter()
        digests: dict[cst.FunctionDef, str] = {}
        for mutation in self._mutations:
            function = mutation.contained_by_top_level_function
            if not isinstance(function, cst.FunctionDef):
                continue
            above = list(_above(mutation.original_node, function, parents))
            first = spans[function.decorators[0] if function.decorators else function].start.line
            around = next((each for each in above if _is_statement(each)), function)
            begin, last = spans[around].start.line, spans[around].end.line
            block = getattr(around, "body", None)
            if around is not function and isinstance(block, cst.IndentedBlock):
                last = max(begin, spans[block.body[0]].start.line - 1)
            if function not in digests:
                code = self.tree.code_for_node(function).encode()
                digests[function] = hashlib.sha256(code).hexdigest()[:8]
            name = owners.get(function, "") + function.name.value
            counts[name] += 1
            yield Mutant(
                name=f"{self.name}:{name}:{counts[name]}",
                source=self,
                digest=digests[function],
                function=function.name.value,
                first_line=first,
                lines=range(begin, last + 1),
                mutation=mutation,
                in_parameters=function.params in above,
            )


def _functions(file: str) -> list[types.FunctionType]:
    return [
        each
        for each in gc.get_objects()
        if isinstance(each, types.FunctionType) and each.__code__.co_filename == file
    ]


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _codes(const)


def _above(node, top, parents) -> Iterator[cst.CSTNode]:
    while node is not top:
        yield node
        node = parents[node]


def _is_statement(node: cst.CSTNode) -> bool:
    kinds = cst.BaseCompoundStatement, cst.SimpleStatementLine, cst.ExceptHandler, cst.MatchCase
    return isinstance(node, kinds)
