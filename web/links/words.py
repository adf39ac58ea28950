"""What is said of links: to those who open them, and to those who make them."""

from __future__ import annotations

from typing import Final

from web.kit.words import KIT, Words

WORDS: Final = Words(
    {
        "zh": {
            "card.title": "工地",
            "card.browser": "请在浏览器里打开这个链接。",
            "ended.title": "这个链接已经停用",
            "ended.ask": "请向{firm}要一个新的链接。",
            "ended.your_firm": "您的装修公司",
            "not_opened.title": "请从链接打开",
            "not_opened.again": "这一页要用发给您的链接打开。请回到聊天或短信里，再点一次链接。",
            "not_opened.cookies": "点了链接又回到这里，是浏览器没有保存 Cookie："
            "请在浏览器设置里允许本网站保存，或者换一个浏览器打开。",
        },
        "en": {
            "card.title": "A site",
            "card.browser": "Please open this link in a browser.",
            "ended.title": "This link has ended",
            "ended.ask": "Please ask {firm} for a new one.",
            "ended.your_firm": "your renovation firm",
            "not_opened.title": "Please open it by its link",
            "not_opened.again": "This page opens with the link you were sent. Go back to the chat or message "
            "and press the link once more.",
            "not_opened.cookies": "If the link leads here again, the browser keeps no cookies: allow them "
            "for this site in its settings, or open the link in another browser.",
        },
    },
    under=KIT,
)
say = WORDS.say
