"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .write import write_questionnaire as write_questionnaire
