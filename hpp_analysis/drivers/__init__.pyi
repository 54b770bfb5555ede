"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .agenda import Agenda as Agenda
from .agenda import action_agenda as action_agenda
from .drivers import Drivers as Drivers
from .drivers import rank_drivers as rank_drivers
from .indirect_effects import IndirectEffects as IndirectEffects
from .indirect_effects import estimate_indirect_effects as estimate_indirect_effects
