"""A new password for whoever forgot theirs: by a code from somebody who may, or by mail.

The second factor stays as it is: a code in somebody's hands is not their phone too.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request

from store.records.access import Access, Denied
from store.records.access_log import Deed
from store.records.accounts import Account
from store.records.passes import OneTimePass
from store.records.records import Repositories
from store.threads import PAGES
from web.access import passwords
from web.access.gate import Gate
from web.access.invitations import giver_of
from web.access.mail import MAILS, send, told
from web.access.rights import of_roles
from web.access.secret import digest, make_id, make_secret
from web.access.sign_in import normal_login
from web.http.addresses import visitor
from web.kit.language import Language
from web.settings import MailOptions

RESET_MS: Final = 24 * 3_600_000
#: A code that travels by mail is over sooner.
MAILED_MS: Final = 3_600_000
_SUBJECT: Final[dict[Language, str]] = {"zh": "准绳：重设密码", "en": "Plumbline: a new password"}
_TEXT: Final[dict[Language, str]] = {
    "zh": "有人（希望是您本人）要重设准绳的登录密码。\n\n一小时内在此输入下面的代码：{address}\n\n{code}\n\n"
    "如果不是您，请忽略此邮件，密码不变。\n",
    "en": "Somebody, we hope you, asked for a new password at Plumbline.\n\nWithin an hour, enter the code "
    "below here: {address}\n\n{code}\n\nIf it was not you, ignore this: nothing has changed.\n",
}


async def make_reset(gate: Gate, request: Request, access: Access, member: str) -> str:
    """A code with which this member sets a new password, shown once. Raises Denied."""
    code = make_secret()
    deed = gate.deed(access, request, "added", f"reset:{member}")

    def write() -> None:
        account = gate.store.members.get(access, member)
        access.need("member", "change", own=member == access.member)
        own = member == access.member  # who knows their password changes it; a session alone does not
        if account is None or own or account.ended is not None or not access.covers(of_roles(account.roles)):
            raise Denied("member", "change", held=True)
        with gate.store.begin() as done:
            one = _pass(gate, account, code, access.who, RESET_MS)
            done.passes.end_others("reset", account.firm, account.member, gate.clock())
            done.passes.add(one)
            done.access_log.add([deed])

    await PAGES.run(write)
    return code


async def ask_by_mail(gate: Gate, request: Request, login: str, language: Language) -> float:
    """Mail a code to whoever has this login and an address. Nobody is told whether there is one: the
    answer is the same, and comes before anything is looked up. How long to wait (s) where too much was."""
    login, address = normal_login(login), visitor(request)
    wait_s = gate.throttle.take(f"mail to {login}", address)
    if not wait_s and gate.options.mail is not None:
        task = asyncio.create_task(
            MAILS.run(_mail, gate, gate.options.mail, login, language), name="mail a code"
        )
        task.add_done_callback(told)
    return wait_s


async def reset(gate: Gate, request: Request, code: str, password: str) -> Account | None:
    """Set the password; every browser of theirs is out. None where the code opens nothing."""
    encoded = await passwords.encode(password)

    def write() -> Account | None:
        with gate.store.begin() as done:
            one = done.passes.take(digest(code.strip()), "reset", gate.clock())
            if one is None or not one.firm or one.member is None or not _is_still_given(done, one):
                return None
            done.accounts.change(one.firm, one.member, password=encoded)
            done.passes.end_others("reset", one.firm, one.member, gate.clock())
            done.sessions.end_all(one.firm, one.member)
            who = f"member:{one.member}"
            detail = f"password, by a code of {one.author}"
            deed = Deed(one.firm, gate.clock(), who, visitor(request), "changed", who, detail)
            done.access_log.add([deed])
            return done.accounts.get(one.firm, one.member)

    return await PAGES.run(write)


def _is_still_given(done: Repositories, one: OneTimePass) -> bool:
    """Whether who made the code may still make one; to oneself it comes by mail."""
    access, account = giver_of(done, one), done.accounts.get(one.firm or "", one.member or "")
    if account is None or account.ended is not None:
        return False
    if access is None or access.member == account.member:
        return True
    return access.may("member", "change") and access.covers(of_roles(account.roles))


def _mail(gate: Gate, mail: MailOptions, login: str, language: Language) -> None:
    account = gate.store.accounts.by_login(login)
    if account is None or account.email is None or account.ended is not None:
        return
    code = make_secret()
    gate.store.passes.add(_pass(gate, account, code, f"member:{account.member}", MAILED_MS))
    address = f"{gate.options.base_url or ''}/door/reset"
    send(mail, account.email, _SUBJECT[language], _TEXT[language].format(address=address, code=code))


def _pass(gate: Gate, account: Account, code: str, author: str, lasts_ms: int) -> OneTimePass:
    now = gate.clock()
    return OneTimePass(
        digest(code), make_id(), "reset", author, now, now + lasts_ms, account.firm, account.member
    )
