"""The embedded telemetry store: one SQLite file that ingest writes, and the API and plain sqlite3 read.

Tables and their columns:

- `series` (`id`, `ward`, `device`, `type`, `heard_at`): who speaks; `heard_at` is the newest arrival.
- `obs_{type}` (`series`, `at`, `received_at`, one per quantity): one row per device and instant; NULL where the device
  said nothing of a quantity.
- `last` (`series`, `quantity`, `at`, `received_at`, `value`): the newest value by device time.
- `hourly`, `daily` (`series`, `quantity`, `at`, `n`, `total`, `low`, `high`, `last`, `energy`): whole hours of UTC and
  whole local days, rolled up.
- `dirty` (`series`, `span`, `at`): hours (`span` is `hour`) and days (`day`) whose rollup is missing or old.
- `event` (`event_id`, `ward`, `device`, `device_type`, `type`, `at`, `received_at`, `phase`, `confidence`, `zone`,
  `dwell_s`, `body`): one row per event; `body` is all of it in JSON.
- `applied` (`journal`, `number`, `answer`): the newest batch of each journal and what it was answered.
- `fact` (`name`, `value`): `timezone`, whose days `daily` holds.

Instants are ms since 1970, yes-or-no is 1 or 0, `energy` is 10·log10(Σ 10^(x/10)). An `hourly` or `daily` row holds
only where `dirty` does not name it; where both have no row, nothing was said. Open the file with `mode=ro`.

How rollups stay right: a write marks the hours and days it touches as dirty, in the same transaction; an hour or day is
rolled up from what is stored once its device has spoken of a later one, so the hour in which a device is now is rolled
up once and not with every value. That happens inside later writes, at least as many hours as they hold observations,
so the backlog cannot grow for ever; `roll_up` does more when there is time. Readers take rollups where they hold and
raw values for the rest.
"""

from __future__ import annotations

from smartward.adapters.sqlite.reader import TelemetryReader
from smartward.adapters.sqlite.store import SqliteTelemetry

__all__ = ["SqliteTelemetry", "TelemetryReader"]
