"""The plain JSON API as serializers: they make the OpenAPI document; the decoders of the protocols check."""

from rest_framework import serializers

from events.protocols import timings
from events.protocols.product import plain
from events.values import units


class _Item(serializers.Serializer):
    timestamp = serializers.FloatField(required=False, help_text="Unix seconds, or ISO 8601; now where it is missing.")
    trace_id = serializers.CharField(required=False, max_length=32, help_text="32 hexadecimal digits.")
    release = serializers.CharField(required=False, max_length=200)
    environment = serializers.CharField(required=False, max_length=64)
    service = serializers.CharField(required=False, max_length=100)
    host = serializers.CharField(required=False, max_length=100)
    attributes = serializers.DictField(required=False, child=serializers.CharField(), help_text="Scalars by name.")


class Timing(_Item):
    """One request that a server answered."""

    route = serializers.CharField(max_length=200, help_text="The pattern, not the path: GET /items/{id}")
    duration_ms = serializers.FloatField(min_value=0, max_value=timings.DAY_MS)
    method = serializers.CharField(required=False, max_length=10)
    status = serializers.IntegerField(required=False, min_value=100, max_value=599)
    queue_ms = serializers.FloatField(required=False, min_value=0, max_value=timings.DAY_MS)
    db_ms = serializers.FloatField(required=False, min_value=0, max_value=timings.DAY_MS)
    db_count = serializers.IntegerField(required=False, min_value=0)
    cache = serializers.ChoiceField(required=False, choices=sorted(timings.CACHE))
    country = serializers.RegexField("^[A-Za-z]{2}$", required=False, help_text="Of the visitor, by ISO 3166.")
    cache_hits = serializers.IntegerField(required=False, min_value=0)
    cache_misses = serializers.IntegerField(required=False, min_value=0)
    request_bytes = serializers.IntegerField(required=False, min_value=0)
    response_bytes = serializers.IntegerField(required=False, min_value=0)


class Metric(_Item):
    """One measurement: `value`, or for a histogram `bounds` and `buckets`."""

    name = serializers.CharField(max_length=200)
    type = serializers.ChoiceField(required=False, choices=sorted(timings.TYPES), help_text="gauge unless given.")
    value = serializers.FloatField(required=False, help_text="A counter's increase, a gauge's level.")
    unit = serializers.ChoiceField(required=False, choices=units.KNOWN, help_text="Short forms (ms, By) are read too.")
    is_monotonic = serializers.BooleanField(required=False, help_text="false: a counter that may fall.")
    bounds = serializers.ListField(required=False, child=serializers.FloatField(), max_length=timings.BUCKETS - 1)
    buckets = serializers.ListField(
        required=False, child=serializers.IntegerField(min_value=0), max_length=timings.BUCKETS
    )
    sum = serializers.FloatField(required=False)
    min = serializers.FloatField(required=False)
    max = serializers.FloatField(required=False)


class _Batch(serializers.Serializer):
    id = serializers.CharField(required=False, max_length=100, help_text="The same id twice is one batch.")
    release = serializers.CharField(required=False, max_length=200)
    environment = serializers.CharField(required=False, max_length=64)
    service = serializers.CharField(required=False, max_length=100)
    host = serializers.CharField(required=False, max_length=100)


class Timings(_Batch):
    timings = Timing(many=True, max_length=timings.MOST)


class Metrics(_Batch):
    metrics = Metric(many=True, max_length=timings.MOST)


class Event(serializers.Serializer):
    """Something that happened, and whom it happened to."""

    event = serializers.CharField(max_length=plain.TEXTS["event"], help_text="Its name.")
    distinct_id = serializers.CharField(max_length=plain.TEXTS["distinct_id"], help_text="Kept as a pseudonym.")
    id = serializers.CharField(
        required=False, max_length=plain.TEXTS["id"], help_text="The same id twice is one event."
    )
    timestamp = serializers.FloatField(required=False, help_text="Unix seconds, or ISO 8601; now where it is missing.")
    session_id = serializers.CharField(required=False, max_length=plain.TEXTS["session_id"])
    url = serializers.CharField(required=False, max_length=plain.TEXTS["url"], help_text="Kept without its query.")
    referrer = serializers.CharField(required=False, max_length=plain.TEXTS["referrer"])
    title = serializers.CharField(required=False, max_length=plain.TEXTS["title"])
    release = serializers.CharField(required=False, max_length=plain.TEXTS["release"])
    environment = serializers.CharField(required=False, max_length=plain.TEXTS["environment"])
    properties = serializers.DictField(required=False, help_text="Values by name; what is no scalar is kept as JSON.")


class Events(serializers.Serializer):
    events = Event(many=True, max_length=plain.MOST)
    release = serializers.CharField(required=False, max_length=plain.TEXTS["release"])
    environment = serializers.CharField(required=False, max_length=plain.TEXTS["environment"])


class ItemError(serializers.Serializer):
    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    detail = serializers.CharField()


class Taken(serializers.Serializer):
    accepted = serializers.IntegerField()
    errors = ItemError(many=True)


class Refusal(serializers.Serializer):
    detail = serializers.CharField()
