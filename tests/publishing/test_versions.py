"""The versions of what calculates stand first, and what is not installed is left out."""

from importlib.metadata import PackageNotFoundError, version

import pytest

from hpp_analysis.publishing import versions as module


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_scipy(name: str) -> str:
        if name == "scipy":
            raise PackageNotFoundError(name)
        return version(name)

    everything = module.versions()
    assert list(everything)[:5] == list(module.versions(numbers_only=True))
    monkeypatch.setattr(module, "version", without_scipy)
    assert everything.keys() - module.versions().keys() == {"scipy"}
