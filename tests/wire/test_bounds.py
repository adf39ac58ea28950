"""What a message may cost is known before it is parsed, and knowing it costs little."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.batch import CODEC
from wire.bounds import Bounds, check
from wire.errors import WireError

texts = st.text("[]{},:\"\\'é 7", max_size=8)
trees = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def cost(tree: object) -> tuple[int, int, int]:
    """(depth, containers and commas, texts) as a parser finds them."""
    if not isinstance(tree, list | dict):
        return 0, 0, int(isinstance(tree, str))
    inner = [cost(one) for one in (tree.values() if isinstance(tree, dict) else tree)]
    names = len(tree) if isinstance(tree, dict) else 0
    depth = 1 + max((one[0] for one in inner), default=0)
    elements = 1 + max(len(tree) - 1, 0) + sum(one[1] for one in inner)
    return depth, elements, names + sum(one[2] for one in inner)


def allows(text: bytes, bounds: Bounds) -> bool:
    try:
        check(text, bounds)
    except WireError:
        return False
    return True


@given(tree=trees, ascii_only=st.booleans())
def test_what_a_text_costs_is_counted_exactly_whatever_stands_between_its_quotes(
    tree: object, ascii_only: bool
) -> None:
    text = json.dumps(tree, ensure_ascii=ascii_only).encode()
    depth, elements, strings = cost(tree)
    assert strings <= 2 * elements + 1
    exact = Bounds(1 << 20, depth, elements)
    assert allows(text, exact)
    assert depth == 0 or not allows(text, replace(exact, depth=depth - 1))
    assert elements == 0 or not allows(text, replace(exact, elements=elements - 1))


@given(noise=st.binary(max_size=300))
def test_any_bytes_are_allowed_or_too_large_and_nothing_else(noise: bytes) -> None:
    allows(noise, CODEC.bounds)


@pytest.mark.parametrize(
    "piece",
    [b"[", b"]", b'"', b'"\\', b"\\", b'["[', b'"[","', b"[]", b"{}", b'{"":', b"9", b"null,", b'"\\u005b",'],
)
def test_looking_takes_time_in_proportion_whatever_the_text(piece: bytes) -> None:
    def took_s(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.thread_time()
        allows(text, CODEC.bounds)
        return time.thread_time() - started

    small, large = (min(took_s(size) for _ in range(3)) for size in (1 << 17, 1 << 21))
    assert large <= 64 * small + 0.05, "16 times the text"


def test_arrays_and_objects_have_a_bound_of_their_own() -> None:
    bounds = Bounds(bytes=1000, depth=4, elements=100, containers=3)
    check(b"[[],[1,2,3,4]]", bounds)
    with pytest.raises(WireError, match="4 arrays and objects, at most 3"):
        check(b'[[],{},{"a":[]}]'.replace(b",{}", b"", 1), bounds)
