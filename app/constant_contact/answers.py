"""How tolerantly answers are read.

Null is absent, and so is an optional property of another type than we know. Of a list
the items that cannot be read are left out and counted. So one odd value costs nothing
but itself. Whatever is taken for absent is logged by its name, never by its value.
"""

import logging
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

T = TypeVar("T")
_log = logging.getLogger("latchkey")


class Answer(BaseModel):
    """An answer, or a part of one, whose optional properties may be odd.

    But for `strict` ones: without these the whole would be misread.
    """

    strict: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="wrap")
    @classmethod
    def _odd_is_absent(
        cls, value: Any, parse: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        try:
            return parse(value)
        except ValidationError:
            field = cls.model_fields[str(info.field_name)]
            if field.is_required() or info.field_name in cls.strict:
                raise
            if value is not None:
                _log.warning(
                    "odd_answer",
                    extra={"shape": cls.__name__, "property": info.field_name},
                )
            return field.get_default(call_default_factory=True)


@cache
def _cached_reader(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


# mypy does not know that a list of a shape can be the key of a cache.
reader: Callable[[Any], TypeAdapter[Any]] = _cached_reader


class Items(list[T]):
    """Items as far as they could be read; `skipped` says how many could not."""

    skipped = 0

    def add(self, more: "Items[T]") -> None:
        self.extend(more)
        self.skipped += more.skipped


def readable(shape: type[T], items: Iterable[Any]) -> Items[T]:
    """Return the items that are in this shape; how many are not is logged."""
    good: Items[T] = Items()
    for item in items:
        try:
            good.append(reader(shape).validate_python(item))
        except ValidationError:
            good.skipped += 1
    if good.skipped:
        _log.warning(
            "odd_items",
            extra={"shape": shape.__name__, "skipped": good.skipped},
        )
    return good


def all_readable(shape: type[T]) -> PlainValidator:
    """Read a property that is a list by `readable`; it has to be a list."""

    def read(value: Any) -> Items[T]:
        if not isinstance(value, list):
            raise ValueError("no list")
        return readable(shape, value)

    return PlainValidator(read)


def scopes_in(value: Any) -> tuple[str, ...]:
    """Return scopes, whether they come as a list or separated by blanks."""
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list):
        return ()
    return tuple(each for each in value if isinstance(each, str))
