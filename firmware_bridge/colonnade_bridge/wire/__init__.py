"""The wire between a host and a controller: docs/spec/wire.md."""
