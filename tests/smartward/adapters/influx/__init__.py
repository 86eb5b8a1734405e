"""The InfluxDB adapter on a real server, and on fakes of the versions that cannot be had here."""
