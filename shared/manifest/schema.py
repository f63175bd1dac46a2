"""The pydantic schema of a dataclass tree, without the price of importing pydantic.

pydantic's models cost about 100 ms of each cold start; its core, which does the validating,
costs 20. A field's `metadata` holds its limits in pydantic's words.
"""

from dataclasses import MISSING, Field, fields, is_dataclass
from functools import partial
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic_core import CoreSchema, SchemaValidator, core_schema

_STRICT = core_schema.CoreConfig(strict=True, str_strip_whitespace=True)


def validator(root: type) -> SchemaValidator:
    """Validates a dict strictly: no unknown keys, no text for numbers, no surrounding blanks."""
    return SchemaValidator(_table(root))


def _table(cls: type) -> CoreSchema:
    hints = get_type_hints(cls)
    arguments = [
        core_schema.dataclass_field(
            field.name, _with_default(_value(hints[field.name], dict(field.metadata)), field)
        )
        for field in fields(cls)
    ]
    return core_schema.dataclass_schema(
        cls,
        core_schema.dataclass_args_schema(cls.__name__, arguments, extra_behavior="forbid"),
        [field.name for field in fields(cls)],
        config=_STRICT,
        strict=False,
    )


def _with_default(schema: CoreSchema, field: Field[Any]) -> CoreSchema:
    if field.default is not MISSING:
        return core_schema.with_default_schema(schema, default=field.default)
    if field.default_factory is not MISSING:
        return core_schema.with_default_schema(schema, default_factory=field.default_factory)
    return schema


def _value(hint: Any, limits: dict[str, Any]) -> CoreSchema:
    """Limits of a list or a table apply to each value in it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if NoneType in arguments:
        [inner] = [argument for argument in arguments if argument is not NoneType]
        return core_schema.nullable_schema(_value(inner, limits))
    if origin is Literal:
        return core_schema.literal_schema(list(arguments))
    if origin is list:
        return core_schema.list_schema(_value(arguments[0], limits))
    if origin is dict:
        return core_schema.dict_schema(core_schema.str_schema(), _value(arguments[1], limits))
    if is_dataclass(hint) and isinstance(hint, type):
        return _table(hint)
    builders: dict[Any, Any] = {
        bool: core_schema.bool_schema,
        str: core_schema.str_schema,
        int: core_schema.int_schema,
        float: partial(core_schema.float_schema, allow_inf_nan=False),
    }
    schema: CoreSchema = builders[hint](**limits)
    return schema
