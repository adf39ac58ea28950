"""Who may enter, under one transaction."""

from __future__ import annotations

from store.records.access_log import AccessLog
from store.records.accounts import Accounts
from store.records.forms_done import FormsDone
from store.records.members import Members
from store.records.openings import Openings
from store.records.passes import Passes
from store.records.session import Session
from store.records.sessions import Sessions
from store.records.tokens import Tokens


class Identities:
    """Repositories over one way to the tables. Blocking; raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self.accounts = Accounts(session)
        self.members = Members(session)
        self.sessions = Sessions(session)
        self.passes = Passes(session)
        self.openings = Openings(session)
        self.tokens = Tokens(session)
        self.forms_done = FormsDone(session)
        self.access_log = AccessLog(session)
