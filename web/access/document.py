"""docs/access.md, made from the table of rights: `python -m web.access.document`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from store.records.access import NOUNS, ROLES, VERBS, Noun, Rights, Verb
from web.access.rights import OF_LINKS, RIGHTS

PLACE: Final = Path(__file__).parents[2] / "docs/access.md"
_HEAD: Final = """\
# Who may do what

Made from `web/access/rights.py` by `python -m web.access.document`; a test holds the two together. What is
not here, nobody may. A new right is a word in one line of that table.

**How far a right reaches**: *own*, what is one's own (account, sessions, tokens, what one wrote);
*project*, the projects of the sites one is on, and those sites; *site*, the sites one is on; *firm*,
everything of the firm. A row that is out of reach is as absent as one that does not exist (404); a right
that is not held at all is refused (403).

**Who asks** is a visitor with a link, a member with a session, or a machine with a token.
`web/access/principal.py` makes an *access* of each, and whatever faces people or programs takes that and
nothing else. A member may do what their roles may together. A token made by a member may do what its scopes
say and never more than its author may today; its scopes are `noun:verb`, as in this table.

**Nobody gives what they have not**: an invitation grants only roles that reach no further than those of
whoever invites, on sites they are on. Nobody changes their own roles or ends their own account, and a firm
keeps an owner, also when two change each other at once. An invitation, or a code for a new password, opens as
long as whoever made it could make it today; a new password ends all codes for one.

**Another provider** is tied to an account from `/account` alone, and only by the browser that is signed in
there when it comes back. What a provider says of roles is an entry of the log.

**Repositories know the access**: rooms and programs ask `records.seen_by(access)` (`store/records/seen.py`).
It knows the firm, and how far a right reaches is part of the query. A guard refuses whatever of `web` asks
the registry with a firm instead (`tests/architecture/guards.py`).

**Pages**: `/people` (members, invitations, roles, devices, help for who cannot get in, the end of an
account), `/people/log` (who saw and changed what, as CSV too, checked from the beginning), `/tokens`,
`/account`.

**A route names its right**: `@room.get("/sites", right=Right("site", "see"))`. An application with a route,
mount or answer to an error that names none does not start (`RouteWithoutRight`). `OPEN` is the right of
what anybody may have.

Letters: s see, c change, a add, r remove.
"""


def document() -> str:
    """The text of docs/access.md."""
    tables = [_table(f"## {role.replace('_', ' ').capitalize()}", RIGHTS[role]) for role in ROLES]
    return "\n".join([_HEAD, *tables, _table("## Visitor with a link", OF_LINKS)])


def _table(title: str, rights: Rights) -> str:
    lines = [f"| {noun} | {_cell(noun, rights)} |" for noun in NOUNS if _cell(noun, rights)]
    return "\n".join([title, "", "| noun | may |", "|---|---|", *lines, ""])


def _cell(noun: Noun, rights: Rights) -> str:
    """E.g. `site: s c a · own: r`, the furthest first."""
    by_scope = {scope: [verb for verb in VERBS if rights.get((noun, verb)) == scope] for scope in _FURTHEST}
    return " · ".join(f"{scope}: {_letters(verbs)}" for scope, verbs in by_scope.items() if verbs)


def _letters(verbs: list[Verb]) -> str:
    return " ".join(verb[0] for verb in verbs)


_FURTHEST: Final = ("firm", "site", "project", "own")

if __name__ == "__main__":
    PLACE.write_text(document(), "utf-8")
