"""The camera part of the edge, on scripted tracks, rendered scenes and real footage."""
