"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .simulate import Simulation as Simulation
from .simulate import simulate_study as simulate_study
