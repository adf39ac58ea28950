"""What the firm's page says."""

from __future__ import annotations

from typing import Final

from web.kit.words import KIT, Words

WORDS: Final = Words(
    {
        "zh": {
            "title": "工地",
            "site": "工地",
            "headline.other": "{n} 个工地。",
            "none": "还没有您能看的工地。",
        },
        "en": {
            "title": "Sites",
            "site": "Site",
            "headline.one": "One site.",
            "headline.other": "{n} sites.",
            "none": "There is no site for you to see yet.",
        },
    },
    KIT,
)
say = WORDS.say
