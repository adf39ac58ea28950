"""What is read on sites."""

from __future__ import annotations

from store.records.noun import Noun
from store.records.registry import Device
from store.records.schema import DEVICE
from store.records.tenancy import rows_of


class Devices(Noun[Device]):
    """Of each site."""

    name = "device"
    table = DEVICE
    row = Device

    def of(self, firm: str, site: str, *, limit: int = 100, after: str = "") -> list[Device]:
        """By id, from the one after `after`."""
        query = rows_of(DEVICE, firm, site).where(DEVICE.c.id > after)
        return self.rows(query.order_by(DEVICE.c.id).limit(limit))
