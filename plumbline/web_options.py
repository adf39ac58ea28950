"""What the settings say of pages, as the web takes it."""

from __future__ import annotations

from plumbline.settings import MailSettings, ProviderSettings, Settings, secret
from web.settings import Kept, MailOptions, Provider, WebOptions


def web_options(settings: Settings) -> WebOptions:
    """Raises SettingsError where a file of a secret cannot be read."""
    web, days = settings.web, settings.retention
    return WebOptions(
        base_url=web.base_url,
        icp_number=web.icp_number,
        verification_files=dict(web.verification_files),
        secure_cookies=web.base_url is not None and web.base_url.startswith("https:"),
        mail=None if web.mail is None else _mail(web.mail),
        providers=tuple(_provider(one, settings.firm.id) for one in web.providers),
        kept=Kept(days.events_days, days.readings_days, days.rollups_days),
    )


def _mail(mail: MailSettings) -> MailOptions:
    password = None if mail.password_file is None else secret(mail.password_file)
    return MailOptions(mail.host, mail.port, mail.sender, mail.tls, mail.username, password)


def _provider(one: ProviderSettings, firm: str) -> Provider:
    client_secret = secret(one.client_secret_file)
    return Provider(
        one.id, one.label, one.issuer, one.client_id, client_secret, firm, one.claim, dict(one.roles)
    )
