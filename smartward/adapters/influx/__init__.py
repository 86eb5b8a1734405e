"""The telemetry store in InfluxDB 1.x, 2.x or 3.x, which ingest writes and the API, Grafana and any InfluxQL read.

What is where, in the database that the configuration names (a bucket of that name on 2.x):

- measurement = device type, tags `ward` and `device`, one field a quantity (numbers are floats, whole ones too), at
  the instant of observation in ns; `received_at` is the arrival (ms) of the point's first values, `notes` what fields
  cannot say (see `point`).
- measurement `event`: one point an event, at its ms and a nanosecond of its own; `event_id`, `type`, `device_type`,
  `received_at`, `phase`, `confidence`, `zone`, `dwell_s`, and `body`, all of it in JSON. Read `superseded = false`: an
  event whose newest word has another instant leaves a point behind that says `superseded = true`.

And in the database of that name with `_kept`, which has no retention:

- measurement `last`: one point per ward, device and type, in the first seconds of 1970: `type`, `heard_at` (newest
  arrival), `homes` (types and wards that the device has had), `body` (`{quantity: [value, at, received_at]}`).
- measurements `{type}_1h` and `{type}_1d`: rollups of hours of UTC and of the ward's days (see `rollup_point`). Each
  hour with values has its point, from before the first of them is written: `dirty = true` until a rollup holds.
- measurement `receipt`: one point a journal: `journal`, `number` (its newest batch), `file`, `turn` (who wrote it).

How counting stays exact although InfluxDB overwrites in silence: values newer than all that a speaker has are new;
for all others the server is asked first. The answer is in the file of receipts (fsync) before the first point leaves,
so a batch that is written again after a crash gets the answer that it had.

How rollups stay right: an hour is rolled up from its values once its speaker has left it, a day from its hours, inside
later writes, always more than these make dirty; late data makes both dirty again. Readers take rollups that hold and
values for the rest, so raw values may go after their retention and hours and days stay.

Both databases belong together: back them up and restore them at one cut, with ingest stopped. After a restore ingest
reads what it must know from the server, and what gateways send again is taken as late data.
"""

from __future__ import annotations

from smartward.adapters.influx.reader import InfluxReader
from smartward.adapters.influx.store import InfluxTelemetry

__all__ = ["InfluxReader", "InfluxTelemetry"]
