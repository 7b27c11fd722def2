"""What a handler asks AWS for: read from its code, without running it.

From ``lambda_handler`` on, every call of our own functions is followed, and every value is followed
by its origins: the attributes, such as ``RunLayout.ratings_prefix``, that went into it. Branches
are not told apart, so that what is found is at least what can happen.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import boto3

PROJECT_ROOT = Path(__file__).resolve().parents[3]
CODE = "lambdas"
SERVICES = {"s3", "scheduler", "stepfunctions"}  # whose clients are known here

Origins = frozenset[str]
NOTHING: Origins = frozenset()

# What boto3 adds to the operations of S3, with the position of the key among the arguments.
_TRANSFERS = {"download_file": 1, "upload_file": 2, "download_fileobj": 1, "upload_fileobj": 2}


class Request(NamedTuple):
    """A call of a boto3 client.

    Parameters
    ----------
    method : str
        Such as ``get_object``.
    origins : frozenset of str
        What the key, or the prefix that is listed, is made from.
    where : str
        The line.
    """

    method: str
    origins: Origins
    where: str


@dataclass(frozen=True)
class Symbol:
    """A function or class of ours."""

    module: str
    node: ast.FunctionDef | ast.ClassDef
    owner: ast.ClassDef | None = None


@dataclass
class Scope:
    """What is known of the names in a function."""

    module: str
    origins: dict[str, Origins] = field(default_factory=dict)
    classes: dict[str, Symbol] = field(default_factory=dict)


def requests_of(handler: str) -> set[Request]:
    """Find the requests that an invocation of ``module.function`` can make."""
    module, _, function = handler.rpartition(".")
    symbol = resolve(module, function)
    assert symbol is not None, f"no function {handler}"
    reading = _Reading()
    reading.call(symbol, {})
    return reading.requests


def all_request_lines() -> set[str]:
    """Every line of the functions' code that calls a client."""
    return {
        f"{path.relative_to(PROJECT_ROOT)}:{node.lineno}"
        for path in (PROJECT_ROOT / CODE).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and _client_method(node)
    }


def services_used() -> set[str]:
    """Services of which the functions' code opens clients."""
    return {
        ast.literal_eval(node.args[0])
        for path in (PROJECT_ROOT / CODE).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("boto3.client", "boto3.resource")
    }


@cache
def client_methods() -> frozenset[str]:
    """Operations of the services, as boto3 names them."""
    operations: set[str] = set(_TRANSFERS)
    for service in SERVICES:
        client = boto3.client(service, region_name="us-east-1")
        operations |= set(client.meta.method_to_api_mapping)
    return frozenset(operations)


def _client_method(call: ast.Call) -> str:
    """Name of the operation that a call asks for, empty if it is none."""
    if not isinstance(call.func, ast.Attribute):
        return ""
    if call.func.attr == "get_paginator":
        (operation,) = call.args
        assert isinstance(operation, ast.Constant)
        return str(operation.value)
    return call.func.attr if call.func.attr in client_methods() else ""


@cache
def _tree(module: str) -> ast.Module | None:
    folder = PROJECT_ROOT / module.replace(".", "/")
    for path in (folder.with_suffix(".py"), folder / "__init__.py"):
        if path.is_file():
            return ast.parse(path.read_text("utf-8"))
    return None


@cache
def resolve(module: str, name: str) -> Symbol | None:
    """Find what a name stands for in a module of ours, through its imports."""
    tree = _tree(module)
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return Symbol(module, node)
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return resolve(node.module, alias.name)
    return None


@cache
def _constant(module: str, name: str) -> Origins:
    """Find where a constant comes from, if it is one of another module's: ``run_layout.RAW``."""
    tree = _tree(module)
    for node in tree.body if tree and name.isupper() else ():
        if isinstance(node, ast.ImportFrom) and node.module and _tree(node.module):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return frozenset({f"{node.module.rpartition('.')[2]}.{alias.name}"})
    return NOTHING


def member(symbol: Symbol, name: str) -> ast.stmt | None:
    """Find a method or field in a class of ours, or in its bases."""
    assert isinstance(symbol.node, ast.ClassDef)
    for node in symbol.node.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            return node
    for base in symbol.node.bases:
        found = _annotated(symbol.module, base)
        if found is not None and (node_ := member(found, name)) is not None:
            return node_
    return None


def _annotated(module: str, annotation: ast.expr | None) -> Symbol | None:
    """Find the class of ours that an annotation names: ``X``, ``X | None``, ``list[X]``, …"""
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Name):
            symbol = resolve(module, node.id)
            if symbol is not None and isinstance(symbol.node, ast.ClassDef):
                return symbol
    return None


class _Reading:
    """One pass over all that a handler calls."""

    def __init__(self) -> None:
        self.requests: set[Request] = set()
        self._answers: dict[tuple[str, int, tuple[tuple[str, Origins], ...]], Origins] = {}

    def call(self, symbol: Symbol, arguments: dict[str, Origins]) -> Origins:
        """Read a function's body; answer with the origins of what it returns."""
        function = symbol.node
        assert isinstance(function, ast.FunctionDef)
        known = (symbol.module, function.lineno, tuple(sorted(arguments.items())))
        if known in self._answers:
            return self._answers[known]
        self._answers[known] = NOTHING  # ends recursion
        scope = Scope(symbol.module, dict(arguments))
        for argument in (*function.args.args, *function.args.kwonlyargs):
            found = _annotated(symbol.module, argument.annotation)
            if found is not None:
                scope.classes[argument.arg] = found
        if symbol.owner is not None:
            scope.classes["self"] = Symbol(symbol.module, symbol.owner)
        returned: set[str] = set()
        for _ in range(2):  # the second time with what later lines said of earlier names
            for statement in function.body:
                returned |= self._statement(statement, scope)
        self._answers[known] = frozenset(returned)
        return self._answers[known]

    def _statement(self, statement: ast.stmt, scope: Scope) -> Origins:
        returned: set[str] = set()
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value, scope)
            case ast.For(target=target, iter=iterable):
                self._bind(target, iterable, scope)
            case ast.With(items=items):
                for item in items:
                    self._expression(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars, item.context_expr, scope)
            case (
                ast.Return(value=ast.expr() as value)
                | ast.Expr(value=ast.Yield(value=ast.expr() as value))
            ):
                returned |= self._expression(value, scope)
            case _:
                for expression in ast.iter_child_nodes(statement):
                    if isinstance(expression, ast.expr):
                        self._expression(expression, scope)
        for inner in ast.iter_child_nodes(statement):  # bodies, of nested functions too
            if isinstance(inner, ast.stmt):
                returned |= self._statement(inner, scope)
            elif isinstance(inner, ast.ExceptHandler | ast.match_case):
                for deeper in inner.body:
                    returned |= self._statement(deeper, scope)
        return frozenset(returned)

    def _bind(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        origins = self._expression(value, scope)
        found = self._class_of(value, scope)
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                scope.origins[node.id] = scope.origins.get(node.id, NOTHING) | origins
                if found is not None:
                    scope.classes[node.id] = found

    def _expression(self, node: ast.expr, scope: Scope) -> Origins:
        match node:
            case ast.Name(id=name):
                return scope.origins.get(name, NOTHING) | _constant(scope.module, name)
            case ast.Attribute(value=value, attr=name):
                owner = self._class_of(value, scope)
                inner = self._expression(value, scope)
                return frozenset({f"{owner.node.name}.{name}"}) if owner else inner
            case ast.Call():
                return self._called(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                for generator in node.generators:
                    self._bind(generator.target, generator.iter, scope)
        found: set[str] = set()
        for child in ast.iter_child_nodes(node):
            inner_node = child.value if isinstance(child, ast.keyword) else child
            if isinstance(inner_node, ast.expr):
                found |= self._expression(inner_node, scope)
        return frozenset(found)

    def _called(self, call: ast.Call, scope: Scope) -> Origins:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "submit":  # to an executor
            function, *arguments = call.args
            later = ast.Call(func=function, args=arguments, keywords=call.keywords)
            return self._called(ast.copy_location(later, call), scope)
        positional = [self._expression(argument, scope) for argument in call.args]
        named = {k.arg: self._expression(k.value, scope) for k in call.keywords if k.arg}
        receiver = self._expression(call.func, scope)
        everything = frozenset().union(receiver, *positional, *named.values())
        method = _client_method(call)
        if method:
            self._request(method, call, positional, named, scope)
            return everything
        symbol = self._callee(call.func, scope)
        if symbol is None or isinstance(symbol.node, ast.ClassDef):
            owner = isinstance(call.func, ast.Attribute) and self._class_of(call.func.value, scope)
            # The name of the science's method says what it makes, whatever it is made from.
            return receiver if owner else everything
        names = [argument.arg for argument in symbol.node.args.args]
        if symbol.owner is not None:
            names = names[1:]
        arguments = {**dict(zip(names, positional, strict=False)), **named}
        return self.call(symbol, {name: value for name, value in arguments.items() if value})

    def _request(
        self,
        method: str,
        call: ast.Call,
        positional: list[Origins],
        named: dict[str, Origins],
        scope: Scope,
    ) -> None:
        key = named.get("Key", NOTHING)
        if method in _TRANSFERS:
            key |= positional[_TRANSFERS[method]]
        path = f"{scope.module.replace('.', '/')}.py"
        self.requests.add(Request(method, key, f"{path}:{call.lineno}"))

    def _callee(self, function: ast.expr, scope: Scope) -> Symbol | None:
        """Find which function of ours is called; None for all others."""
        if isinstance(function, ast.Name):
            symbol = resolve(scope.module, function.id)
        elif isinstance(function, ast.Attribute):
            owner = self._class_of(function.value, scope) or self._class_named(
                function.value, scope
            )
            method = member(owner, function.attr) if owner else None
            if owner is None or not isinstance(method, ast.FunctionDef):
                return None
            assert isinstance(owner.node, ast.ClassDef)
            symbol = Symbol(owner.module, method, owner.node)
        else:
            return None
        return symbol if symbol is not None and symbol.module.startswith(CODE) else None

    def _class_named(self, node: ast.expr, scope: Scope) -> Symbol | None:
        """The class itself, in ``ArtifactStore.from_settings(...)``."""
        symbol = resolve(scope.module, node.id) if isinstance(node, ast.Name) else None
        return symbol if symbol is not None and isinstance(symbol.node, ast.ClassDef) else None

    def _class_of(self, node: ast.expr, scope: Scope) -> Symbol | None:
        """Which class of ours a value is of, as far as names and annotations tell."""
        match node:
            case ast.Name(id=name):
                return scope.classes.get(name)
            case ast.Attribute(value=value, attr=name):
                owner = self._class_of(value, scope)
                found = member(owner, name) if owner else None
                if owner is not None and isinstance(found, ast.AnnAssign):
                    return _annotated(owner.module, found.annotation)
            case ast.Call(func=ast.Attribute(value=value)) if self._class_named(value, scope):
                return self._class_named(value, scope)  # a class method makes one of its class
            case ast.Call(func=ast.Name() as function):
                symbol = self._class_named(function, scope)
                if symbol is not None:
                    return symbol
                called = resolve(scope.module, function.id)
                if called is not None and isinstance(called.node, ast.FunctionDef):
                    return _annotated(called.module, called.node.returns)
        return None
