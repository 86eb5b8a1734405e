"""End to end: the whole demo as an outsider meets it, with real servers, a real browser, real kills."""
