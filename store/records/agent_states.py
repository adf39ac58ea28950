"""What each agent said of itself last."""

from __future__ import annotations

import logging

from sqlalchemy import delete, select

from store.records.contract import AgentState
from store.records.schema import AGENT_STATE
from store.records.session import Session
from store.records.statements import put
from wire import status as wire_status
from wire.errors import WireError
from wire.status import Status

LOGGER = logging.getLogger(__name__)


class AgentStates:
    """One an agent."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, state: AgentState) -> None:
        """A status told again byte for byte (a retained one, after a reconnect) keeps the moment it was first
        received."""
        row = {
            "site": state.site,
            "agent": state.agent,
            "received": state.received,
            "status": wire_status.text(state.status),
        }
        with self._session.write() as connection:
            put(connection, AGENT_STATE, [row], lambda old, new: old.status != new.status)

    def of(self, *sites: str) -> list[AgentState]:
        """Of these sites' agents, by site and agent; without those of which this version can read nothing."""
        columns = AGENT_STATE.c
        query = select(columns.site, columns.agent, columns.received, columns.status)
        query = query.where(columns.site.in_(sites)).order_by(columns.site, columns.agent)
        with self._session.read() as connection:
            rows = connection.execute(query).all()
        found = [(site, agent, at, _status(site, agent, text)) for site, agent, at, text in rows]
        return [
            AgentState(site, agent, at, status) for site, agent, at, status in found if status is not None
        ]

    def erase(self, site: str) -> None:
        """Delete a site's."""
        with self._session.write() as connection:
            connection.execute(delete(AGENT_STATE).where(AGENT_STATE.c.site == site))


def _status(site: str, agent: str, text: str) -> Status | None:
    try:
        return wire_status.recall(text.encode())
    except WireError as error:
        LOGGER.warning("status of %s/%s, stored by another version: %s", site, agent, error)
        return None
