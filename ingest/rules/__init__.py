"""The loop around `smartward.rules`: the journal in; alert conditions and queued notifications out."""
