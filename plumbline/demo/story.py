"""The firm of the demo: its sites, its people, its customers. All of them invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from store.records.access import Role

FIRM: Final = "hengzhi"
FIRM_NAME: Final = "恒直装饰 Hengzhi Interiors"
AGENT: Final = "pi-1"

#: live: devices on pseudo-terminals and a real agent, every second. quiet: the same, every few minutes.
#: handed_over: nothing but its past, which ended yesterday when the agent was taken away.
Pace = Literal["live", "quiet", "handed_over"]


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RoomOfStory:
    """A room and the sensor that hangs in it."""

    id: str
    sensor: str
    name: Words


@dataclass(frozen=True, slots=True)
class SiteOfStory:
    """A site and its project, which share their id. `days` of its past come over the wire, a reading every
    `step_s`."""

    id: str
    seed: int
    pace: Pace
    days: int
    step_s: int
    title: Words
    customer: Words
    rooms: tuple[RoomOfStory, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A member. `sites`: those they are on, None: every one."""

    role: Role
    login: str
    name: Words
    sites: tuple[str, ...] | None = None


SITES: Final = (
    SiteOfStory(
        id="fenglin-18", seed=18, pace="live", days=9, step_s=60,
        title=Words("枫林路 18 号 3-501", "18 Fenglin Road, 3-501"),
        customer=Words("郑先生家", "The Zheng home"),
        rooms=(
            RoomOfStory("living", "th-living", Words("客厅", "Living room")),
            RoomOfStory("bath", "th-bath", Words("主卫", "Bathroom")),
            RoomOfStory("bedroom", "th-bedroom", Words("次卧", "Bedroom")),
        ),
    ),
    SiteOfStory(
        id="huaihai-7", seed=8, pace="quiet", days=14, step_s=300,
        title=Words("淮海路 7 号 1202", "7 Huaihai Road, 1202"),
        customer=Words("林女士家", "The Lin home"),
        rooms=(
            RoomOfStory("kitchen", "th-living", Words("厨房", "Kitchen")),
            RoomOfStory("shower", "th-bath", Words("淋浴间", "Shower room")),
            RoomOfStory("study", "th-bedroom", Words("书房", "Study")),
        ),
    ),
    SiteOfStory(
        id="wuyuan-201", seed=21, pace="handed_over", days=30, step_s=600,
        title=Words("武原路 201 弄 6-302", "201 Wuyuan Lane, 6-302"),
        customer=Words("何先生、叶女士家", "The He and Ye home"),
        rooms=(
            RoomOfStory("living", "th-living", Words("客厅", "Living room")),
            RoomOfStory("bath", "th-bath", Words("卫生间", "Bathroom")),
            RoomOfStory("nursery", "th-bedroom", Words("儿童房", "Nursery")),
        ),
    ),
)  # fmt: skip
LIVE: Final = SITES[0]

#: The owner is the first, who invites the others.
PEOPLE: Final = (
    Person("owner", "zhou.jianguo", Words("周建国", "Zhou Jianguo")),
    Person("project_manager", "he.min", Words("何敏", "He Min"), ("fenglin-18", "huaihai-7")),
    Person("designer", "su.wan", Words("苏晚", "Su Wan"), ("fenglin-18", "wuyuan-201")),
    Person("safety_officer", "qin.lan", Words("秦岚", "Qin Lan")),
    Person("foreman", "geng.changhe", Words("耿长河", "Geng Changhe"), ("fenglin-18",)),
    Person("worker", "ma.teng", Words("马腾", "Ma Teng"), ("fenglin-18",)),
    Person("repair_leader", "luo.qiming", Words("罗启明", "Luo Qiming")),
    Person("technician", "shen.yifan", Words("沈一帆", "Shen Yifan"), ("wuyuan-201", "huaihai-7")),
    Person("service_desk", "du.ruo", Words("杜若", "Du Ruo")),
    Person("finance", "qian.sufen", Words("钱素芬", "Qian Sufen")),
    Person("sales", "fan.siqi", Words("范思齐", "Fan Siqi"), ("huaihai-7", "wuyuan-201")),
    Person("supplier", "lu.dahai", Words("鲁大海", "Lu Dahai"), ("fenglin-18", "huaihai-7")),
    Person("installer", "jiang.liu", Words("江流", "Jiang Liu"), ("fenglin-18", "huaihai-7")),
    Person("customer", "zheng.yuan", Words("郑远", "Zheng Yuan"), ("fenglin-18",)),
    Person("auditor", "bai.jing", Words("白静", "Bai Jing")),
)
#: project -> for whom its links are, the first of whom the demo prints.
VISITORS: Final = {
    "fenglin-18": ("郑先生 Mr Zheng", "郑家老人 Mr Zheng's parents"),
    "huaihai-7": ("林女士 Ms Lin",),
    "wuyuan-201": ("叶女士 Ms Ye",),
}
