"""Live streams of a project are bounded, and nobody can hold them all."""

from __future__ import annotations

from web.http.addresses import address_of
from web.live.seats import Seats


def test_who_has_as_many_as_one_may_have_gives_up_the_oldest() -> None:
    seats = Seats(most=10, most_per_address=3)
    mine = [seats.take("a") for _ in range(4)]
    assert [seat.given_up for seat in mine] == [True, False, False, False]
    assert len(seats) == 3


def test_a_newcomer_gets_the_seat_of_whoever_has_most() -> None:
    seats = Seats(most=4, most_per_address=3)
    many = [seats.take("a") for _ in range(3)]
    one = seats.take("b")
    assert not seats.full("c")
    seats.take("c")
    assert [seat.given_up for seat in many] == [True, False, False]
    assert not one.given_up
    assert len(seats) == 4


def test_it_is_full_only_where_everybody_has_one() -> None:
    seats = Seats(most=3, most_per_address=3)
    taken = [seats.take(address) for address in "abc"]
    assert seats.full("d")
    seats.leave(taken[0])
    assert not seats.full("d")
    seats.leave(taken[0])
    assert len(seats) == 2


def test_a_seat_given_up_and_left_is_counted_once() -> None:
    seats = Seats(most=10, most_per_address=1)
    first, second = seats.take("a"), seats.take("a")
    seats.leave(first)
    assert (first.given_up, second.given_up, len(seats)) == (True, False, 1)


def test_addresses_of_one_network_are_one_visitor() -> None:
    assert address_of("2001:db8:1:2:3:4:5:6") == address_of("2001:db8:1:2::99")
    assert address_of("::ffff:192.0.2.7") == address_of("192.0.2.7") == "192.0.2.7"
    assert address_of("192.0.2.8") != address_of("192.0.2.7")
    assert address_of("testclient") == "testclient"


def test_a_seat_given_up_tells_whoever_has_it() -> None:
    told: list[str] = []
    seats = Seats(most=10, most_per_address=1)
    seats.take("a", lambda: told.append("first"))
    seats.take("a", lambda: told.append("second"))
    assert told == ["first"]


def test_the_house_has_seats_for_all_that_is_looked_at_together() -> None:
    house = Seats(most=3, most_per_address=2)
    one, other = Seats(house=house), Seats(house=house)
    first, second = one.take("a"), other.take("a")
    third = other.take("a")
    assert [seat.given_up for seat in (first, second, third)] == [True, False, False]
    assert len(house) == 2
    one.leave(first)
    other.leave(second)
    assert (len(one), len(other), len(house)) == (0, 1, 1)
