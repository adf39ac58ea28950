"""What is said where a page cannot be had."""

from __future__ import annotations

from typing import Final

from web.kit.words import KIT, Words

WORDS: Final = Words(
    {
        "zh": {
            "not_found.title": "这里没有页面",
            "not_found.text": "链接可能没有复制完整，或者已经更换。请向您的工长或客服再要一次。",
            "busy.text": "现在看的人太多，请稍后再试。",
            "guesses.text": "这个网络打开了太多不存在的链接，请稍后再试。",
            "too_large.text": "发送的内容太大，请减小后再试。",
            "store_away.text": "数据暂时取不到，请稍后再试。",
        },
        "en": {
            "not_found.title": "There is no page here",
            "not_found.text": "The link may be incomplete, or it has been replaced."
            " Please ask your foreman or our office for it again.",
            "guesses.text": "Too many links that open nothing came from your network,"
            " please try again in a moment.",
            "busy.text": "Too many people are watching just now, please try again in a moment.",
            "too_large.text": "What was sent is too large, please try again with less.",
            "store_away.text": "The data cannot be reached just now, please try again in a moment.",
        },
    },
    under=KIT,
)
say = WORDS.say
