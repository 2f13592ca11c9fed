"""The shape of what the gateway was asked for, in JSON Schema."""

from __future__ import annotations

from portal.blueprints.api.schemas import Schema, day, many, text, thing, whole

_ASKED: dict[str, Schema] = {"requests": whole(), "functions": whole("What Intacct counts.")}
_MAY_LACK = {"type": ["integer", "null"]}

USAGE: dict[str, Schema] = {
    "gateway_usage": thing(
        {
            "object": text(enum=["gateway_usage"]),
            "company": text("The company's slug."),
            "month": text("Such as 2026-11, in the company's own calendar."),
            **_ASKED,
            "today": thing(_ASKED),
            "days": many(thing({"day": day(), **_ASKED}), description="Those on which something was asked."),
            "purposes": many(thing({"purpose": text("A run's kind, check or lists."), **_ASKED})),
            "allowance": {**_MAY_LACK, "description": "The setting monthly_allowance."},
            "forecast": {
                **_MAY_LACK,
                "description": "Functions by the month's end, imports not carried on; null before the first whole day.",
            },
            "over": whole("By how many functions the forecast, or what is used already, exceeds the allowance."),
            "words": text("The forecast in a sentence."),
            "advice": many(text(), description="What would help, where `over` is more than 0."),
        }
    ),
}
