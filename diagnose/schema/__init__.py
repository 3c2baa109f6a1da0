"""The JSON Schemas of what the command prints."""
