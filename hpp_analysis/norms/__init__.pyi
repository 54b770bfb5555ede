"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .comparison import NormComparison as NormComparison
from .comparison import compare_norms as compare_norms
from .contribute import contribute_to_norm as contribute_to_norm
from .norm_file import Contribution as Contribution
from .norm_file import Norm as Norm
from .norm_file import load_norm as load_norm
from .norm_file import merge_norms as merge_norms
from .norm_file import save_norm as save_norm
from .norm_file import withdraw_contribution as withdraw_contribution
