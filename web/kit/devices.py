"""What people call a device."""

from __future__ import annotations

from analytics.situation.place import Place
from store.records.registry import Device
from web.kit.language import Language, typeset
from web.kit.words import say
from wire.kinds import KINDS


def device_name(device: Device, place: Place, language: Language) -> str:
    """Its kind and where it hangs; its id too, where several are alike."""
    room = next((one.name(language) for one in place.rooms if one.id == device.room), "")
    kind = getattr(KINDS.get(device.kind, KINDS["other"]), language)
    name = typeset(say(language, "device.in_room", room=room, kind=kind) if room else kind, language)
    alike = [one for one in place.of_kind(device.kind) if one.room == device.room]
    return f"{name} ({device.id})" if len(alike) > 1 else name
