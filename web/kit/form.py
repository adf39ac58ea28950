"""Forms: a pydantic model and its words make a form; what was typed makes the model, or the form with
errors.

Works without a script. What was typed is kept and shown again, except passwords. Each error stands at
its field and again above the button, with a link to the field.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from web.kit.act import Hidden, Look
from web.kit.language import Language
from web.kit.link import Link
from web.kit.look import FieldKind, Looks
from web.kit.words import Words

Model = TypeVar("Model", bound=BaseModel)
#: What a browser sends: a name may stand several times (check boxes).
Typed = Mapping[str, Sequence[str]]
#: The bounds of what is read at all, before any rule: characters a value, values a name.
LONGEST_VALUE: Final = 20_000
MOST_VALUES: Final = 200
#: Longer texts are written in a field of several lines.
ONE_LINE: Final = 200
#: As many choices stand side by side; more are a list.
SIDE_BY_SIDE: Final = 4


@dataclass(frozen=True, slots=True)
class Option:
    """`group`: what it stands under, where there are many."""

    value: str
    label: str
    chosen: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """Label, line, help; `error` where it is wrong. `value` is what was typed or given; of a password
    never."""

    name: str
    label: str
    kind: FieldKind = "text"
    value: str = ""
    help: str = ""
    error: str = ""
    options: tuple[Option, ...] = ()
    required: bool = False
    autocomplete: str = ""
    inputmode: str = ""
    longest: int | None = None
    least: str = ""
    most: str = ""
    unit: str = ""
    accept: str = ""

    @property
    def groups(self) -> list[tuple[str, list[Option]]]:
        """Its options under what they stand under, in the order of the first of each."""
        found: dict[str, list[Option]] = {}
        for option in self.options:
            found.setdefault(option.group, []).append(option)
        return list(found.items())


@dataclass(frozen=True, slots=True)
class Form:
    """A POST to `action`. `hidden` carries the token against forgery and the key of idempotency. `wrong` is
    said above the button when fields have errors; `error` is what is wrong with the whole."""

    action: str
    submit: str
    fields: tuple[Field, ...]
    hidden: Hidden = ()
    wrong: str = ""
    error: str = ""
    other: Link | None = None
    note: str = ""
    look: Look = "ink"
    sends_files: bool = False
    optional: str = ""
    #: Whose password it asks for, where no field does: a browser's keeper of passwords looks for it.
    login: str = ""
    #: Before the ids of its fields: another one where a page has several forms.
    id: str = "field"

    @property
    def in_error(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.error)

    def guarded(self, hidden: Hidden) -> Form:
        """The same with the hidden fields of the one who asks for it."""
        return replace(self, hidden=(*self.hidden, *hidden))

    def with_errors(self, errors: Mapping[str, str], wrong: str, error: str = "") -> Form:
        """The same with errors at fields by name; one that is at no field is said for the whole."""
        fields = tuple(replace(f, error=errors.get(f.name, "")) for f in self.fields)
        homeless = [text for name, text in errors.items() if name not in {f.name for f in self.fields}]
        return replace(self, fields=fields, wrong=wrong, error=error or " ".join(homeless))


@dataclass(frozen=True, slots=True)
class FormOf(Generic[Model]):
    """The form of a model. Words of the room: `{name}.submit`, `{name}.{field}` (the label), `.help`,
    `.error` (instead of the kit's message for a broken pattern), `.{option}` for each choice of a
    Literal or an Enum.

    `choices` gives options that are not in the type: by field, value and label. `groups` puts options under
    names: by field, value and name of the group."""

    name: str
    model: type[Model]
    words: Words
    choices: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def with_choices(self, **choices: Sequence[tuple[str, str]]) -> FormOf[Model]:
        """The same with options that are known only now (the sites of a firm): value and label."""
        return replace(self, choices={**self.choices, **choices})

    def with_groups(self, **groups: Mapping[str, str]) -> FormOf[Model]:
        """The same with the names that a field's options stand under: value and name."""
        return replace(self, groups={**self.groups, **groups})

    def blank(self, language: Language, action: str, given: Mapping[str, Any] | None = None) -> Form:
        """The form before anything is typed; `given` fills it (what is stored already)."""
        typed = {name: _texts(value) for name, value in (given or {}).items()}
        return self._form(language, action, typed, given=given is not None)

    def read(self, language: Language, action: str, typed: Typed) -> Model | Form:
        """The model, or the form with what was typed and what is wrong with it."""
        kept = {name: [v[:LONGEST_VALUE] for v in typed.get(name, ())][:MOST_VALUES] for name in self._names}
        errors = {
            name: self.words.say(language, "error.too_much")
            for name in self._names
            if len(typed.get(name, ())) > MOST_VALUES
            or any(len(v) > LONGEST_VALUE for v in typed.get(name, ()))
        }
        errors |= self._unchosen(language, kept)
        if not errors:
            try:
                return self.model.model_validate(self._data(kept))
            except ValidationError as error:
                errors = self._said(error, language)
        form = self._form(language, action, kept, given=True)
        count = len([name for name in errors if name in self._names])
        return form.with_errors(errors, self.words.count(language, "form.wrong", count) if count else "")

    @property
    def _names(self) -> list[str]:
        return list(self.model.model_fields)

    def _data(self, typed: Typed) -> dict[str, object]:
        """What the model is asked to take: an empty line is no value, a box that is not there is not
        ticked."""
        data: dict[str, object] = {}
        for name, info in self.model.model_fields.items():
            values = typed.get(name, ())
            if _is_list(info):
                data[name] = [v for v in values if v]
            elif _base(info) is bool:
                data[name] = bool(values) and values[-1] not in ("", "off", "false", "0")
            elif _base(info) is SecretStr:
                data |= {name: values[-1]} if values and values[-1] else {}
            elif values and (text := values[-1].strip()):
                data[name] = text
        return data

    def _unchosen(self, language: Language, typed: Typed) -> dict[str, str]:
        """Choices that are known only now are checked here: the type does not know them."""
        known = {name: {value for value, _ in options} for name, options in self.choices.items()}
        said = self.words.say(language, "error.choice")
        return {
            name: said
            for name, values in known.items()
            if any(value and value not in values for value in typed.get(name, ()))
        }

    def _said(self, error: ValidationError, language: Language) -> dict[str, str]:
        """A message a field. The number of errors is bounded by that of the fields and MOST_VALUES."""
        said: dict[str, str] = {}
        for details in error.errors(include_url=False, include_input=False):
            name = str(details["loc"][0]) if details["loc"] else ""
            said.setdefault(name, self._message(name, details, language))
        return said

    def _message(self, name: str, details: ErrorDetails, language: Language) -> str:
        own = f"{self.name}.{name}.error"
        texts = self.words.texts[language]
        kind = details["type"]
        if kind in ("too_short", "too_long") and not _is_list(self.model.model_fields[name]):
            kind = f"string_{kind}"  # a secret is counted like a list
        if kind != "missing" and own in texts:
            return self.words.say(language, own)
        context = {key: _plain(value) for key, value in details.get("ctx", {}).items()}
        for key in (f"{self.name}.error.{kind}", f"error.{_ALIKE.get(kind, kind)}"):
            if key in texts:
                return self.words.say(language, key, **context)
        return self.words.say(language, "error.other")

    def _form(self, language: Language, action: str, typed: Typed, *, given: bool) -> Form:
        fields = tuple(
            self._field(name, info, typed, language, given=given)
            for name, info in self.model.model_fields.items()
        )
        return Form(
            action,
            self.words.say(language, f"{self.name}.submit"),
            fields,
            sends_files=any(f.kind == "file" for f in fields),
            optional=self.words.say(language, "form.optional"),
        )

    def _field(self, name: str, info: FieldInfo, typed: Typed, language: Language, *, given: bool) -> Field:
        looks = next((m for m in info.metadata if isinstance(m, Looks)), Looks())
        options = self._options(name, info, language)
        kind = looks.kind or _kind(info, len(options))
        values = list(typed.get(name, ()))
        if not given and not values and not info.is_required():
            values = _texts(info.get_default(call_default_factory=True))
        bounds, groups = _Bounds.of(info), self.groups.get(name, {})
        return Field(
            name=name,
            label=self.words.say(language, f"{self.name}.{name}"),
            kind=kind,
            value="" if kind == "password" or not values else values[-1],
            help=self._word(name, "help", language),
            options=tuple(
                Option(value, label, value in values, groups.get(value, "")) for value, label in options
            ),
            required=info.is_required(),
            autocomplete=looks.autocomplete,
            inputmode=looks.inputmode or ("decimal" if kind == "number" else ""),
            longest=bounds.longest,
            least=bounds.least,
            most=bounds.most,
            unit=self._word(name, "unit", language),
        )

    def _word(self, name: str, key: str, language: Language) -> str:
        """What the room says beside a field; "" where it says nothing."""
        key = f"{self.name}.{name}.{key}"
        return self.words.say(language, key) if key in self.words.texts[language] else ""

    def _options(self, name: str, info: FieldInfo, language: Language) -> list[tuple[str, str]]:
        if name in self.choices:
            return list(self.choices[name])
        return [(v, self.words.say(language, f"{self.name}.{name}.{v}")) for v in _choices(_base(info))]


@dataclass(frozen=True, slots=True)
class _Bounds:
    longest: int | None = None
    least: str = ""
    most: str = ""

    @classmethod
    def of(cls, info: FieldInfo) -> _Bounds:
        longest, least, most = None, "", ""
        for rule in info.metadata:
            if isinstance(rule, annotated_types.MaxLen) and not _is_list(info):
                longest = rule.max_length
            elif isinstance(rule, annotated_types.Ge):
                least = str(rule.ge)
            elif isinstance(rule, annotated_types.Le):
                most = str(rule.le)
        return cls(longest, least, most)


#: Kinds of error that are one to a person.
_ALIKE: Final = {
    "string_type": "missing", "int_from_float": "int_parsing", "int_parsing_size": "int_parsing",
    "float_type": "float_parsing", "decimal_parsing": "float_parsing", "finite_number": "float_parsing",
    "date_from_datetime_parsing": "date_parsing", "datetime_from_date_parsing": "date_parsing",
    "datetime_parsing": "date_parsing", "date_type": "date_parsing",
    "literal_error": "choice", "enum": "choice",
    "too_short": "none_chosen", "too_long": "too_many",
}  # fmt: skip
_BY_TYPE: Final[dict[str, FieldKind]] = {
    "bool": "checkbox", "SecretStr": "password", "int": "number", "float": "number", "Decimal": "number",
    "date": "date", "time": "time", "datetime": "datetime-local",
}  # fmt: skip


def _kind(info: FieldInfo, options: int) -> FieldKind:
    if options or _choices(_base(info)):
        if _is_list(info):
            return "checkboxes"
        return "radio" if options <= SIDE_BY_SIDE and info.is_required() else "select"
    if _base(info) is str and (_Bounds.of(info).longest or 0) > ONE_LINE:
        return "textarea"
    return _BY_TYPE.get(getattr(_base(info), "__name__", ""), "text")


def _bare(annotation: Any) -> Any:  # noqa: ANN401  # any annotation
    """Without `| None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _is_list(info: FieldInfo) -> bool:
    return get_origin(_bare(info.annotation)) in (list, tuple, set, frozenset)


def _base(info: FieldInfo) -> Any:  # noqa: ANN401  # a type or a Literal
    """The type of a value; of the members, where there are several."""
    bare = _bare(info.annotation)
    return get_args(bare)[0] if _is_list(info) else bare


def _choices(base: Any) -> list[str]:  # noqa: ANN401  # a type or a Literal
    if get_origin(base) is Literal:
        return [str(value) for value in get_args(base)]
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return [str(member.value) for member in base]
    return []


def _texts(value: object) -> list[str]:
    """A stored value as a browser would send it."""
    if value is None or value == "":
        return []
    if isinstance(value, bool):
        return ["on"] if value else []
    if isinstance(value, (list, tuple, set, frozenset)):
        return [text for member in value for text in _texts(member)]
    if isinstance(value, SecretStr):
        return []
    return [str(value.value if isinstance(value, enum.Enum) else value)]


def _plain(value: object) -> object:
    """A bound as a person writes it: 5, not 5.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
