"""Every word the pages say, in both languages; `.one` and `.other` are CLDR plural forms."""

from __future__ import annotations

from typing import Final

from web.kit.language import Language
from web.kit.words import KIT, Words

ZH: Final[dict[str, str]] = {
    "headline.empty": "还没有数据。",
    "headline.lost": "现场失联，\n最后的数据是 {when} 的。",
    "headline.working.other": "{n} 人在场，正在施工。",
    "headline.paused.other": "{n} 人在场，暂时安静。",
    "headline.people_only.other": "{n} 人在场。",
    "headline.power_without_people": "没有人刷卡进场，但现场正在用电。",
    "headline.power_only": "现场正在用电。",
    "headline.quiet": "现场安静。",
    "headline.nobody": "没有人在场。",
    "headline.partial": "现场只有部分数据。",
    "headline.silent.other": "{n} 个设备无数据。",
    "headline.agent_lost.other": "{n} 台采集器离线。",
    "headline.dropped": "有读数丢失。",
    "day": "第 {n} 天",
    "day.before.other": "{n} 天后开工",
    "people.line.other": "{n} 人在场",
    "updated": "{age}更新",
    "updated.never": "设备接通后，读数会自己出现在这里",
    "section.now": "现在",
    "section.power": "过去 24 小时用电",
    "section.rooms": "房间",
    "label.people": "在场",
    "label.power": "用电",
    "label.energy": "今日电量",
    "label.water": "今日用水",
    "section.site": "全屋",
    "rooms.more": "更多读数",
    "unit.people.other": "人",
    "no_data": "无数据",
    "no_data.since": "{when} 起",
    "no_data.never": "还没有读数",
    "no_data.reader": "刷卡机无应答",
    "no_data.link": "与现场失联",
    "as_of": "截至 {when}",
    "beyond_limit": "截至 {when}；传感器报 {said}，超出可能的范围，按限值计",
    "counted_since": "自 {when} 起",
    "notice.alarm": "{name}报警：{what}（{when}）。请马上查看。",
    "notice.offline": "现场采集器离线，{when} 起没有联系。断网期间的读数存在现场，恢复后会补传。",
    "notice.clock.behind": "现场采集器报的时间比服务器慢 {span}：它的时钟不对，或者它已经失联。",
    "notice.clock.ahead": "现场采集器报的时间比服务器快 {span}：它的时钟不对。",
    "notice.dropped": "采集器丢失了 {readings} 个读数和 {events} 条事件，最近一次在 {when}。"
    "图表和合计在那里不完整。",
    "notice.dropped.undated": "采集器丢失了 {readings} 个读数和 {events} 条事件。图表和合计可能不完整。",
    "notice.backlog": "正在补传断网期间的读数：还有 {n} 批，最早的是 {when} 的。合计和图表还会变。",
    "notice.silent": "{names}没有数据。",
    "notice.page": "与服务器的连接断了，正在重连。下面是 {when} 的情况。",
    "notice.crowded": "这个页面在太多地方开着，这里一分钟后再更新。下面是 {when} 的情况。",
    "notice.no_script": "这是 {when} 的情况，刷新可看最新。图表需要 JavaScript。",
    "notice.join": "、",
    "device.in_room": "{room}{kind}",
    "chart.presence": "有人在场",
    "chart.gap": "没有数据",
    "chart.peak": "最高",
    "chart.low": "最低",
    "chart.mean": "平均",
    "chart.midnight": "今天",
    "chart.empty": "过去 24 小时没有用电读数。",
    "chart.failed": "图表暂时取不到，稍后再试。",
    "chart.label": "过去 24 小时的用电功率",
    "rooms.scale": "横条上的刻度：超过它就值得留意。",
    "about.measured": "本页显示工地上电表、水表、温湿度传感器和刷卡机的原始读数，"
    "每个数字旁边是它的时间。没有读到的不补、不猜。",
    "about.means": "用电曲线是每分钟按时间加权的平均功率，浅色是其中的最高值；抄表间隔更长时，步长随之变长。",
    "about.people": "人员只计数，不辨认：卡号在离开工地前就换成假名，这里只有人数。"
    "没有刷卡离开的人，{closes} 后不再计入。",
    "about.time": "时间为工地当地时间（{timezone}）。",
}

EN: Final[dict[str, str]] = {
    "headline.empty": "No data yet.",
    "headline.lost": "No word from the site since {when}.",
    "headline.working.one": "One person on site, work is under way.",
    "headline.working.other": "{n} people on site, work is under way.",
    "headline.paused.one": "One person on site, quiet for now.",
    "headline.paused.other": "{n} people on site, quiet for now.",
    "headline.people_only.one": "One person on site.",
    "headline.people_only.other": "{n} people on site.",
    "headline.power_without_people": "Nobody has badged in, yet power is being used.",
    "headline.power_only": "Power is being used on site.",
    "headline.quiet": "The site is quiet.",
    "headline.nobody": "Nobody is on site.",
    "headline.partial": "Only part of the site is reporting.",
    "headline.silent.one": "One device is silent.",
    "headline.silent.other": "{n} devices are silent.",
    "headline.agent_lost.one": "One collector is offline.",
    "headline.agent_lost.other": "{n} collectors are offline.",
    "headline.dropped": "Some readings were lost.",
    "day": "Day {n}",
    "day.before.one": "starts tomorrow",
    "day.before.other": "starts in {n} days",
    "people.line.one": "1 person on site",
    "people.line.other": "{n} people on site",
    "updated": "updated {age}",
    "updated.never": "readings appear here by themselves once the devices are connected",
    "section.now": "Now",
    "section.power": "Power, last 24 hours",
    "section.rooms": "Rooms",
    "label.people": "On site",
    "label.power": "Power",
    "label.energy": "Electricity today",
    "label.water": "Water today",
    "section.site": "Whole site",
    "rooms.more": "More readings",
    "unit.people.one": "person",
    "unit.people.other": "people",
    "no_data": "no data",
    "no_data.since": "since {when}",
    "no_data.never": "no reading yet",
    "no_data.reader": "badge reader not answering",
    "no_data.link": "no contact with the site",
    "as_of": "as of {when}",
    "beyond_limit": "as of {when}; the sensor says {said}, beyond what can be: the limit is shown",
    "counted_since": "since {when}",
    "notice.alarm": "Alarm from the {name}: {what} ({when}). Please look at once.",
    "notice.offline": "The collector on site is offline; last contact {when}."
    " Readings are kept on site and follow once it is back.",
    "notice.clock.behind": "The collector on site says a time {span} behind the server's:"
    " its clock is wrong, or it is gone.",
    "notice.clock.ahead": "The collector on site says a time {span} ahead of the server's:"
    " its clock is wrong.",
    "notice.dropped": "The collector lost {readings} readings and {events} events, most recently at {when}."
    " Chart and totals are incomplete there.",
    "notice.dropped.undated": "The collector lost {readings} readings and {events} events."
    " Chart and totals may be incomplete.",
    "notice.backlog": "Readings from an outage are still arriving: {n} batches to go, the oldest from {when}."
    " Totals and chart will still change.",
    "notice.silent": "No data from: {names}.",
    "notice.page": "The connection to the server is lost, reconnecting. Below is how things stood at {when}.",
    "notice.crowded": "This page is open in too many places; here it goes on in a minute."
    " Below is how things stood at {when}.",
    "notice.no_script": "This is how things stood at {when}; reload for news. The chart needs JavaScript.",
    "notice.join": ", ",
    "device.in_room": "{room} {kind}",
    "chart.presence": "someone on site",
    "chart.gap": "no data",
    "chart.peak": "peak",
    "chart.low": "lowest",
    "chart.mean": "mean",
    "chart.midnight": "today",
    "chart.empty": "No power readings in the last 24 hours.",
    "chart.failed": "The chart cannot be fetched just now; it will be tried again.",
    "chart.label": "Power over the last 24 hours",
    "rooms.scale": "The tick on a bar marks from where on a value is worth watching.",
    "about.measured": "This page shows the plain readings of the meters, sensors and badge readers on site,"
    " each with its age. What was not read is neither filled in nor guessed.",
    "about.means": "The power curve is the mean of each minute, weighted by time, its peak in a lighter tone;"
    " of a meter that is read less often the steps are longer.",
    "about.people": "People are counted, never identified: card numbers become pseudonyms before they leave"
    " the site, and only the count comes here. Whoever did not badge out stops counting after {closes}.",
    "about.time": "Times are local to the site ({timezone}).",
}

#: What the browser says by itself: ages tick there, and the chart is drawn there.
BROWSER_KEYS: Final = (
    "age.now", "age.seconds", "age.minutes", "age.hours", "age.days", "notice.page", "notice.crowded",
    "chart.presence", "chart.gap", "chart.peak", "chart.low", "chart.mean", "chart.midnight", "chart.empty",
    "chart.failed",
)  # fmt: skip
#: The customer's words, the kit's under them.
WORDS: Final = Words({"zh": ZH, "en": EN}, under=KIT)
say = WORDS.say
count = WORDS.count


def for_browser(language: Language) -> dict[str, str]:
    """The part of the catalogue the browser needs, typeset, placeholders left in."""
    return WORDS.raw(language, BROWSER_KEYS)
