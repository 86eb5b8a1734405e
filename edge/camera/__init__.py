"""The camera path: footage in, counts and crossings out; no picture leaves this package."""
