"""The public names of this room; `__init__.py` loads each of them when it is first used."""

from .masking import mask_comments as mask_comments
from .review import Review as Review
from .review import read_review as read_review
from .review import seal_review as seal_review
from .review import write_review as write_review
from .theme_counts import ThemeCounts as ThemeCounts
from .theme_counts import count_themes as count_themes
