"""The control byte of DL/T 645, which CJ/T 188 has taken over: bits 7 and 6 say the same in both."""

from __future__ import annotations


class Controlled:
    """A frame with a control byte."""

    __slots__ = ()
    control: int

    @property
    def is_reply(self) -> bool:
        """Sent by the meter (D7)."""
        return bool(self.control & 0x80)

    @property
    def is_error(self) -> bool:
        """The meter refuses (D6)."""
        return bool(self.control & 0x40)
