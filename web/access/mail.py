"""Mail that pages send: plain text, in a thread of its own, so that no page waits for its server."""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
from email.message import EmailMessage
from typing import Final

from store.threads import Threads
from web.settings import MailOptions

LOGGER: Final = logging.getLogger("plumbline.web.access")
_TIMEOUT_S: Final = 20
#: Mails wait for their server here and hold up nothing.
MAILS: Final = Threads("mails", threads=1, most_waiting=64)
_UNDER_WAY: Final[set[asyncio.Task[None]]] = set()


def send(mail: MailOptions, to: str, subject: str, text: str) -> None:
    """One mail. Blocking. Raises OSError, smtplib.SMTPException, ValueError for an address that is more than
    one line."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail.sender, to, subject
    message.set_content(text)
    with smtplib.SMTP(mail.host, mail.port, timeout=_TIMEOUT_S) as server:
        if mail.tls:
            server.starttls(context=ssl.create_default_context())
        if mail.user is not None:
            server.login(mail.user, mail.password or "")
        server.send_message(message)


def send_soon(mail: MailOptions, to: str, subject: str, text: str) -> None:
    """As `send`, beside the page that asks for it."""
    task = asyncio.create_task(MAILS.run(send, mail, to, subject, text), name="mail")
    _UNDER_WAY.add(task)
    task.add_done_callback(_UNDER_WAY.discard)
    task.add_done_callback(told)


def told(task: asyncio.Task[None]) -> None:
    """A mail that failed, in the log by its kind of error alone."""
    if not task.cancelled() and (error := task.exception()) is not None:
        LOGGER.warning("a mail was not sent: %s", type(error).__name__)
