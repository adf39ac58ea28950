"""Signing in at another provider: OpenID Connect Core 1.0, the code flow, with PKCE (RFC 7636).

What is under way is a one-time pass: its secret is the state, and only the browser that began has the cookie
that goes with it. What the provider says is bounded, and believed when its signature, issuer, audience, time
and nonce are right.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import urllib3
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from store.records.access import ROLES, Role
from store.records.access_log import Deed
from store.records.accounts import Account, LastOwnerError
from store.records.passes import OneTimePass
from store.threads import Threads
from web.access.gate import MINUTE_MS, Gate
from web.access.invitations import Joining, account_of_pass, join, member_id, note_joined
from web.access.principal import Member
from web.access.rights import of_roles
from web.access.secret import digest, make_id, make_secret
from web.settings import Provider

#: Signed with a key of the provider's own; never `none`, never with our secret (RFC 8725 §3.1).
ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]
UNDER_WAY_MS: Final = 10 * MINUTE_MS
#: Providers that do not answer wait here and hold up nothing.
PROVIDERS: Final = Threads("providers", threads=2, most_waiting=16)
_LARGEST_BYTES: Final = 256 * 1024
_LEEWAY_S: Final = 60
_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_POOL: Final = urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=10), retries=False)


class ProviderError(Exception):
    """The provider does not answer, or says what is not to be believed."""


class StrangerError(Exception):
    """The provider knows them, and here nobody does: an invitation is needed."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and the cookie it keeps meanwhile."""

    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """What signing in is for: to go on to `next`; to accept the invitation `invitation`; to tie a provider to
    the account `member` of `firm`."""

    next: str = "/"
    invitation: str | None = None
    firm: str | None = None
    member: str | None = None


def begin(gate: Gate, provider: Provider, purpose: Purpose, redirect_uri: str) -> Begun:
    """Blocking. Raises ProviderError, StoreError."""
    state, nonce, verifier, cookie = (make_secret() for _ in range(4))
    now = gate.clock()
    body: dict[str, str | None] = {
        "provider": provider.id,
        "nonce": nonce,
        "verifier": verifier,
        "cookie": digest(cookie).hex(),
    }
    body |= {"next": purpose.next, "invitation": purpose.invitation, "redirect_uri": redirect_uri}
    one = OneTimePass(
        digest(state),
        make_id(),
        "oidc",
        "nobody",
        now,
        now + UNDER_WAY_MS,
        purpose.firm,
        purpose.member,
        body,
    )
    address = _discover(provider)["authorization_endpoint"]
    gate.store.passes.add(one)
    query = urlencode({
        "response_type": "code", "client_id": provider.client_id, "redirect_uri": redirect_uri,
        "scope": "openid profile email", "state": state, "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256",
    })  # fmt: skip
    return Begun(f"{address}{'&' if '?' in address else '?'}{query}", cookie)


def finish(
    gate: Gate, state: str, code: str, cookie: str | None, member: Member | None = None
) -> tuple[Account, str]:
    """Who it is, and where they go on to. `member`: who is signed in in this browser. Blocking.
    Raises ProviderError, StrangerError, LoginTakenError."""
    one = gate.store.passes.take(digest(state), "oidc", gate.clock())
    if one is None or not hmac.compare_digest(digest(cookie or "").hex(), one.body["cookie"]):
        raise ProviderError("this sign-in was not begun in this browser, or too long ago")
    provider = next((p for p in gate.options.providers if p.id == one.body["provider"]), None)
    if provider is None:
        raise ProviderError("this provider is not asked any more")
    if one.member is not None and not _is_of(member, one):
        raise ProviderError("whoever wanted to tie their account is signed in no more")
    claims = _claims(gate, provider, one, code)
    return _account(gate, provider, one, claims), str(one.body["next"])


def _claims(gate: Gate, provider: Provider, one: OneTimePass, code: str) -> dict[str, Any]:
    """The ID token's, verified (OpenID Connect Core §3.1.3.7)."""
    known = _discover(provider)
    answer = _ask(known["token_endpoint"], {
        "grant_type": "authorization_code", "code": code, "redirect_uri": one.body["redirect_uri"],
        "client_id": provider.client_id, "client_secret": provider.client_secret,
        "code_verifier": one.body["verifier"],
    })  # fmt: skip
    try:
        keys = KeySet.import_key_set(_ask(known["jwks_uri"]))  # type: ignore[arg-type]
        token = jwt.decode(str(answer.get("id_token")), keys, algorithms=ALGORITHMS)
        options = {"iss": {"essential": True, "value": provider.issuer}}
        options["aud"] = {"essential": True, "value": provider.client_id}
        params = {"nonce": one.body["nonce"], "client_id": provider.client_id}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(now=gate.clock() // 1_000, leeway=_LEEWAY_S)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderError(f"{provider.id}: the ID token is not to be believed: {error}") from error
    return dict(token.claims)


def _account(gate: Gate, provider: Provider, one: OneTimePass, claims: dict[str, Any]) -> Account:
    subject = str(claims["sub"])[:255]
    known = gate.store.accounts.by_identity(provider.issuer, subject)
    if known is not None:
        return _as_claimed(gate, provider, known, claims)
    account = _tied(gate, one) or _invited(gate, one, claims) or _claimed(gate, provider, one, claims)
    if account is None:
        raise StrangerError(provider.id)
    who = f"member:{account.member}"
    deed = Deed(account.firm, gate.clock(), who, "", "changed", who, f"signs in with {provider.id}")
    with gate.store.begin() as done:
        done.accounts.add_identity(account.firm, account.member, provider.issuer, subject)
        done.access_log.add([deed])
    return account


def _is_of(member: Member | None, one: OneTimePass) -> bool:
    if member is None or member.session.stage != "whole":
        return False
    return (member.account.firm, member.account.member) == (one.firm, one.member)


def _tied(gate: Gate, one: OneTimePass) -> Account | None:
    """Somebody signed in ties their account here to theirs there."""
    return gate.store.accounts.get(one.firm, one.member) if one.firm and one.member else None


def _invited(gate: Gate, one: OneTimePass, claims: dict[str, Any]) -> Account | None:
    invitation = one.body["invitation"]
    return join(gate, invitation, _joining(claims), None) if invitation else None


def _claimed(gate: Gate, provider: Provider, one: OneTimePass, claims: dict[str, Any]) -> Account | None:
    """A member by the roles that the provider says."""
    roles = roles_of(provider, claims)
    if not roles or not provider.firm:
        return None
    made = account_of_pass(one, provider.firm, _joining(claims), None, gate.clock())
    account = replace(made, member=member_id(made.login), roles=roles, sites=None)
    with gate.store.begin() as done:
        done.accounts.add(account)
        note_joined(gate, done, one, account)
    return account


def _as_claimed(gate: Gate, provider: Provider, account: Account, claims: dict[str, Any]) -> Account:
    """Where roles are the provider's to say, they are what it says now; whoever has none any more is out."""
    if account.ended is not None:
        raise StrangerError(provider.id)
    if provider.claim is None or account.firm != provider.firm:
        return account
    roles = roles_of(provider, claims)
    if roles != account.roles:
        try:
            with gate.store.begin() as done:
                done.accounts.put_roles(account.firm, account.member, roles)
                done.sessions.end_all(account.firm, account.member)
                done.access_log.add([_roles_said(gate, provider, account, roles)])
        except LastOwnerError:  # a claim that was forgotten elsewhere does not leave a firm without one
            return account
    if not of_roles(roles):
        raise StrangerError(provider.id)
    return account


def _roles_said(gate: Gate, provider: Provider, account: Account, roles: frozenset[Role]) -> Deed:
    detail = f"{', '.join(sorted(roles)) or 'no role'}, says {provider.id}"
    what = f"member:{account.member}"
    return Deed(account.firm, gate.clock(), what, "", "changed", what, detail)


def roles_of(provider: Provider, claims: dict[str, Any]) -> frozenset[Role]:
    """The roles that a claim comes to; it may hold one word, several between blanks, or a list."""
    said = claims.get(provider.claim) if provider.claim else None
    words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
    named = {provider.roles[word] for word in words if isinstance(word, str) and word in provider.roles}
    return frozenset(role for role in ROLES if role in named)


def _joining(claims: dict[str, Any]) -> Joining:
    """An address that the provider has not verified is nobody's login."""
    email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
    login = email or f"{claims['sub']}@{urlsplit(str(claims['iss'])).hostname}"
    return Joining(login, str(claims.get("name") or login), "", email)


def _discover(provider: Provider) -> dict[str, Any]:
    """OpenID Connect Discovery §4; asked each time, for keys and addresses change."""
    known = _ask(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if known.get("issuer") != provider.issuer or not all(isinstance(known.get(name), str) for name in wanted):
        raise ProviderError(f"{provider.id}: its configuration is of another issuer, or lacks an address")
    return known


def _ask(address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
    """A JSON object from the provider, bounded."""
    if not trusted(address):
        raise ProviderError(f"{address}: only https is asked")
    body = urlencode(form).encode() if form else None
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    try:
        method = "POST" if form else "GET"
        answer = _POOL.request(
            method, address, body=body, headers=headers, preload_content=False, redirect=False
        )
        try:
            text = answer.read(_LARGEST_BYTES + 1)
        finally:
            answer.release_conn()
        found = json.loads(text) if answer.status == 200 and len(text) <= _LARGEST_BYTES else None
    except (urllib3.exceptions.HTTPError, ValueError, RecursionError) as error:
        raise ProviderError(f"{urlsplit(address).hostname}: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise ProviderError(f"{urlsplit(address).hostname}: answered {answer.status}, or no JSON object")
    return found


def trusted(address: str) -> bool:
    """https, or this machine itself (where a test's provider, or one beside us, listens)."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
