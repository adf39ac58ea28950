"""A form keeps what was typed, except passwords, and says what is wrong at its field and above the button."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, SecretStr
from pydantic import Field as Rule

from web.kit.form import LONGEST_VALUE, MOST_VALUES, Field, Form, FormOf, Typed
from web.kit.language import LANGUAGES, Language
from web.kit.look import Looks
from web.kit.words import KIT, Words


class Order(BaseModel):
    name: Annotated[str, Rule(min_length=2, max_length=20)]
    password: Annotated[SecretStr, Rule(min_length=12)]
    count: Annotated[int, Rule(ge=1, le=9)]
    email: Annotated[str | None, Rule(pattern="@"), Looks("email", autocomplete="email")] = None
    day: dt.date | None = None
    kind: Literal["pipe", "tile"] = "pipe"
    tags: list[Literal["a", "b"]] = Rule(default_factory=list)
    site: str = ""
    quick: bool = False


LABELS = {
    f"order.{key}": key
    for key in (*Order.model_fields, "kind.pipe", "kind.tile", "tags.a", "tags.b", "submit", "count.help")
}
WORDS = Words({"zh": LABELS, "en": {**LABELS, "order.email.error": "An address has an @."}}, under=KIT)
ORDER = FormOf("order", Order, WORDS)
GOOD: Typed = {"name": [" Qin "], "password": ["a long password"], "count": ["3"], "quick": ["on"]}


def read(typed: Typed, language: Language = "en", form: FormOf[Order] = ORDER) -> Form:
    found = form.read(language, "/orders", {**GOOD, **typed})
    assert isinstance(found, Form), found
    return found


def field(form: Form, name: str) -> Field:
    return next(one for one in form.fields if one.name == name)


def test_what_is_right_becomes_the_model() -> None:
    order = ORDER.read("en", "/orders", {**GOOD, "tags": ["a", "b"], "day": ["2026-11-28"]})
    assert isinstance(order, Order)
    assert (order.name, order.count, order.tags, order.quick) == ("Qin", 3, ["a", "b"], True)
    assert (order.email, order.day, order.kind) == (None, dt.date(2026, 11, 28), "pipe")


@pytest.mark.parametrize(
    ("typed", "name", "said"),
    [
        ({"name": []}, "name", "Please fill this in."),
        ({"name": ["  "]}, "name", "Please fill this in."),
        ({"name": ["Q"]}, "name", "Too short: at least 2 characters."),
        ({"name": ["Q" * 21]}, "name", "Too long: at most 20 characters."),
        ({"count": ["0"]}, "count", "At least 1."),
        ({"count": ["10"]}, "count", "At most 9."),
        ({"count": ["three"]}, "count", "Please enter a whole number."),
        ({"count": ["1.5"]}, "count", "Please enter a whole number."),
        ({"email": ["qin"]}, "email", "An address has an @."),
        ({"day": ["yesterday"]}, "day", "Please enter a date, such as 2026-11-28."),
        ({"kind": ["roof"]}, "kind", "Please choose one of those offered."),
        ({"tags": ["a", "c"]}, "tags", "Please choose one of those offered."),
        ({"password": ["short"]}, "password", "Too short: at least 12 characters."),
        ({"name": ["Q" * (LONGEST_VALUE + 1)]}, "name", "This is too long, please shorten it."),
        ({"tags": ["a"] * (MOST_VALUES + 1)}, "tags", "This is too long, please shorten it."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(typed: Typed, name: str, said: str) -> None:
    form = read(typed)
    assert [(one.name, one.error) for one in form.in_error] == [(name, said)]
    assert form.wrong == "One thing is missing:"


def test_every_message_is_there_in_both_languages() -> None:
    wrong: Typed = {
        "name": [],
        "count": ["x"],
        "email": ["q"],
        "password": ["x"],
        "day": ["x"],
        "kind": ["x"],
    }
    for language in LANGUAGES:
        form = read(wrong, language)
        assert len(form.in_error) == 6
        assert "6" in form.wrong
    assert field(read(wrong, "zh"), "email").error == "格式不对。"


def test_what_was_typed_is_kept_as_it_was_except_passwords() -> None:
    form = read({"name": ["<b>"], "count": ["many"], "kind": ["tile"], "tags": ["b"]})
    assert field(form, "name").value == "<b>"
    assert field(form, "count").value == "many"
    assert [option.value for option in field(form, "kind").options if option.chosen] == ["tile"]
    assert [option.value for option in field(form, "tags").options if option.chosen] == ["b"]
    assert field(form, "quick").value == "on"
    assert field(form, "password").value == ""


def test_a_box_that_was_unticked_stays_so() -> None:
    assert field(read({"quick": [], "count": ["x"]}), "quick").value == ""


def test_choices_known_only_now_are_checked() -> None:
    form = ORDER.with_choices(site=[("s1", "First"), ("s2", "Second")])
    assert field(read({"site": ["s9"]}, form=form), "site").error == "Please choose one of those offered."
    order = form.read("en", "/orders", {**GOOD, "site": ["s2"]})
    assert isinstance(order, Order)
    assert order.site == "s2"


def test_a_name_that_no_field_has_is_not_read() -> None:
    assert isinstance(ORDER.read("en", "/orders", {**GOOD, "role": ["owner"], "firm": ["x"]}), Order)


def test_a_blank_form_has_the_types_looks_and_bounds() -> None:
    form = ORDER.blank("en", "/orders")
    kinds = {one.name: one.kind for one in form.fields}
    assert kinds == {
        "name": "text", "password": "password", "count": "number", "email": "email", "day": "date",
        "kind": "select", "tags": "checkboxes", "site": "text", "quick": "checkbox",
    }  # fmt: skip
    assert (field(form, "name").longest, field(form, "count").least, field(form, "count").most) == (
        20,
        "1",
        "9",
    )
    assert (field(form, "name").required, field(form, "day").required) == (True, False)
    assert (field(form, "count").help, field(form, "email").autocomplete) == ("count.help", "email")


def test_what_is_stored_fills_the_form() -> None:
    stored = Order(name="Qin", password=SecretStr("a long password"), count=4, quick=True, tags=["a"])
    form = ORDER.blank("en", "/orders", stored.model_dump())
    assert (field(form, "name").value, field(form, "count").value) == ("Qin", "4")
    assert (field(form, "password").value, field(form, "quick").value) == ("", "on")


def test_an_error_at_no_field_is_said_for_the_whole() -> None:
    form = ORDER.blank("en", "/orders").with_errors({"": "Not now."}, "")
    assert (form.error, form.in_error) == ("Not now.", ())
