"""The edge agents of sites: who may send."""

from __future__ import annotations

from dataclasses import replace

from store.records.noun import Noun
from store.records.registry import Agent
from store.records.schema import AGENT
from store.records.tenancy import rows_of


class Agents(Noun[Agent]):
    """Of each site. One that was provisioned stays so when the settings list it, too, and goes by its name
    alone."""

    name = "agent"
    table = AGENT
    row = Agent

    def of(self, firm: str, site: str) -> list[Agent]:
        """By id."""
        return self.rows(rows_of(AGENT, firm, site).order_by(AGENT.c.id))

    def _goes(self, row: Agent) -> bool:
        return not row.provisioned

    def _merged(self, held: Agent | None, new: Agent) -> Agent:
        return replace(new, provisioned=True) if held is not None and held.provisioned else new
