"""Configuration: its model, its loading, its key files.

`load.load` turns a file into a `model.Configuration`; `key_file.load_secrets` fetches what stands
in key files. The keys, their types, ranges, defaults, units and sentences stand once, as
annotations of the dataclasses in `model`: checking, `docs/configuration.md` and `etc/dcud.toml`
come from there.
"""
