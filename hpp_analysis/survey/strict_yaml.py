"""Strict YAML: no aliases (a few lines can grow into gigabytes), no repeated keys, and `no` is text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, Field

_MOST_BYTES = 2_000_000


def _known_format(number: int) -> int:
    if number != 1:
        raise ValueError(
            f"`format` must be 1, the form of file that this version reads. Given: {number}. Install a newer version"
        )
    return number


FileFormat = Annotated[int, AfterValidator(_known_format), Field(exclude=True)]
"""The form in which a file is written. It is no part of what the file says, so hashes of the content do not depend on it."""


_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""What takes a text apart: libyaml where it was built with PyYAML, which takes a fifth of the time."""


class _Loader(yaml.composer.Composer, _Parser):  # type: ignore[misc]
    """A SafeLoader that refuses aliases and repeated keys."""

    def __init__(self, stream: str) -> None:
        _Parser.__init__(self, stream)
        yaml.composer.Composer.__init__(self)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()
            raise yaml.YAMLError(f"line {event.start_mark.line + 1}: aliases (*name) are not read here")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.YAMLError(f"line {key.start_mark.line + 1}: the key {name!r} stands here twice")
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


# YAML 1.1 reads no, off and y as booleans: "no" is Norwegian, and an answer.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_yaml(path: Path) -> Any:
    """Read one YAML document.

    Raises
    ------
    ValueError
        With a message that names the line; the caller adds the file.
    """
    data = path.read_bytes()
    if len(data) > _MOST_BYTES:
        raise ValueError(f"it is {len(data):,} bytes long; {_MOST_BYTES:,} is the most that is read")
    try:
        return yaml.load(data.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start})") from error
    except (yaml.YAMLError, RecursionError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from error
